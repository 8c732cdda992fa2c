"""Put the parts together: from options to a hub with everything that a run needs."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflows.runner import plan
from workflows.runner.check import merge
from workflows.runner.check.problem import RefusedError
from workflows.runner.check.structure import structure
from workflows.runner.check.validate import validate
from workflows.runner.engine import stored, suspension
from workflows.runner.engine.hub import Hub
from workflows.runner.engine.locks import LockTable
from workflows.runner.engine.run import Run
from workflows.runner.errors import RunnerError, UsageError
from workflows.runner.flow.operate import operate
from workflows.runner.language import manifest
from workflows.runner.language.manifest import Document
from workflows.runner.ledger import commands, owner, processes
from workflows.runner.ledger.ledger import Ledger
from workflows.runner.ledger.runs import RunFolder, State
from workflows.runner.machine import process, sandbox, variables
from workflows.runner.machine.artifacts import ArtifactStore
from workflows.runner.machine.images import ImageMap
from workflows.runner.model import names, submit
from workflows.runner.model.library import Library, MissingObjectError
from workflows.runner.nodes import kinds

if TYPE_CHECKING:
    from workflows.runner.nodes.store import ObjectStore


@dataclass(frozen=True)
class Settings:
    """Where things are, read once from the command line and the environment."""

    state: Path
    images: Path | None = None
    store: Path | None = None
    objects: Path | None = None
    secrets: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    wait_for_people: bool = False
    stubs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    processes: int | None = None


def read_files(files: Sequence[str]) -> list[Document]:
    """Read the objects of all files together.

    Raises:
        UsageError: a file is not there.
    """
    documents: list[Document] = []
    for name in files:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{name}: {getattr(error, 'strerror', None) or error}") from error
        documents += manifest.read(text, name)
    return documents


def read_one(path: Path) -> dict[str, Any]:
    """Read a file that holds one object.

    Raises:
        UsageError: it is not there.
    """
    documents = read_files([str(path)])
    return documents[0].data if documents else {}


def image_map(settings: Settings) -> ImageMap:
    """Read the image map."""
    store = settings.store or settings.state.parent / "images"
    if settings.images is None:
        return ImageMap.load({}, store, None)
    return ImageMap.load(read_one(settings.images), store, str(settings.images))


def make_hub(settings: Settings, library: Library, images: ImageMap) -> Hub:
    """Make what the workflows of this process share."""
    process.allow_many_files()
    kinds.install()
    settings.state.mkdir(parents=True, exist_ok=True)
    state = State(settings.state.resolve())
    library.secrets = settings.secrets
    hub = Hub(
        library=library,
        images=images,
        sandbox=sandbox.detect(settings.environment),
        state=state,
        environment=variables.passed_on(settings.environment),
        objects=settings.objects,
        wait_for_people=settings.wait_for_people,
        stubs=settings.stubs,
    )
    hub.owner = owner.claim(state.path / ".owners")
    hub.pods.limit = settings.processes or _fitting_processes()
    hub.make_store = lambda: _object_store(hub, settings)
    hub.locks = LockTable(state.path / ".locks")
    hub.artifacts = ArtifactStore(state.path / ".artifacts")
    return hub


def _fitting_processes() -> int:
    """Give how many leaves this machine runs at once: most of them wait more than they work."""
    return 4 * len(os.sched_getaffinity(0)) + 16


def _object_store(hub: Hub, settings: Settings) -> "ObjectStore":
    from workflows.runner.nodes.store import ObjectStore

    return ObjectStore(
        hub.library,
        hub.state.path / ".objects",
        site=settings.objects,
        submit=lambda workflow: start_child(hub, workflow),
        running=lambda name: workflow_object(hub, name),
        pod=lambda name: pod_object(hub, name),
    )


def open_run(hub: Hub, workflow: dict[str, Any], documents: Sequence[dict[str, Any]]) -> Run:
    """Make the folder of a new run and put what it is about in it."""
    folder = hub.state.create(workflow["metadata"]["name"])
    folder.save("owner.json", processes.identity(os.getpid()))
    folder.save("run.json", {"workflow": workflow, "documents": list(documents)})
    run = Run(hub, workflow, folder, Ledger(folder.ledger))
    hub.runs[run.name] = run
    return run


def start_child(hub: Hub, data: dict[str, Any]) -> dict[str, Any]:
    """Start a Workflow that a step created, beside its parent; give the object.

    Raises:
        ApiError: it would be refused.
    """
    workflow = submit.stamp(data)
    documents = [Document(item, "manifest", 0) for item in hub.library.objects.values()]
    stamped = Document(workflow, "manifest", len(documents))
    templates = [d for d in documents if d.data.get("kind") in submit.TEMPLATES]
    try:
        check_structure([stamped])
        validate([*templates, stamped], submit=stamped)
        refuse_unknown_images(workflow, hub.library, hub.images)
        run = open_run(hub, workflow, list(hub.library.objects.values()))
    except (RefusedError, RunnerError) as error:
        from workflows.runner.nodes.store import ApiError

        raise ApiError(str(error)) from error
    hub.spawn(operate(run))
    return run.to_object()


def workflow_object(hub: Hub, name: str) -> dict[str, Any] | None:
    """Give a workflow of this process, or of an earlier one, with its status."""
    run: Run | None = hub.runs.get(name)
    if run is not None:
        return run.to_object()
    folder = RunFolder(hub.state.path / name)
    if not (folder.path / "run.json").exists():
        return None
    return stored.load(hub, folder).to_object()


def pod_object(hub: Hub, name: str) -> dict[str, Any] | None:
    """Give what would be the pod of a node that runs in this process."""
    for run in hub.runs.values():
        for node in run.nodes.values():
            if (
                node.type != "Pod"
                or names.pod_name(run.name, node.name, node.template_name) != name
            ):
                continue
            labels = {"workflows.argoproj.io/workflow": run.name}
            metadata = {"name": name, "namespace": run.workflow["metadata"]["namespace"]}
            return {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {**metadata, "labels": labels, "annotations": {}},
                "status": {"phase": node.phase, "podIP": node.ip},
            }
    return None


def check(documents: Sequence[Document], chosen: Document | None = None) -> None:
    """Refuse files that Argo or this machine would refuse.

    Raises:
        RefusedError: with everything that is wrong.
    """
    check_structure(documents)
    validate(documents, submit=chosen)


def check_structure(documents: Sequence[Document]) -> None:
    """Refuse files with a field that is unknown, of a wrong type, or not done here.

    Raises:
        RefusedError: with everything that is wrong.
    """
    problems = [problem for document in documents for problem in structure(document)]
    if problems:
        raise RefusedError(problems)


def spec_of(workflow: Mapping[str, Any], library: Library) -> dict[str, Any]:
    """Give the spec that would run, a referenced template merged in."""
    spec: dict[str, Any] = workflow["spec"]
    reference = spec.get("workflowTemplateRef")
    if not reference:
        return spec
    kind = "ClusterWorkflowTemplate" if reference.get("clusterScope") else "WorkflowTemplate"
    try:
        below = library.get(kind, reference["name"]).get("spec") or {}
    except MissingObjectError:
        return spec
    return merge.workflow_template_ref(spec, below, None)


def clean_up_all(hub: Hub) -> None:
    """Kill what runners that were killed left running in this state folder."""
    for folder in hub.state:
        stored.clean_up(folder)


def read_stubs(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read the outcomes that `--stub NODE=FILE` names.

    Raises:
        UsageError: one is malformed.
    """
    stubs = {}
    for item in given:
        node, equals, path = item.rpartition("=")
        if not equals:
            raise UsageError(f"--stub {item}: write it as NODE=FILE")
        stubs[node] = read_one(Path(path))
    return stubs


def refuse_unknown_images(workflow: Mapping[str, Any], library: Library, images: ImageMap) -> None:
    """Refuse a workflow with an image that nothing says what it is here.

    Raises:
        UnknownImageError: with the lines to add.
    """
    spec = spec_of(workflow, library)
    context = plan.context_of(workflow["metadata"]["name"], spec, library)
    images.refuse_unknown(plan.needs(plan.reachable(spec, context)).images)


async def run_all(runs: Sequence[Run], hub: Hub) -> None:
    """Run workflows together, and end them all when this process is told to."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _interrupted, runs, hub, number)
    loop.add_signal_handler(commands.WAKE, _asked, hub)
    await asyncio.gather(*(operate(run) for run in runs))
    while hub.tasks:
        await asyncio.gather(*hub.tasks, return_exceptions=True)
    for run in hub.runs.values():
        close(run)


def close(run: Run) -> None:
    """Write down how a run ended, and let go of it."""
    run.ledger.close()
    folder: RunFolder = run.folder
    folder.save("status.json", run.summary())
    (folder.path / "owner.json").unlink(missing_ok=True)


def _interrupted(runs: Sequence[Run], hub: Hub, number: signal.Signals) -> None:
    hub.interrupted = number
    for run in (*runs, *hub.runs.values()):
        run.ask_to_end("Terminate")


def _asked(hub: Hub) -> None:
    """Do what other processes asked of the runs of this one."""
    for run in list(hub.runs.values()):
        for request in commands.take(run.folder):
            if request["command"] == "end":
                run.ask_to_end(request["strategy"])
            elif request["command"] == "resume":
                suspension.resume(run, request["node"], request["values"])

"""One container of a pod: its box, its command, its process."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflows.runner.errors import NodeFault, PodFault, UnknownImageError
from workflows.runner.machine import box, process, variables
from workflows.runner.machine.box import Box, Mount
from workflows.runner.machine.images import Image
from workflows.runner.machine.volumes import Volumes
from workflows.runner.nodes import declared

if TYPE_CHECKING:
    from workflows.runner.nodes.pod import Pod

SCRIPT = "/argo/staging/script"
NOT_FOUND = 64


class Started:
    """A container that was started."""

    def __init__(
        self,
        name: str,
        running: process.Process | None,
        reader: process.Reader | None,
        trouble: str | None = None,
    ) -> None:
        self.name = name
        self.running = running
        self.reader = reader
        self.trouble = trouble
        self.code: int | None = None if running else NOT_FOUND

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.running is None or self.running.ended

    def done(self) -> "asyncio.Future[int]":
        """Give its exit code, once it is over."""
        if self.running is not None:
            return self.running.done
        over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        over.set_result(NOT_FOUND)
        return over

    async def wait(self) -> int:
        """Wait for its exit code."""
        if self.running is not None:
            self.code = await self.running.wait()
        return self.code or 0

    async def stop(self) -> int:
        """End it, if it is not over."""
        if self.running is not None and not self.running.ended:
            self.code = await self.running.stop()
        return await self.wait()

    async def result(self) -> str | None:
        """Give what it printed, if that was kept."""
        return await self.reader.text() if self.reader is not None else None


class Container:
    """A container before it starts."""

    def __init__(self, pod: "Pod", body: dict[str, Any], source: str | None = None) -> None:
        self.pod = pod
        self.body = body
        self.name: str = body["name"]
        self.source = source
        self.folder = pod.folder.with_name(f"{pod.folder.name}+{self.name}")
        pod.folders.append(self.folder)
        self.image = self._image()
        self.box = Box(self.folder, rootfs=self.image.rootfs)

    def _image(self) -> Image:
        try:
            return self.pod.run_.hub.images.find(self.body.get("image") or "")
        except UnknownImageError as error:
            raise PodFault(str(error)) from error

    def prepare(self, *, inputs: bool) -> None:
        """Lay out its file system, with the inputs of the template where they belong.

        Raises:
            NodeFault: a volume or an input is not there.
        """
        run, template = self.pod.run_, self.pod.template
        volumes = Volumes(
            run.folder.path / "volumes", run.hub.state.path / ".volumes", run.hub.library,
            tuple(c["metadata"]["name"] for c in run.spec.get("volumeClaimTemplates") or ()),
        )  # fmt: skip
        defined = {v["name"]: v for v in (*run.volumes, *(template.get("volumes") or ()))}
        wanted = [*(self.body.get("volumeMounts") or ())]
        if self.body.get("mirrorVolumeMounts"):
            main = template.get("container") or template.get("script") or {}
            wanted += main.get("volumeMounts") or ()
        self.box.mounts += volumes.mounts(wanted, defined, self.pod.folder)
        if self.source:
            self._write_script()
        if self.name == "main" or inputs:
            self.box.declared = declared.paths(template)
        self.box.visible = self._visible()
        self.box.prepare()
        if run.hub.sandbox.bwrap is None:
            for path in self.box.declared:
                self.box.host_path(path).parent.mkdir(parents=True, exist_ok=True)
        if inputs:
            self._load_artifacts()

    def _write_script(self) -> None:
        folder = self.folder / "argo" / "staging"
        folder.mkdir(parents=True)
        script = folder / "script"
        self.box.mounts.append(Mount(self.folder / "argo", "/argo"))
        script.write_text(self.source or "", encoding="utf-8")
        script.chmod(0o755)

    def _visible(self) -> tuple[str, ...]:
        """Give the folders that the image map names, and those below /tmp that commands need."""
        known = self.pod.run_.hub.visible
        if self.image.name not in known:
            known[self.image.name] = self._find_visible()
        return known[self.image.name]

    def _find_visible(self) -> tuple[str, ...]:
        run = self.pod.run_
        named = [path for path in self.image.binds if Path(path).exists()]
        found = [str(run.hub.state.path)]
        search = self.image.env.get("PATH") or run.hub.environment.get("PATH", "")
        found += [_without_bin(part) for part in search.split(":") if part]
        found += [os.path.dirname(part) for part in self.image.entrypoint if part[:1] == "/"]  # noqa: PTH120
        below = (p for p in found if box.is_below_tmp(p) and Path(p).is_dir())
        return tuple(dict.fromkeys((*named, *below)))

    def _load_artifacts(self) -> None:
        store = self.pod.run_.hub.artifacts
        for artifact in (self.pod.template.get("inputs") or {}).get("artifacts") or ():
            if not artifact.get("path"):
                continue
            if artifact.get("optional") and not declared.has_location(artifact):
                continue
            target = self.box.host_path(artifact["path"])
            try:
                store.load(artifact, target)
            except NodeFault:
                if not artifact.get("optional"):
                    raise

    def command(self, env: dict[str, str]) -> list[str]:
        """Give the command and its arguments, as the container runtime would run them."""
        command = [str(part) for part in self.body.get("command") or ()]
        args = [str(part) for part in self.body.get("args") or ()]
        if self.source:
            argv = [*(command or self.image.entrypoint), SCRIPT]
        elif command:
            argv = [*command, *args]
        else:
            argv = [*self.image.entrypoint, *(args or self.image.cmd)]
        return [variables.expand(part, env) for part in argv] or ["sh"]

    def start(self, *, capture: bool) -> Started:
        """Start its process.

        Raises:
            NodeFault: a variable refers to something that is not there.
        """
        run, sandbox = self.pod.run_, self.pod.run_.hub.sandbox
        known = variables.Variables(run.hub.library, self.pod.fields())
        own = known.of(self.body)
        env = {**run.hub.environment, **self.image.env, **self.pod.environment()}
        env["ARGO_CONTAINER_NAME"] = self.name
        env.update(own)
        argv = self.command(env)
        log = run.folder.log(self.pod.log_id(self.name))
        program = self._find(argv[0], env.get("PATH", ""))
        if program is None:
            trouble = (
                f'failed to find name in PATH: exec: "{argv[0]}": '
                "executable file not found in $PATH"
            )
            with log.open("a", encoding="utf-8") as file:
                file.write(trouble + "\n")
            return Started(self.name, None, None, trouble)
        paths = [*self.box.declared, *(m.path for m in self.box.mounts)]
        argv = [sandbox.translate(self.box, part, paths) for part in argv]
        if self.source and sandbox.bwrap is None:
            self._translate_script(paths)
        workdir = self.body.get("workingDir") or self.image.workdir
        running, reader = process.start(
            sandbox.command(self.box, argv, self._workdir(workdir)), env,
            sandbox.workdir(self.box, workdir), log, capture=capture,
        )  # fmt: skip
        run.ledger.note(process={**process.identity(running), "node": self.pod.node.id})
        return Started(self.name, running, reader)

    def _workdir(self, wanted: str) -> str:
        """Give a folder that is there, made if it is the container's own to make."""
        if wanted != "/":
            self.box.host_path(wanted).mkdir(parents=True, exist_ok=True)
        return wanted

    def _translate_script(self, paths: list[str]) -> None:
        script = self.folder / "argo" / "staging" / "script"
        text = self.pod.run_.hub.sandbox.translate(self.box, self.source or "", paths)
        script.write_text(text, encoding="utf-8")

    def _find(self, name: str, search: str) -> str | None:
        if "/" not in name:
            known, key = self.pod.run_.hub.programs, (self.image.name, name, search)
            if key not in known:
                here = shutil.which(name, path=search)
                known[key] = here or self._find_in_image(name, search)
            return known[key]
        inside = self.box.host_path(name) if name.startswith("/") else Path(name)
        return name if inside.exists() or not name.startswith("/") else None

    def _find_in_image(self, name: str, search: str) -> str | None:
        if self.image.rootfs is None:
            return None
        folders = (self.image.rootfs / part.lstrip("/") for part in search.split(":") if part)
        return name if any((folder / name).exists() for folder in folders) else None


def _without_bin(path: str) -> str:
    """Give the folder around a `bin`: programs there need their libraries, too."""
    parent, _, last = path.rstrip("/").rpartition("/")
    return parent if last == "bin" and parent not in ("", "/tmp") else path

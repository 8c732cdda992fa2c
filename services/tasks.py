"""The services on their own: build an image, serve a model here, take corrections out."""

import json
import os
import subprocess
import sys
from pathlib import Path

from invoke import Collection, Context, Exit, task

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("app", "trainer", "lifecycle")
CLASSIFIER = "services/classifier/requirements.txt"


@task(
    positional=["kind"],
    help={"kind": ", ".join(KINDS), "branch": "branch, tag or commit to build from"},
)
def build(_c: Context, kind: str, branch: str = "HEAD") -> None:
    """Build an image from a commit into the local site's store."""
    if kind not in KINDS:
        raise Exit(f"No kind of image is called {kind!r}: choose {', '.join(KINDS)}.", 2)
    python = _python("services/lifecycle/requirements.txt")
    verb = ["build-image", "--kind", kind, "--branch", branch]
    registry = os.environ.get("GOURMET_REGISTRY", "registry.local")
    facts = {
        "GOURMET_IMAGES": f"oci:{_state() / 'images'}",
        "GOURMET_SOURCE": str(ROOT),
        "GOURMET_REGISTRY": registry,
    }
    key = _state() / "secrets" / "argo" / "gourmetops-signing" / "ed25519.pem"
    if key.exists():
        facts["GOURMET_SIGNING_KEY"] = str(key)
    _run([python, "-m", "services.lifecycle", *verb], **facts)


@task(help={"model": "folder with model.onnx and model.json, else the bootstrap model"})
def serve(_c: Context, model: str = "", port: int = 8000) -> None:
    """Serve a model here, to look at the page."""
    python = _python(CLASSIFIER)
    folder = Path(os.environ.get("GOURMET_FROM", "."), model) if model else None
    if folder is None:
        folder = _state() / "bootstrap-model"
        _run([python, "-m", "services.classifier.bootstrap", "--out", str(folder)])
    print(f"http://127.0.0.1:{port}/   (Ctrl-C ends it)")
    _run(
        [python, "-m", "services.classifier"],
        MODEL_DIR=str(folder),
        HOST="127.0.0.1",
        PORT=str(port),
    )


@task(
    optional=["export"],
    help={
        "export": "make a version of the data set: named by its content, or in this new folder",
        "environment": "of this one, else of all",
    },
)
def feedback(_c: Context, export: str = "", environment: str = "") -> None:
    """Count users' corrections, or make a data set of them."""
    pattern = f"gourmetgram-{environment or '*'}/feedback"
    folders = sorted((_state() / "volumes").glob(pattern))
    kept = sum(len(list(folder.glob("*.json"))) for folder in folders)
    if not export:
        print(json.dumps({"corrections": kept, "folders": [str(folder) for folder in folders]}))
        return
    if not kept:
        raise Exit("No correction was made yet: use «this is wrong» on the page.", 1)
    sources = [part for folder in folders for part in ("--from", str(folder))]
    # Without a value Invoke gives True.
    named = isinstance(export, bool)
    place = _state() / "data" if named else Path(os.environ.get("GOURMET_FROM", "."), export)
    verb = [_python(CLASSIFIER), "-m", "services.classifier.feedback", "export"]
    _run([*verb, *sources, "--into" if named else "--out", str(place)])
    print("Train with it: ./run invoke train --data sample+FOLDER, where FOLDER is what `out` says")


def _state() -> Path:
    return Path(os.environ.get("GOURMET_STATE") or ROOT / ".local").absolute()


def _python(*locks: str) -> str:
    """Return the Python of a service's environment, made on first use."""
    from services import environments

    try:
        return str(environments.ensure(*(ROOT / lock for lock in locks)) / "bin" / "python")
    except environments.SetupError as error:
        raise Exit(str(error), 2) from error


def _run(command: list[str], **facts: str) -> None:
    """Run in the foreground; its exit code is ours, and Ctrl-C ends both."""
    try:
        code = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **facts}, check=False
        ).returncode
    except KeyboardInterrupt:
        sys.exit(130)
    if code:
        raise Exit(code=code)


namespace = Collection(build, serve, feedback)

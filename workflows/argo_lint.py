"""Hold our workflow files against Argo's own linter: python -m workflows.argo_lint [FILE ...]

The `argo` command is built once from its Go module into the user's cache, which takes minutes.
Where Go or the module cannot be had, that is said in a sentence, and the exit code is 3. What
it has passed is written to `argo-linted.txt`, so that a test knows in no time whether each file
is one that Argo's linter has seen.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
PASSED = HERE / "argo-linted.txt"
MODULE = "github.com/argoproj/argo-workflows/v3"
VERSION = "v3.7.3"
RECIPE = 1  # raise it when `build` makes something else of the same version
BUILD_SECONDS = 1200
SKIPPED = 3


class SkippedError(Exception):
    """The linter cannot be had on this machine."""


def main(files: Sequence[str]) -> int:
    """Lint the files, or all of ours."""
    named = files or [str(path) for path in sorted(HERE.glob("*.yaml"))]
    try:
        argo = build()
    except SkippedError as reason:
        print(f"skipped: {reason}", file=sys.stderr)
        return SKIPPED
    command = [str(argo), "lint", "--offline", "--no-color", *named]
    code = min(subprocess.run(command, check=False).returncode, 1)
    if not code and not files:
        PASSED.write_text(record())
    return code


def record() -> str:
    """Return the version of the linter, and the hash of each of our files as it is now."""
    hashes = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(HERE.glob("*.yaml"))
    ]
    return "".join([f"argo {VERSION}\n", *hashes])


def build() -> Path:
    """Return the `argo` command, building it on first use.

    Raises:
        SkippedError: Go is missing, or the module cannot be fetched or built.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    argo = cache / "gourmetops" / "argo" / f"{VERSION}-{RECIPE}" / "argo"
    if argo.exists():
        return argo
    if not shutil.which("go"):
        raise SkippedError("Argo's linter is built with Go, which is not installed (go.dev/dl).")
    print(f"Building argo {VERSION} (once; some minutes) ...", file=sys.stderr)
    argo.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=argo.parent) as work:
        source = Path(work) / "source"
        shutil.copytree(_module(), source, copy_function=_copy_writable)
        _mend(source)
        built = Path(work) / "argo"
        _go("build", "-mod=mod", "-o", str(built), "./cmd/argo", folder=source)
        built.replace(argo)
    return argo


def _module() -> Path:
    told = json.loads(_go("mod", "download", "-json", f"{MODULE}@{VERSION}", folder=HERE))
    return Path(told["Dir"])


def _copy_writable(source: str, target: str) -> str:
    shutil.copyfile(source, target)
    return target


def _mend(source: Path) -> None:
    """Put back what a Go module archive leaves out: a symbolic link, and the built pages."""
    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    signals = source / "workflow" / "executor" / "osspecific"
    linux = signals / "signal_linux.go"
    if not linux.exists():
        shutil.copyfile(signals / "signal_darwin.go", linux)
    pages = source / "ui" / "dist" / "app"
    pages.mkdir(parents=True, exist_ok=True)
    (pages / "index.html").touch()


def _go(*arguments: str, folder: Path) -> str:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    try:
        done = subprocess.run(
            ["go", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SkippedError(f"`go {arguments[0]}` did not end in {BUILD_SECONDS} s.") from None
    if done.returncode:
        reason = (done.stderr or done.stdout).strip()[-600:]
        raise SkippedError(f"`go {' '.join(arguments[:2])}` failed: {reason}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Make Python environments from hash-locked requirement files, each once and by content.

Standard library only: `./run` uses this file before anything is installed. An environment
lives in the user's cache folder under a name that holds the hash of what it is made from,
so two clones share it and a changed lock makes another one.

A lock whose first line reads `# open: NAME==VERSION` holds builds for the ordinary index.
When pip has been pointed at another source (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL,
PIP_FIND_LINKS or pip's own configuration) and finds another build there, that one is taken,
and its hash, which we cannot know, is not checked. So a CPU build of PyTorch gets in.

All else is installed by uv in a third of pip's time, as pip is told to: where it is told something
that uv does not know, or uv fails, pip installs. The tools' environment has uv; it is the first
that is installed there, by pip.
"""

import argparse
import ast
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

STAMP = "made-from.txt"
UV_HERE = Path(sys.prefix) / "bin" / "uv"
UV = re.compile(r"^uv==.*(?:\n    .*)*", re.MULTILINE)
OPEN = re.compile(r"# open: (\S+==\S+)")
# A line of `pip config list`; where it concerns an installation, the last of these wins.
SETTING = re.compile(r"(\S+?)\.(\S+?)=(.+)")
SECTIONS = ("global", "install", ":env:")
# Tests of what is installed, and what Ansible sends to its hosts as source.
UNIMPORTED = r"/(tests|ansible_collections)/"
SOURCES = ("index-url", "extra-index-url", "find-links")
# What pip may be told, and the same for uv; what makes no difference to what is installed.
UV_OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}
UV_VARIABLES = {
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "no-cache-dir": "UV_NO_CACHE",
}
NO_DIFFERENCE = {"disable-pip-version-check", "no-input", "require-virtualenv", "progress-bar"}


class SetupError(Exception):
    """An environment could not be made; the message says why and what to do."""


def cache() -> Path:
    """Name the folder where everything that can be made again is kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gourmetops"


def ensure(*files: Path, compiled: bool = True) -> Path:
    """Return the folder of the environment of these lock files, making it on first use.

    What is not compiled now is compiled as it is imported, which is less work where most of it
    never is; not for steps, which see their environment read-only.

    Raises:
        SetupError: a file is missing, or pip could not install it.
    """
    content = _content(files)
    folder = cache() / "environments" / f"{_name(files)}-{_key(content)}"
    return make(folder, files, compiled)


def look(*files: Path) -> Path | None:
    """Return the folder of the environment of these lock files if it stands, and make nothing."""
    content = _content(files)
    folder = cache() / "environments" / f"{_name(files)}-{_key(content)}"
    return folder if _is_made(folder, content) else None


def make(folder: Path, files: Sequence[Path], compiled: bool = True) -> Path:
    """Make the environment in this folder unless it stands there already."""
    content = _content(files)
    if _is_made(folder, content):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(folder.name + ".lock")) as lock:
        if not _is_made(folder, content):
            _build(folder, files, lock)
            if compiled:
                _compile(folder, lock)
            _write_stamp(folder, content)
    return folder


def _build(folder: Path, files: Sequence[Path], lock: int) -> None:
    print(f"Setting up {_name(files)} (once, until its requirements change) ...", file=sys.stderr)
    (folder / STAMP).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    # An environment that we made may have no pip, and a system's may be missing or old.
    borrow = sys.prefix != sys.base_prefix and find_spec("pip") is not None
    venv.EnvBuilder(symlinks=True, with_pip=not borrow).create(folder)
    own = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", own] if borrow else [own, "-m", "pip"]
    _install_uv(pip, files, lock)
    for file in files:
        _install(pip, own, file, lock)


def _install_uv(pip: Sequence[str], files: Sequence[Path], lock: int) -> None:
    """Install the uv that one of the locks names, if any, which then installs the others."""
    for file in files:
        if named := UV.search(file.read_text()):
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as alone:
                alone.write(named[0])
                alone.flush()
                _install_by_pip(
                    pip, file, ["--require-hashes", "--no-deps", "-r", alone.name], lock
                )


def _install(pip: Sequence[str], python: str, file: Path, lock: int) -> None:
    named = OPEN.match(file.read_text())
    settings = _settings(pip)
    elsewhere = not settings.keys().isdisjoint(SOURCES)
    locked = ["--require-hashes", "--no-deps", "-r", str(file)]
    if named and elsewhere and not _is_locked(pip, named[1], file):
        what = [named[1]]
    elif not named and _install_by_uv(settings, python, locked, lock):
        return
    else:
        what = locked
    _install_by_pip(pip, file, what, lock)


def _install_by_pip(pip: Sequence[str], file: Path, what: Sequence[str], lock: int) -> None:
    options = ["--quiet", "--no-compile", "--no-input", "--disable-pip-version-check"]
    said, code = _run([*pip, "install", *options, *what], lock)
    if code:
        raise SetupError(_explain(file, said))


def _install_by_uv(
    settings: Mapping[str, str], python: str, what: Sequence[str], lock: int
) -> bool:
    """Install as pip would; tell whether that went well."""
    uv = next((uv for uv in (Path(python).with_name("uv"), UV_HERE) if uv.exists()), None)
    settings = {name: said for name, said in settings.items() if name not in NO_DIFFERENCE}
    if not uv or not settings.keys() <= UV_OPTIONS.keys() | UV_VARIABLES.keys():
        return False
    options = [
        word
        for name, option in UV_OPTIONS.items()
        for value in settings.get(name, "").split()
        for word in (option, value)
    ]
    # Any index may have what the hashes name, as for pip.
    options += ["--index-strategy", "unsafe-best-match", "--no-config", "--quiet"]
    told = {UV_VARIABLES[name]: settings[name] for name in settings.keys() & UV_VARIABLES.keys()}
    _, code = _run([str(uv), "pip", "install", "--python", python, *options, *what], lock, told)
    return code == 0


def _settings(pip: Sequence[str]) -> dict[str, str]:
    """Return what pip is told by its files and by the environment: values by option."""
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    lines = [each for line in listed.stdout.splitlines() if (each := SETTING.fullmatch(line))]
    settings: dict[str, str] = {}
    for section in SECTIONS:
        told = {each[2]: str(ast.literal_eval(each[3])) for each in lines if each[1] == section}
        settings |= {name: value for name, value in told.items() if value}
    if "default-timeout" in settings:
        settings["timeout"] = settings.pop("default-timeout")
    return settings


def _compile(folder: Path, lock: int) -> None:
    """Compile what somebody may import, on all cores; pip takes one, and compiles the rest too."""
    # A file that is no Python of this version (a template) stays as it is.
    words = ["-qq", "-j", "0", "-x", UNIMPORTED, str(folder / "lib")]
    _run([str(folder / "bin" / "python"), "-m", "compileall", *words], lock)


def _run(
    command: Sequence[str], lock: int, told: Mapping[str, str] | None = None
) -> tuple[str, int]:
    """Run pip, which may be two processes; they end with us, or keep the lock until they end."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True, pass_fds=(lock,), env={**os.environ, **(told or {})},
    ) as process:  # fmt: skip
        try:
            _, said = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return said, process.returncode


def _explain(file: Path, stderr: str) -> str:
    tail = "\n".join(stderr.strip().splitlines()[-4:])
    if re.search(r"NewConnectionError|NameResolution|ConnectTimeout|versions: none", stderr):
        return (
            f"{file}: cannot reach the package index, so nothing was installed. "
            "Connect to the network (or point pip at a mirror) and run the same command again."
        )
    if "No space left" in stderr:
        return f"{file}: the disk is full. Free some space below {cache()} and run it again."
    return f"{file}: pip could not install it:\n{tail}\nMend that and run the same command again."


def _is_locked(pip: Sequence[str], requirement: str, file: Path) -> bool:
    """Say whether the build that pip would take is the one in the lock, wherever pip looks."""
    options = ["--dry-run", "--no-deps", "--ignore-installed", "--quiet", "--report", "-"]
    done = subprocess.run(
        [*pip, "install", "--disable-pip-version-check", *options, requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return True  # the locked install that follows says what is wrong
    info = json.loads(done.stdout)["install"][0]["download_info"].get("archive_info", {})
    return f"sha256:{info.get('hashes', {}).get('sha256')}" in file.read_text()


def _content(files: Sequence[Path]) -> bytes:
    missing = [str(file) for file in files if not file.is_file()]
    if missing or not files:
        raise SetupError(
            f"no such requirements file: {', '.join(missing) or '(none given)'}. "
            "Give the path of a lock, such as services/classifier/requirements.txt."
        )
    return b"".join(file.read_bytes() for file in files)


def _key(content: bytes) -> str:
    version = "{}.{}".format(*sys.version_info)
    elsewhere = [os.environ.get(f"PIP_{s.upper().replace('-', '_')}", "") for s in SOURCES]
    facts = "\n".join([version, *elsewhere]) if OPEN.search(content.decode()) else version
    return hashlib.sha256(facts.encode() + b"\n" + content).hexdigest()[:16]


def _name(files: Sequence[Path]) -> str:
    first = files[0].resolve()
    plain = first.stem in ("requirements", "requirements-test")
    name = first.parent.name if plain else first.stem
    if (first.parent / "noxfile.py").exists():
        name = "tools"
    return f"{name}-test" if len(files) > 1 and "test" in files[-1].stem else name


def _is_made(folder: Path, content: bytes) -> bool:
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_bytes() == content and _python_starts(folder)


def _python_starts(folder: Path) -> bool:
    return (folder / "bin" / "python").exists()


def _write_stamp(folder: Path, content: bytes) -> None:
    new = folder / f"{STAMP}.new"
    new.write_bytes(content)
    new.replace(folder / STAMP)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _end(_signal: int, _frame: object) -> None:
    """End with the code of SIGTERM; on the way out, the pip that runs is ended too."""
    raise SystemExit(128 + signal.SIGTERM)


def main() -> int:
    """Make the environment of the files named and print its folder."""
    parser = argparse.ArgumentParser(prog="python -m services.environments", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="REQUIREMENTS")
    parser.add_argument("--at", type=Path, help="make it in this folder, not in the cache")
    parser.add_argument("--look", action="store_true", help="print it if it stands; make nothing")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    try:
        if args.look:
            print(look(*args.files) or "")
            return 0
        print(make(args.at, args.files) if args.at else ensure(*args.files))
    except SetupError as error:
        print(f"environments: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

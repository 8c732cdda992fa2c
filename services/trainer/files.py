"""Write files and folders so that they are there whole or not at all, and name the cache."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


def cache() -> Path:
    """Name the folder for what can be made again; a temporary one where home cannot be written."""
    home = os.environ.get("HOME")
    base = os.environ.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
    folder = Path(base or tempfile.gettempdir(), "gourmetops", "trainer")
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir(), "gourmetops")


def write(file: Path, content: str | bytes) -> None:
    """Write a file through a name for now, so that it never stands there half."""
    data = content.encode() if isinstance(content, str) else content
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def whole_folder(folder: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a folder to fill; it takes its name when filled, and is gone on any failure.

    What a process that was killed had left half done is cleared away here, too.

    Args:
        folder: The name it gets. What stood there is replaced.
        durable: Have every file on the disk first, so that it is whole after a power cut.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}-*"):
        if not _is_running(left.name.rsplit("-", 1)[-1]):
            shutil.rmtree(left, ignore_errors=True)
    new = folder.with_name(f".{folder.name}-{os.getpid()}")
    new.mkdir()
    try:
        yield new
        if durable:
            _sync(new)
        _replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _replace(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_running(pid: str) -> bool:
    return pid.isdigit() and Path("/proc", pid).exists()

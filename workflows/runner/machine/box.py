"""The private file system of one container: what lies where, inside and on this machine."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

_PROVIDED = frozenset({"tmp", "proc", "dev", "sys", "lost+found"})
_READ_ONLY = frozenset({
    "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32",
    "etc", "boot", "opt", "var", "run", "nix", "snap",
})  # fmt: skip
_OPEN_AT_MOST = 400


@dataclass(frozen=True)
class Mount:
    """A file or folder of this machine at a path of the container."""

    source: Path
    path: str
    read_only: bool = False


@dataclass
class Box:
    """One container's view of the disk.

    Attributes:
        folder: Where its private files lie on this machine.
        mounts: What lies elsewhere: volumes, and the folder of the script.
        declared: Paths that the template names, which must be private to this container.
        rootfs: A folder whose entries lie over those of this machine.
        visible: Folders of this machine below /tmp that stay visible.
    """

    folder: Path
    mounts: list[Mount] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    rootfs: Path | None = None
    visible: tuple[str, ...] = ()
    opened: set[str] = field(default_factory=set)

    @property
    def tmp(self) -> Path:
        """Its /tmp."""
        return self.folder / "tmp"

    @property
    def root(self) -> Path:
        """What it writes elsewhere, where this machine has nothing."""
        return self.folder / "root"

    def prepare(self) -> None:
        """Make the folders that it needs, and find out which paths must be opened."""
        os.makedirs(self.tmp, exist_ok=True)  # noqa: PTH103 - asked for each step
        private = [path for path in self.declared if not self._provided(path)]
        for path in [*private, *(m.path for m in self.mounts if _below_tmp(m.path) is None)]:
            self._open(real(path))
        if private or self.opened:
            self.root.mkdir(exist_ok=True)

    def _provided(self, path: str) -> bool:
        """Tell whether a path lies in /tmp or in a mount, and so is private already."""
        return _below_tmp(path) is not None or self._mount(path) is not None

    def _mount(self, path: str) -> Mount | None:
        inside = PurePosixPath(path)
        found = [m for m in self.mounts if inside.is_relative_to(m.path)]
        return max(found, key=lambda m: len(m.path), default=None)

    def _open(self, path: str) -> None:
        """Mark the folders of this machine above a path, to be laid out entry by entry."""
        for parent in reversed(PurePosixPath(path).parents):
            text = str(parent)
            if text == "/":
                continue
            if not os.path.isdir(text):  # noqa: PTH112 - asked for each step
                return
            if len(os.listdir(text)) <= _OPEN_AT_MOST:  # noqa: PTH208
                self.opened.add(text)

    def host_path(self, path: str) -> Path:
        """Give where a path of the container lies on this machine."""
        path = os.path.normpath(path)
        mount = self._mount(path)
        if mount is not None:
            return _join(mount.source, PurePosixPath(path).relative_to(mount.path))
        below = _below_tmp(path)
        if below is not None:
            seen = next((v for v in self.visible if _is_in(path, v)), None)
            return Path(path) if seen else self.tmp / below
        where = real(path)
        if self.rootfs is not None:
            top = PurePosixPath(path).parts[1:2]
            if top and (self.rootfs / top[0]).exists():
                return self.rootfs / path.lstrip("/")
        parent = str(PurePosixPath(where).parent)
        private = parent == "/" or parent in self.opened or not _exists_here(parent)
        if private and not (parent != "/" and os.path.lexists(where)):
            return self.root / where.lstrip("/")
        return Path(where)

    def arguments(self) -> list[str]:
        """Give bubblewrap's arguments that lay all this out."""
        args: list[str] = []
        if self.root.exists():
            args += ["--bind", str(self.root), "/"]
        if self.rootfs is None and not self.opened:
            args += _plain_machine()
        else:
            args += _entries("/", self.opened, _tops_of(self.rootfs))
        if self.rootfs is not None:
            args += _rootfs(self.rootfs)
        args += ["--dev-bind", "/dev", "/dev"]
        # A volume at /tmp takes the place of the private one, and hides no more than that does.
        temporary = next((m.source for m in self.mounts if m.path == "/tmp"), self.tmp)
        args += ["--bind", str(temporary), "/tmp"]
        for path in self.visible:
            args += ["--bind", path, path]
        others = [m for m in self.mounts if m.path != "/tmp"]
        for mount in sorted(others, key=lambda m: m.path.count("/")):
            kind = "--ro-bind" if mount.read_only else "--bind"
            args += [kind, str(mount.source), mount.path]
        return args


def real(path: str) -> str:
    """Follow the links of this machine in the part of a path that exists."""
    pure = PurePosixPath(os.path.normpath(path))
    for parent in pure.parents:
        if os.path.lexists(parent):
            return os.path.join(os.path.realpath(parent), pure.relative_to(parent))  # noqa: PTH118
    return str(pure)


def is_below_tmp(path: str) -> bool:
    """Tell whether a path lies in /tmp, which is private in a box."""
    return bool(_below_tmp(path))


def _join(source: Path, below: PurePosixPath) -> Path:
    return source if str(below) == "." else source / below


def _below_tmp(path: str) -> str | None:
    normal = os.path.normpath(path)
    if normal == "/tmp":
        return ""
    return normal[5:] if normal.startswith("/tmp/") else None


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _exists_here(path: str) -> bool:
    top = PurePosixPath(path).parts[1]
    return top not in _PROVIDED and os.path.isdir(path) and top in _tops()  # noqa: PTH112


_TOPS: dict[str, str | None] = {}


def _tops() -> dict[str, str | None]:
    """List what stands in / here and is not empty: folders, and links with their target."""
    if not _TOPS:
        for entry in os.scandir("/"):
            if entry.name in _PROVIDED:
                continue
            if entry.is_symlink():
                _TOPS[entry.name] = os.readlink(entry.path)  # noqa: PTH115
            elif entry.is_dir() and _has_entries(entry.path):
                _TOPS[entry.name] = None
    return _TOPS


def _has_entries(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(True for _ in entries)
    except PermissionError:
        return False


def _tops_of(rootfs: Path | None) -> frozenset[str]:
    if rootfs is None:
        return frozenset()
    return frozenset(os.listdir(rootfs))  # noqa: PTH208


def _rootfs(rootfs: Path) -> Iterable[str]:
    for entry in sorted(os.scandir(rootfs), key=lambda e: e.name):
        if entry.name in _PROVIDED:
            continue
        if entry.is_symlink():
            yield from ("--symlink", os.readlink(entry.path), f"/{entry.name}")  # noqa: PTH115
        else:
            yield from ("--ro-bind", entry.path, f"/{entry.name}")


@cache
def _plain_machine() -> tuple[str, ...]:
    return tuple(_entries("/", set(), frozenset()))


def _entries(parent: str, opened: set[str], hidden: frozenset[str]) -> Iterable[str]:
    """Lay out a folder of this machine: each entry bound, opened ones entry by entry."""
    if parent == "/":
        entries = [(name, target) for name, target in _tops().items() if name not in hidden]
    else:
        entries = [
            (e.name, os.readlink(e.path) if e.is_symlink() else None)  # noqa: PTH115
            for e in os.scandir(parent)
        ]
    for name, target in entries:
        path = os.path.join(parent, name)  # noqa: PTH118 - asked for each step
        if target is not None:
            yield from ("--symlink", target, path)
        elif path in opened:
            yield from ("--dir", path)
            yield from _entries(path, opened, frozenset())
        else:
            read_only = path.split("/")[1] in _READ_ONLY
            yield from ("--ro-bind" if read_only else "--bind", path, path)

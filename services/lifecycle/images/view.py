"""Lay an image out as a folder that an engine can run: `unpacked/<digest>/` of the store.

The engines (the workflow runner, the local site) read `run.json` there and compute nothing:
which folder is the root, which command, and which environment of Python packages.
"""

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from services import environments
from services.lifecycle.durable import locked, write_whole
from services.lifecycle.errors import ImageError
from services.lifecycle.images import laid_out
from services.lifecycle.images.layout import Image, Layout

REQUIREMENTS = "gourmetops.requirements"
REVISION = "org.opencontainers.image.revision"
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def unpack(layout: Layout, digest: str) -> Path:
    """Lay an image out, and return its folder; what is laid out already stays.

    Raises:
        ImageError: the image is broken, or its packages cannot be installed.
    """
    image = layout.verify(digest)
    folder = layout.folder / "unpacked" / digest.removeprefix("sha256:")
    folder.mkdir(exist_ok=True)
    with locked(folder / ".lock"):
        if not _is_laid_out(layout, image, folder / "rootfs"):
            _extract(layout, image, folder / "rootfs")
        write_whole(folder / "run.json", written(facts(layout, image, folder / "rootfs")))
    return folder


def _is_laid_out(layout: Layout, image: Image, rootfs: Path) -> bool:
    """Say whether the folder is there; one that somebody changed is put away."""
    if not os.path.lexists(rootfs):
        return False
    wanted: laid_out.Files = {}
    for layer in image.layers:
        wanted |= laid_out.files(layout.path(layer.digest).read_bytes())
    if not laid_out.first_change(rootfs, wanted):
        return True
    aside = Path(tempfile.mkdtemp(dir=rootfs.parent, prefix=".changed-"))
    rootfs.replace(aside / "rootfs")
    shutil.rmtree(aside, ignore_errors=True)
    return False


def _extract(layout: Layout, image: Image, target: Path) -> None:
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=".rootfs-"))
    try:
        for layer in image.layers:
            with tarfile.open(layout.path(layer.digest)) as tar:
                for member in tar:
                    _lay(tar, member, work)
        work.chmod(0o755)
        work.replace(target)
    except tarfile.TarError as error:
        raise ImageError(f"{image.digest}: a layer cannot be unpacked: {error}.") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _lay(tar: tarfile.TarFile, member: tarfile.TarInfo, work: Path) -> None:
    """Lay out one file or folder; our layers hold nothing else.

    By hand, because the filters of tarfile came with Python 3.11.4 and Debian 12 has 3.11.2.
    """
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
        raise ImageError(f"{member.name} is no file or folder inside the image. Build it again.")
    path = work / name
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = tar.extractfile(member)
    with path.open("wb") as file:
        shutil.copyfileobj(packed or io.BytesIO(), file)
    path.chmod(member.mode & 0o755)


def written(told: Mapping[str, object]) -> bytes:
    """Return what run.json holds."""
    return json.dumps(told, indent=1, sort_keys=True).encode()


def facts(layout: Layout, image: Image, rootfs: Path) -> dict[str, object]:
    """Say how an image is run here.

    Raises:
        ImageError: its packages cannot be installed.
    """
    return {
        "digest": image.digest,
        "names": layout.names(image.digest),
        "rootfs": str(rootfs),
        "workdir": "/app",
        "entrypoint": [],
        "cmd": list(image.command),
        "env": _environment(image.labels, rootfs),
        "labels": dict(image.labels),
    }


def _environment(labels: Mapping[str, str], rootfs: Path) -> dict[str, str]:
    locks = [rootfs / path.lstrip("/") for path in labels.get(REQUIREMENTS, "").split()]
    plain = {
        "GIT_COMMIT": labels.get(REVISION, ""),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        # A step that lays out an image itself finds the packages that are there already.
        "XDG_CACHE_HOME": str(environments.cache().parent),
    }
    if not locks:
        return {"PATH": SYSTEM_PATH, **plain}
    try:
        made = environments.ensure(*locks)
    except environments.SetupError as error:
        raise ImageError(str(error)) from error
    path = os.pathsep.join([str(made / "bin"), SYSTEM_PATH])
    return {"PATH": path, "VIRTUAL_ENV": str(made), **plain}

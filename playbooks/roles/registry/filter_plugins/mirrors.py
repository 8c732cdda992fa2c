"""Put a mirror into what a container runtime is told of its registries, and take it out again.

What others wrote stays: our part of a hosts.toml stands between two marks, at its end, where
TOML lets another table begin; in daemon.json it is the first entry of a list.
"""

import json
import re
from collections.abc import Callable

BEGIN, END = "# BEGIN GourmetOps", "# END GourmetOps"
OURS = re.compile(rf"\n?^{BEGIN}$.*?^{END}$\n?", re.MULTILINE | re.DOTALL)
SERVER = re.compile(r"^\s*server\s*=", re.MULTILINE)
MIRRORS = "registry-mirrors"
PLAIN = "insecure-registries"


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filters by name."""
        return {"with_mirror": with_mirror, "with_docker_mirror": with_docker_mirror}


def with_mirror(text: str, server: str, mirror: str) -> str:
    """Return a hosts.toml that asks the mirror before the registry itself; "": no mirror.

    A file in which somebody else names this mirror stays as it is: a table may stand there once.
    """
    foreign = OURS.sub("", text)
    if not mirror:
        return "" if _is_only(foreign, server) else foreign
    if f'"{mirror}"' in foreign:
        return foreign
    head = foreign if SERVER.search(foreign) else f'server = "{server}"\n{foreign}'
    ours = f'{BEGIN}\n[host."{mirror}"]\n  capabilities = ["pull", "resolve"]\n{END}\n'
    return f"{head.rstrip()}\n\n{ours}" if head.strip() else ours


def with_docker_mirror(text: str, mirror: str) -> str:
    """Return a daemon.json with the mirror first in its list; "": it is as wished already.

    It leaves with a line before it, since Ansible takes a text that begins with a brace for a
    mapping.
    """
    settings = json.loads(text) if text.strip() else {}
    wished = dict(settings)
    if mirror:
        wished[MIRRORS] = _first(mirror, settings.get(MIRRORS, []))
        if mirror.startswith("http://"):
            wished[PLAIN] = _first(mirror.removeprefix("http://"), settings.get(PLAIN, []))
    return "" if wished == settings else "\n" + json.dumps(wished, indent=2) + "\n"


def _first(value: str, values: list[str]) -> list[str]:
    return [value, *(other for other in values if other.rstrip("/") != value)]


def _is_only(text: str, server: str) -> bool:
    """Say whether nothing is left but the line that we put above our own."""
    return text.strip() in ("", f'server = "{server}"')

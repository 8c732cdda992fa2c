"""What the name of an image means on this machine: the image map and the image store."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from workflows.runner.errors import UnknownImageError, UsageError

_KEYS = {"run", "entrypoint", "env", "binds"}
_DIGEST = re.compile(r"@sha256:([0-9a-f]{64})$")


@dataclass(frozen=True)
class Image:
    """How containers of an image run here.

    Attributes:
        rootfs: A folder whose entries lie over those of this machine; None for the machine.
        binds: Folders of this machine that are visible as they are.
    """

    name: str
    rootfs: Path | None = None
    workdir: str = "/"
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[str, ...] = ()


class ImageMap:
    """Rules by glob; an exact name wins over a glob, the first glob over later ones."""

    def __init__(
        self, rules: Mapping[str, Mapping[str, Any]], store: Path, source: str | None = None
    ) -> None:
        self.rules = rules
        self.store = store
        self.source = source
        self._known: dict[str, Image] = {}

    @classmethod
    def load(cls, data: Mapping[str, Any] | None, store: Path, source: str | None) -> "ImageMap":
        """Make a map of what a file says.

        Raises:
            UsageError: a rule is malformed.
        """
        for glob, rule in (data or {}).items():
            if not isinstance(rule, Mapping) or not isinstance(rule.get("run"), str):
                raise UsageError(
                    f"{source}: the rule for {glob!r} needs `run:` host, store, or a folder"
                )
            if unknown := rule.keys() - _KEYS:
                raise UsageError(
                    f"{source}: the rule for {glob!r} has {', '.join(sorted(unknown))}, "
                    f"and can have {', '.join(sorted(_KEYS))}"
                )
        return cls(data or {}, store, source)

    def find(self, name: str) -> Image:
        """Give how an image runs here.

        Raises:
            UnknownImageError: no rule names it, or it is not in the store.
        """
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Refuse every name at once that no rule covers.

        Raises:
            UnknownImageError: with the lines to add.
        """
        missing = []
        for name in names:
            try:
                self.find(name)
            except UnknownImageError:
                missing.append(name)
        if missing:
            raise UnknownImageError(missing, self.source)

    def _find(self, name: str) -> Image:
        glob = name if name in self.rules else None
        glob = glob or next((g for g in self.rules if fnmatchcase(name, g)), None)
        if glob is None:
            raise UnknownImageError([name], self.source)
        rule = self.rules[glob]
        if rule["run"] == "host":
            base = Image(name)
        elif rule["run"] == "store":
            base = self._stored(name)
        else:
            base = Image(name, rootfs=Path(rule["run"]).resolve())
        return Image(
            name=name,
            rootfs=base.rootfs,
            workdir=base.workdir,
            entrypoint=tuple(rule.get("entrypoint") or base.entrypoint),
            cmd=base.cmd if not rule.get("entrypoint") else (),
            env={**base.env, **{k: str(v) for k, v in (rule.get("env") or {}).items()}},
            binds=tuple(rule.get("binds") or ()),
        )

    def _stored(self, name: str) -> Image:
        digest = _DIGEST.search(name)
        view = self.store / "unpacked" / digest[1] / "run.json" if digest else None
        if view is None or not view.exists():
            raise UnknownImageError([name], f"the image store {self.store}, or to {self.source}")
        facts = json.loads(view.read_text(encoding="utf-8"))
        return Image(
            name=name,
            rootfs=Path(facts["rootfs"]),
            workdir=facts.get("workdir") or "/",
            entrypoint=tuple(facts.get("entrypoint") or ()),
            cmd=tuple(facts.get("cmd") or ()),
            env=facts.get("env") or {},
        )

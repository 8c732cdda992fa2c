"""A plan: what a command would do, and the world as it was when that was asked.

A plan is one JSON object. Its seals are hashes of the parts of the world that it goes by, so
that a workflow can be told by one short text what it may carry out, and what moved since has a
name. Nothing in a plan changes with the time of day: asked again, it is the same to the byte.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self, get_origin

from services.lifecycle.errors import AskedWronglyError, RefusedError
from services.lifecycle.releasing.releases import spoken

FORMAT = 1
COMMANDS = ("promote", "rollback", "judge")
NONE = "none"
DIGITS = 16


class PlanFileError(AskedWronglyError):
    """A file is no plan, or is not as it was written."""


class MovedError(RefusedError):
    """The world is no longer as the plan saw it."""

    def __init__(self, command: str, moved: list[str]) -> None:
        self.moved = moved
        super().__init__(
            f"the world has moved since this plan was made: {'; '.join(moved)}. Nothing was "
            f"changed. Make a new plan, and read it: invoke {command} --plan"
        )


@dataclass(frozen=True)
class Plan:
    """What a command would do.

    Attributes:
        command: `promote` or `rollback`.
        environment: What it would move.
        version: The model version that would serve; `none` is the bootstrap model.
        digest: The image of it.
        reason: Of a rollback; or why gates are forced.
        source: What holds the version now: environment, commit and release; {} in a rollback.
        stands: Commit and release of the environment now.
        aliases: Each alias that would move, with `now` and `then`.
        traffic: The shares in percent, `now` and `then`, and what moves in words.
        holds: The version that would be put on hold; empty if none.
        gates: Every gate with its answer.
        provenance: How the image was built, and by whom; or why that is not known.
        commits: Message and diff of each commit that would be made.
    """

    command: str
    environment: str
    version: str
    digest: str
    reason: str
    source: dict[str, Any]
    stands: dict[str, Any]
    aliases: dict[str, Any]
    traffic: dict[str, Any]
    holds: str
    gates: list[dict[str, Any]]
    provenance: dict[str, Any]
    commits: list[dict[str, str]]

    @property
    def parts(self) -> dict[str, Any]:
        """Return what the plan goes by, part by part."""
        return {
            "source": self.source,
            "target": self.stands,
            "digest": [self.version, self.digest],
            "alias": {name: held["now"] for name, held in self.aliases.items()},
            "gates": {gate["name"]: gate["answer"] for gate in self.gates},
            "traffic": self.traffic["now"],
            "content": self.commits,
        }

    @property
    def seals(self) -> str:
        """Return a hash of each part, as one text that an argument can be."""
        return ",".join(f"{name}:{_hash(part)[:DIGITS]}" for name, part in self.parts.items())

    @property
    def is_open(self) -> bool:
        """Say whether it could be carried out now."""
        closed = [gate for gate in self.gates if gate["answer"] != "allow"]
        if self.command == "promote" and self.reason != NONE:
            closed = [gate for gate in closed if gate["firm"]]
        return not closed

    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        body = {"format": FORMAT, **asdict(self), "seals": self.seals}
        return {**body, "hash": _hash(body)}

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a plan from a file.

        Raises:
            PlanFileError: it is none, of another format, or was edited.
        """
        facts = _load(path)
        body = {name: value for name, value in facts.items() if name != "hash"}
        if body.get("format") != FORMAT:
            raise _bad(path, f"is a plan of format {body.get('format')!r}, and {FORMAT} is read")
        if facts.get("hash") != _hash(body):
            raise _bad(path, "was edited since it was written, or is cut off")
        held = {each.name: (get_origin(each.type) or each.type) for each in fields(cls)}
        if wrong := [name for name, kind in held.items() if type(body.get(name)) is not kind]:
            raise _bad(path, f"says nothing that can be read of {', '.join(wrong)}")
        if body["command"] not in COMMANDS:
            raise _bad(path, f"is a plan to {body['command']!r}, which is no command")
        return cls(**{name: body[name] for name in held})


def moved(then: Plan, now: Plan) -> list[str]:
    """Say what differs between the world of a plan and that of the same plan made now."""
    was, found = then.parts, now.parts
    return [_difference(name, was[name], found[name]) for name in was if was[name] != found[name]]


def require(seals: str, now: Plan, command: str) -> None:
    """Refuse unless the world is as a plan saw it, of which only the seals are known.

    Raises:
        MovedError: naming what is not.
    """
    if changed := _moved_by_seals(seals, now):
        raise MovedError(command, changed)


def _moved_by_seals(seals: str, now: Plan) -> list[str]:
    was = dict(seal.partition(":")[::2] for seal in seals.split(","))
    found = dict(seal.partition(":")[::2] for seal in now.seals.split(","))
    return [
        f"{name} (now {_short(now.parts.get(name))})"
        for name in found
        if was.get(name) != found[name]
    ]


def _difference(name: str, was: Any, found: Any) -> str:
    if name == "content":
        return "what would be committed is not what the plan shows"
    if isinstance(was, Mapping) and isinstance(found, Mapping):
        keys = [key for key in {**was, **found} if was.get(key) != found.get(key)]
        told = [f"{key} was {_short(was.get(key))}, is {_short(found.get(key))}" for key in keys]
        return f"{name}: {', '.join(told)}"
    return f"{name} was {_short(was)}, is {_short(found)}"


def _short(value: Any) -> str:
    if isinstance(value, Mapping) and {"version", "digest"} <= value.keys():
        return f"{spoken(value['version'])} ({value['digest'][:19]})"
    if isinstance(value, Mapping):
        told = [f"{key} {_short(part)}" for key, part in value.items()]
        return " ".join(told)[:160] or "nothing"
    if isinstance(value, list):
        return " ".join(_short(part) for part in value)[:160] or "nothing"
    text = "nothing" if value is None else str(value)
    return text[:19] if text.startswith("sha256:") else text[:12] if _is_commit(text) else text


def _is_commit(text: str) -> bool:
    return len(text) == 40 and all(each in "0123456789abcdef" for each in text)


def _load(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise _bad(path, "is no JSON") from None
    if not isinstance(found, dict) or "format" not in found:
        raise _bad(path, "is no plan")
    return found


def _bad(path: Path, what: str) -> PlanFileError:
    return PlanFileError(f"{path} {what}. Make a plan and keep it: --plan --json > {path.name}")


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

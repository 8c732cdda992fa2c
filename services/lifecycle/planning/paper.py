"""A plan as a file: one JSON object, and a hash over all of it that notices what was edited."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_origin

from services.lifecycle.errors import AskedWronglyError, RefusedError
from services.lifecycle.releasing.releases import spoken

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Kind = TypeVar("Kind", bound=DataclassInstance)
else:
    Kind = TypeVar("Kind")

FORMAT = 1
# By which command a plan of each kind is made and carried out.
TYPED = {
    "promote": "promote --to ENV",
    "rollback": "rollback ENV",
    "judge": "judge",
    "approve": "approve VERSION --to ENV",
    "hold": "hold VERSION",
    "repair": "repair ENV",
}


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


def sealed(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a plan says as its file holds it, with format and hash."""
    written = {"format": FORMAT, **body}
    return {**written, "hash": hashed(written)}


def read(kind: type[Kind], path: Path, commands: Sequence[str]) -> Kind:
    """Read a plan of one kind from a file.

    Raises:
        PlanFileError: it is none, of another format or command, or was edited.
    """
    facts = _load(path)
    body = {name: value for name, value in facts.items() if name != "hash"}
    if body.get("format") != FORMAT:
        raise _bad(path, f"is a plan of format {body.get('format')!r}, and {FORMAT} is read")
    if facts.get("hash") != hashed(body):
        raise _bad(path, "was edited since it was written, or is cut off")
    _require_command(path, body.get("command"), commands)
    held = {each.name: (get_origin(each.type) or each.type) for each in fields(kind)}
    if wrong := [name for name, found in held.items() if type(body.get(name)) is not found]:
        raise _bad(path, f"says nothing that can be read of {', '.join(wrong)}")
    return kind(**{name: body[name] for name in held})


def _require_command(path: Path, command: object, commands: Sequence[str]) -> None:
    if command in commands:
        return
    if isinstance(command, str) and command in TYPED:
        raise PlanFileError(
            f"{path} is a plan to {command}. Carry it out by that command: "
            f"invoke {TYPED[command]} --apply {path.name}"
        )
    raise _bad(path, f"is a plan to {command!r}, which is no command")


def differences(was: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Say what differs between two views of the world, part by part."""
    return [_difference(name, was[name], found[name]) for name in was if was[name] != found[name]]


def _difference(name: str, was: Any, found: Any) -> str:
    if name == "content":
        return "what would be committed is not what the plan shows"
    if isinstance(was, Mapping) and isinstance(found, Mapping):
        keys = [key for key in {**was, **found} if was.get(key) != found.get(key)]
        told = [f"{key} was {short(was.get(key))}, is {short(found.get(key))}" for key in keys]
        return f"{name}: {', '.join(told)}"
    return f"{name} was {short(was)}, is {short(found)}"


def short(value: Any) -> str:
    """Write a part of the world for a sentence."""
    if isinstance(value, Mapping) and {"version", "digest"} <= value.keys():
        return f"{spoken(value['version'])} ({value['digest'][:19]})"
    if isinstance(value, Mapping):
        told = [f"{key} {short(part)}" for key, part in value.items()]
        return " ".join(told)[:160] or "nothing"
    if isinstance(value, list):
        return " ".join(short(part) for part in value)[:160] or "nothing"
    text = "nothing" if value in (None, "") else str(value)
    return text[:19] if text.startswith("sha256:") else text[:12] if _is_commit(text) else text


def hashed(value: Any) -> str:
    """Return the hash of a plain value, however its keys are ordered."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


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

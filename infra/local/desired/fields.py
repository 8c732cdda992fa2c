"""Which kinds and fields the local site reads, and the refusal of all others (fields.yaml)."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infra.local.desired import quantities
from infra.local.errors import ManifestError, did_you_mean

TABLE = Path(__file__).with_name("fields.yaml")
NOTHING = "nothing"
MUST = "!"
LEAVES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "whole": (int,),
    "number": (int, float),
    "flag": (bool,),
    "quantity": (str, int, float),
    "port": (int, str),
}


@cache
def table() -> dict[str, Any]:
    """Read the table, once."""
    loaded: dict[str, Any] = yaml.load(TABLE.read_text(), yaml.CSafeLoader)
    return loaded


def means_nothing(kind: str) -> str | None:
    """Return why a kind means nothing here, or None when it means something."""
    reason: str | None = table()["nothing"].get(kind)
    return reason


def check(data: dict[str, Any], file: str) -> None:
    """Refuse an object with a kind, a field or a type of value that is not read here.

    Raises:
        ManifestError: with the file, the path of the field, and what is near to it.
    """
    kind = f"{data.get('apiVersion')}/{data.get('kind')}"
    if means_nothing(kind):
        return
    known = table()["kinds"]
    if kind not in known:
        close = did_you_mean(kind, [*known, *table()["nothing"]])
        raise ManifestError(file, "kind", f"{kind} is not done by the local site{close}")
    body = {name: value for name, value in data.items() if name not in ("apiVersion", "kind")}
    _check(body, known[kind], "", file)


def _check(value: Any, shape: Any, path: str, file: str) -> None:
    if shape in (NOTHING, "any") or value is None:
        return
    if isinstance(shape, dict):
        _check_mapping(value, shape, path, file)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise ManifestError(file, path, f"must be a list, and is {_named(value)}")
        for index, item in enumerate(value):
            _check(item, shape[0], f"{path}[{index}]", file)
    elif shape == "texts":
        _check_texts(value, path, file)
    else:
        _check_leaf(value, shape, path, file)


def _check_mapping(value: Any, shape: dict[str, Any], path: str, file: str) -> None:
    if not isinstance(value, dict):
        raise ManifestError(file, path, f"must be a mapping, and is {_named(value)}")
    known = {name.rstrip(MUST): below for name, below in shape.items()}
    for name, item in value.items():
        where = f"{path}.{name}" if path else str(name)
        if name not in known:
            hint = did_you_mean(str(name), known)
            raise ManifestError(file, where, f"is not done by the local site{hint}")
        _check(item, known[name], where, file)
    for name in shape:
        if name.endswith(MUST) and value.get(name.rstrip(MUST)) is None:
            where = f"{path}.{name.rstrip(MUST)}" if path else name.rstrip(MUST)
            raise ManifestError(file, where, "is missing")


def _check_texts(value: Any, path: str, file: str) -> None:
    if not isinstance(value, dict):
        raise ManifestError(file, path, f"must be a mapping, and is {_named(value)}")
    for name, item in value.items():
        if not isinstance(item, str):
            why = f"must be text, and is {_named(item)}: put it in quotes"
            raise ManifestError(file, f"{path}.{name}", why)


def _check_leaf(value: Any, shape: str, path: str, file: str) -> None:
    accepted = LEAVES[shape]
    if not isinstance(value, accepted) or (isinstance(value, bool) and shape != "flag"):
        hint = (
            ": put it in quotes" if shape == "text" and not isinstance(value, dict | list) else ""
        )
        raise ManifestError(file, path, f"must be a {shape}, and is {_named(value)}{hint}")
    if shape == "quantity":
        try:
            quantities.parse(str(value))
        except ValueError as error:
            raise ManifestError(file, path, str(error)) from error


def _named(value: Any) -> str:
    return (
        f"the {type(value).__name__} {value!r}"
        if not isinstance(value, dict | list)
        else ("a mapping" if isinstance(value, dict) else "a list")
    )


def support() -> Iterator[tuple[str, str, str]]:
    """Yield (kind, field, what is done with it) for all that is accepted."""
    for kind, shape in table()["kinds"].items():
        for path, leaf in _leaves(shape, ""):
            yield kind, path, "no meaning here" if leaf == NOTHING else "done"
    for kind, reason in table()["nothing"].items():
        yield kind, "*", f"no meaning here: {reason}"


def _leaves(shape: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(shape, dict):
        for name, below in shape.items():
            bare = name.rstrip(MUST)
            yield from _leaves(below, f"{path}.{bare}" if path else bare)
    elif isinstance(shape, list):
        yield from _leaves(shape[0], f"{path}[]")
    else:
        yield path, shape


if __name__ == "__main__":
    for of_kind, of_field, what in support():
        print(f"{of_kind:<50} {of_field:<70} {what}")

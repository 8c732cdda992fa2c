"""Read a site's file, and say every mistake in it at once, each with its line."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from infra.errors import NoSiteError, SiteFileError, UnknownSiteError
from infra.sites import fields, rules
from infra.sites.shape import Free, Keys, Many, Plain, Shape
from infra.sites.site import Needs, Network, Node, Registry, Site, Ssh, User

HERE = Path(__file__).parent
Mistake = tuple[int, str]


def known() -> tuple[str, ...]:
    """Return the names of the sites that have a file here."""
    return tuple(sorted(file.stem for file in HERE.glob("*.yaml")))


def load(name: str, relative_to: Path = Path()) -> Site:
    """Read a site by its name, or by the path of its file.

    Raises:
        NoSiteError: the name is empty.
        UnknownSiteError: there is neither.
        SiteFileError: the file has mistakes.
    """
    if not name:
        raise NoSiteError(known())
    if name in known():
        return read(HERE / f"{name}.yaml")
    file = relative_to / name
    if name.endswith((".yaml", ".yml")) and file.is_file():
        return read(file)
    raise UnknownSiteError(name, known())


def read(file: Path) -> Site:
    """Read a site's file.

    Raises:
        SiteFileError: it has mistakes.
    """
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SiteFileError(str(file), [(line, f"not YAML: {error.problem}")]) from error
    lines: dict[str, int] = {}
    if root is None:
        raise SiteFileError(str(file), [(1, "it is empty; it needs at least name and kind")])
    mistakes = list(_walk(root, fields.SITE, "", lines))
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    if isinstance(data, dict):
        for path, sentence in rules.mistakes(data, file.stem):
            mistakes.append((_line(lines, path), f"{path}: {sentence}"))
    if mistakes:
        raise SiteFileError(str(file), mistakes)
    return _site(data, file)


def _walk(node: yaml.Node, shape: Shape, path: str, lines: dict[str, int]) -> Iterator[Mistake]:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(shape, Plain):
        yield from _plain(node, shape, path, line)
    elif isinstance(shape, Many):
        if not isinstance(node, yaml.SequenceNode):
            yield line, f"{path}: it is a list"
            return
        for index, item in enumerate(node.value):
            yield from _walk(item, shape.item, f"{path}[{index}]", lines)
    elif not isinstance(node, yaml.MappingNode):
        yield line, f"{path or 'the file'}: it is a mapping of keys to values"
    elif isinstance(shape, Free):
        yield from _free(node, shape, path)
    else:
        yield from _keys(node, shape, path, lines)


def _plain(node: yaml.Node, shape: Plain, path: str, line: int) -> Iterator[Mistake]:
    if not isinstance(node, yaml.ScalarNode):
        yield line, f"{path}: it is one value"
        return
    loader = yaml.SafeLoader("")
    try:
        value = loader.construct_object(node)
    finally:
        loader.dispose()
    if problem := shape.judge(value):
        yield line, f"{path}: {problem}"


def _free(node: yaml.MappingNode, shape: Free, path: str) -> Iterator[Mistake]:
    for key, _value in node.value:
        if problem := shape.judge(str(key.value)):
            yield key.start_mark.line + 1, f"{path}.{key.value}: {problem}"


def _keys(
    node: yaml.MappingNode, shape: Keys, path: str, lines: dict[str, int]
) -> Iterator[Mistake]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        inner = f"{path}.{name}" if path else name
        lines[inner] = line
        if name in seen:
            yield line, f"{inner}: it stands on line {seen[name]} already"
        seen[name] = line
        if name in shape.keys:
            yield from _walk(value, shape.keys[name], inner, lines)
            continue
        close = get_close_matches(name, shape.keys, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(shape.keys)}"
        yield line, f"{inner}: no such key; {hint}"
    for name, wanted in shape.keys.items():
        if wanted.required and name not in seen:
            inner = f"{path}.{name}" if path else name
            yield node.start_mark.line + 1, f"{inner}: it is missing"


def _line(lines: dict[str, int], path: str) -> int:
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)


def _site(data: dict[str, Any], file: Path) -> Site:
    frozen = {key: _tuples(value) for key, value in data.items()}
    return Site(
        name=data["name"],
        kind=data["kind"],
        about=data.get("about", ""),
        ssh=Ssh(**frozen.get("ssh", {})),
        nodes=tuple(Node(**node) for node in frozen.get("nodes", ())),
        users=tuple(User(**user) for user in frozen.get("users", ())),
        network=Network(**frozen.get("network", {})),
        needs=Needs(**frozen.get("needs", {})),
        registry=Registry(**frozen.get("registry", {})),
        openstack=data.get("openstack"),
        server=data.get("server"),
        file=file,
    )


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value

"""Files of YAML or JSON documents, read as Kubernetes and Argo read them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from workflows.runner.language import scalars
from workflows.runner.language.errors import ManifestError
from workflows.runner.language.go import gotext

Path: TypeAlias = tuple[str | int, ...]

_SEPARATOR = re.compile(r"\n---")
# JSON writes a character beyond 16 bits as two escapes, which YAML does not know.
_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)
_PLAIN = "plain"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's parser alone: what a scalar means is decided in `scalars`."""

    def resolve(self, kind: type, value: object, implicit: Any) -> str:
        """Mark scalars that have neither quotes nor a tag."""
        if kind is yaml.ScalarNode and implicit[0]:
            return _PLAIN
        return str(yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG)


@dataclass(frozen=True)
class Document:
    """One object of a file.

    Attributes:
        data: The object, with text where Go would have text.
        file: What to call its file in messages.
        index: Which document of the file it is, from 0.
    """

    data: dict[str, Any]
    file: str
    index: int
    lines: dict[Path, int] = field(repr=False, compare=False, default_factory=dict)

    def line(self, path: Path) -> int:
        """Give the line of the key or item at a path, or of what is nearest above."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return line
        return 1


def read(text: str, file: str) -> list[Document]:
    """Read every object of a file.

    Raises:
        ManifestError: it is not YAML or JSON, or a key is there twice.
    """
    documents: list[Document] = []
    for part, first_line in _parts(text):
        data, lines = _Reader(file, first_line).read(part)
        if data is None:
            continue
        if not isinstance(data, dict):
            raise ManifestError(file, lines.get((), first_line), "this document is not an object")
        documents.append(Document(data, file, len(documents), lines))
    return documents


def any_string(value: object) -> str | None:
    """Give the text that a value becomes in a parameter; None when it is absent.

    Numbers pass through a float, as in Argo; a list or map becomes empty text.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return gotext.format_float(float(value))
    return ""


def _parts(text: str) -> Iterator[tuple[str, int]]:
    if text.lstrip().startswith("{"):
        yield _PAIR.sub(_character, text), 1
        return
    line = 1
    for part in _SEPARATOR.split(text):
        yield part, line
        line += part.count("\n") + 1


def _character(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return pair[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


class _Reader:
    """Turns the nodes of one document into plain values, remembering lines."""

    def __init__(self, file: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.lines: dict[Path, int] = {}

    def read(self, text: str) -> tuple[Any, dict[Path, int]]:
        """Read the first document of a text."""
        loader = None
        try:
            loader = _Loader(text)
            if not loader.check_node():
                return None, self.lines
            node = loader.get_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line if mark else 0
            raise self._error(line, f"yaml: {error.problem or error}") from error
        except (yaml.YAMLError, UnicodeError) as error:
            raise self._error(0, f"yaml: {' '.join(str(error).split())}") from error
        finally:
            if loader is not None:
                loader.dispose()
        self.lines[()] = self._line(node)
        return self._value(node, ()), self.lines

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, path)
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> scalars.Scalar:
        if node.tag == "tag:yaml.org,2002:str":
            return str(node.value)
        try:
            if node.tag == _PLAIN:
                return scalars.plain(node.value)
            return scalars.tagged(node.tag, node.value)
        except ValueError as error:
            raise self._error(node.start_mark.line, str(error)) from error

    def _sequence(self, node: yaml.SequenceNode, path: Path) -> list[Any]:
        items = []
        for index, item in enumerate(node.value):
            self.lines[(*path, index)] = self._line(item)
            items.append(self._value(item, (*path, index)))
        return items

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _PLAIN and key_node.value == "<<":
                more = self._merged(value_node, path)
                self._refuse_twice(
                    next((k for k in more if k in own or k in merged), None), key_node
                )
                merged |= more
                continue
            key = self._key(key_node)
            # Go's strict reader does not let a key take the place of a merged one either.
            self._refuse_twice(key if key in own or key in merged else None, key_node)
            self.lines[(*path, key)] = self._line(key_node)
            own[key] = self._value(value_node, (*path, key))
        return {**merged, **own}

    def _refuse_twice(self, key: str | None, node: yaml.Node) -> None:
        if key is not None:
            raise self._error(
                node.start_mark.line, f'key "{key}" already set in map: remove one of the two'
            )

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            maps = [self._merged(item, path) for item in node.value]
            keys = [key for one in maps for key in one]
            self._refuse_twice(next((k for k in keys if keys.count(k) > 1), None), node)
            return {k: v for one in maps for k, v in one.items()}
        raise self._error(node.start_mark.line, "yaml: map merge requires map or sequence of maps")

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node.start_mark.line, "yaml: a key cannot be a map")
        key = self._scalar(node)
        if isinstance(key, str):
            return key
        if key is None:
            raise self._error(node.start_mark.line, "unsupported map key: null")
        if isinstance(key, bool):
            return "true" if key else "false"
        return gotext.format_float(key, "g") if isinstance(key, float) else str(key)

    def _line(self, node: yaml.Node) -> int:
        return int(node.start_mark.line) + self.first_line

    def _error(self, line: int, problem: str) -> ManifestError:
        return ManifestError(self.file, line + self.first_line, problem)

"""Tags in the JSON text of a template: `{{name}}` and `{{=expression}}`."""

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from workflows.runner.language.errors import (
    ExpressionError,
    TagError,
    UnresolvedError,
)
from workflows.runner.language.go import gotext


class _Absent(Enum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
"""The output of a skipped or omitted producer that declares no default."""

# What an expression may name before it is known: it then stays text until a later pass.
_LATE = frozenset({
    "item", "retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration",
    "lastRetry.message", "workflow.status", "workflow.failures",
})  # fmt: skip
_ESCAPED_BY_MARSHAL = {"\\u003c": "<", "\\u003e": ">", "\\u0026": "&"}
_PLACEHOLDER = "__argo__internal__placeholder-"
_STEPS = re.compile(r"(steps|tasks)(\.|$)")

Strict = Callable[[str], bool]


def everything(_name: str) -> bool:
    """Demand that every tag has a value, as when a loop is expanded."""
    return True


def earlier_nodes(name: str) -> bool:
    """Demand that what steps and tasks left behind has a value."""
    return _STEPS.match(name) is not None


def fill(text: str, scope: Mapping[str, Any], *, strict: Strict | None = None) -> str:
    """Fill in the tags of JSON text.

    Args:
        text: JSON, such as a whole template.
        scope: The value of each flat name such as `inputs.parameters.x`; ABSENT marks
            the output of a skipped producer.
        strict: Which names must have a value. Others stay as text.

    Raises:
        UnresolvedError: a name that must have a value has none.
        TagError: a tag cannot be filled in, or the result is not JSON any more.
    """
    if not gotext.is_json(text):
        raise TagError("cannot do template replacements with invalid JSON")
    if "{{" not in text:
        return text
    filled = _Filling(scope, strict).run(text)
    if not gotext.is_json(filled):
        raise TagError("cannot finish template replacement because the result was invalid JSON")
    return filled


def fill_plain(text: str, scope: Mapping[str, Any], *, strict: Strict | None = None) -> str:
    """Fill in the tags of plain text, such as one value."""
    value = json.loads(fill(json.dumps(text, ensure_ascii=False), scope, strict=strict))
    return str(value)


def names(text: str) -> list[str]:
    """List the simple tags of a text, trimmed, in order; expressions are left out.

    Raises:
        TagError: a tag is not closed.
    """
    return [tag.strip() for literal, tag in split(text) if tag is not None and tag[:1] != "="]


def expressions(text: str) -> list[str]:
    """List the sources of the `{{=...}}` tags of a text."""
    return [tag[1:] for _, tag in split(text) if tag is not None and tag[:1] == "="]


def split(text: str) -> list[tuple[str, str | None]]:
    """Split a text into pairs of literal text and the tag after it; the last has none.

    Raises:
        TagError: a tag is not closed.
    """
    pieces: list[tuple[str, str | None]] = []
    position = 0
    while (start := text.find("{{", position)) >= 0:
        end = text.find("}}", start + 2)
        if end < 0:
            raise TagError(
                f'Cannot find end tag="}}}}" in the template={gotext.quote(text)} '
                f"starting from {gotext.quote(text[start + 2 :])}"
            )
        pieces.append((text[position:start], text[start + 2 : end]))
        position = end + 2
    pieces.append((text[position:], None))
    return pieces


class _Filling:
    """One pass over one text."""

    def __init__(self, scope: Mapping[str, Any], strict: Strict | None) -> None:
        self.scope = scope
        self.strict = strict
        self._environment: dict[str, Any] | None = None

    @property
    def environment(self) -> dict[str, Any]:
        """The nested maps that expressions see, made when the first one asks."""
        if self._environment is None:
            from workflows.runner.language import expr

            flat = {k: None if v is ABSENT else v for k, v in self.scope.items()}
            self._environment = expr.environment(flat)
        return self._environment

    def run(self, text: str) -> str:
        out: list[str] = []
        for literal, tag in split(text):
            out.append(literal)
            if tag is not None:
                out.append(self._expression(tag[1:]) if tag[:1] == "=" else self._simple(tag))
        return "".join(out)

    def _simple(self, tag: str) -> str:
        name = tag.strip()
        if name in self.scope:
            return self._value(tag, self.scope[name])
        outer, braces, inner = tag.rpartition("{{")
        if outer and braces and inner in self.scope:
            value = self.scope[inner]
            if value is ABSENT or value is None:
                raise TagError(
                    f"unable to substitute nested tag {{{{{tag}}}}}: "
                    f"{gotext.quote(inner)} is an absent optional"
                )
            if isinstance(value, str):
                return "{{" + outer + gotext.quote(value)[1:-1]
        if self._must_resolve(name):
            raise UnresolvedError(f"failed to resolve {{{{{tag}}}}}")
        return "{{" + tag + "}}"

    def _must_resolve(self, name: str) -> bool:
        if self.strict is None or not self.strict(name):
            return False
        # Artifacts are resolved later, and may be optional.
        return self.strict is everything or ".outputs.artifacts." not in name

    def _value(self, tag: str, value: object) -> str:
        if value is ABSENT or value is None:
            raise TagError(
                f"unable to substitute {{{{{tag}}}}}: output is an absent optional "
                "(skipped/omitted node with no default)"
            )
        if not isinstance(value, str):
            raise TagError(f"failed to resolve {{{{{tag}}}}} to string")
        return gotext.quote(value)[1:-1]

    def _expression(self, written: str) -> str:
        # Most workflows have no expressions, and need not wait for their language.
        from workflows.runner.language import expr

        for escaped, character in _ESCAPED_BY_MARSHAL.items():
            written = written.replace(escaped, character)
        untouched = "{{=" + written + "}}"
        source = _unescaped(written)
        if source is None:
            raise TagError("failed to unmarshall JSON expression: it is cut in two")
        missing, lenient = self._missing(source)
        if self.strict is not None:
            for name in missing:
                if self.strict(name):
                    raise UnresolvedError(f"failed to evaluate expression: {name} is missing")
        if lenient and not _LATE.isdisjoint(missing):
            return untouched
        tolerant = lenient or _holds_placeholder(self.environment)
        try:
            value = expr.evaluate(source, self.environment)
        except ExpressionError as error:
            if tolerant:
                return untouched
            raise TagError(f"failed to evaluate expression: {error}") from error
        if value is None:
            if tolerant:
                return untouched
            raise TagError(f"failed to evaluate expression {gotext.quote(source)}")
        return _written(value, untouched if lenient else None)

    def _missing(self, source: str) -> tuple[list[str], bool]:
        """List the names that have no value, and tell whether the tag may stay."""
        from workflows.runner.language import expr

        try:
            needed = expr.identifiers(source)
        except ExpressionError:
            # What cannot be parsed will not get better in a later pass.
            return [], False
        missing = [name for name in needed if not expr.has(self.environment, name)]
        return missing, self.strict is None or bool(missing)


def _written(value: Any, untouched: str | None) -> str:
    try:
        text = gotext.format_json(value)
    except ValueError as error:
        if untouched is not None:
            return untouched
        raise TagError(f"failed to marshal evaluated expression: {error}") from error
    if len(text) > 1 and text[0] == '"' and text[-1] == '"':
        return text[1:-1]
    return gotext.quote(text)[1:-1]


def _unescaped(written: str) -> str | None:
    try:
        return str(json.loads(f'"{written}"'))
    except ValueError:
        return None


def _holds_placeholder(value: object) -> bool:
    if isinstance(value, str):
        return value.startswith(_PLACEHOLDER)
    if isinstance(value, dict):
        return any(map(_holds_placeholder, value.values()))
    return False

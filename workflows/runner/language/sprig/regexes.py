"""Sprig's functions on regular expressions."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from workflows.runner.language.errors import ExpressionError
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import NilList
from workflows.runner.language.go import goregex
from workflows.runner.language.go.gotext import quote

_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


def _compiled(regex: str) -> re.Pattern[str]:
    try:
        return goregex.compile(regex).compiled
    except ExpressionError as error:
        raise FaultError(f"regexp: Compile({_shown(regex)}): {error}") from error


def _shown(regex: str) -> str:
    return f"`{regex}`" if "`" not in regex else quote(regex)


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Give all matches as Go does: an empty one right after another does not count."""
    position, previous = 0, -1
    while position <= len(text) and (match := pattern.search(text, position)):
        accepted = True
        if match.end() == position:
            accepted = match.start() != previous
            position += 1
        else:
            position = match.end()
        previous = match.end()
        if accepted:
            yield match


def _limited(matches: Iterator[re.Match[str]], n: int) -> list[re.Match[str]]:
    found = list(matches)
    return found if n < 0 else found[:n]


def _match(regex: str, s: str) -> bool:
    try:
        return goregex.compile(regex).found_in(s)
    except ExpressionError:
        return False


def _must_match(regex: str, s: str) -> bool:
    return _compiled(regex).search(s) is not None


def _find(regex: str, s: str) -> str:
    match = _compiled(regex).search(s)
    return match.group() if match else ""


def _find_all(regex: str, s: str, n: int) -> Any:
    found = [match.group() for match in _limited(_matches(_compiled(regex), s), n)]
    return found or NilList()


def _replaced(regex: str, s: str, replacement: Callable[[re.Match[str]], str]) -> str:
    out: list[str] = []
    last = 0
    for match in _matches(_compiled(regex), s):
        out += [s[last : match.start()], replacement(match)]
        last = match.end()
    return "".join(out) + s[last:]


def _replace_all(regex: str, s: str, repl: str) -> str:
    def expanded(match: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda reference: _group(match, reference), repl)

    return _replaced(regex, s, expanded)


def _group(match: re.Match[str], reference: re.Match[str]) -> str:
    name = reference[1] or reference[2]
    if name is None:
        return "$"
    if name.isdecimal():
        return (match[int(name)] or "") if int(name) <= match.re.groups else ""
    return (match[name] or "") if name in match.re.groupindex else ""


def _replace_all_literal(regex: str, s: str, repl: str) -> str:
    return _replaced(regex, s, lambda _match: repl)


def _split(regex: str, s: str, n: int) -> Any:
    pattern = _compiled(regex)
    if n == 0:
        return NilList()
    if regex and not s:
        return [""]
    parts: list[str] = []
    begin = end = 0
    for match in _limited(_matches(pattern, s), n):
        if 0 < n == len(parts) + 1:
            break
        end = match.start()
        if match.end() != 0:
            parts.append(s[begin:end])
        begin = match.end()
    return [*parts, s[begin:]] if end != len(s) else parts


def _quote_meta(s: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", s)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "regexMatch": _match, "mustRegexMatch": _must_match, "regexQuoteMeta": _quote_meta,
    "regexFind": _find, "mustRegexFind": _find,
    "regexFindAll": _find_all, "mustRegexFindAll": _find_all,
    "regexReplaceAll": _replace_all, "mustRegexReplaceAll": _replace_all,
    "regexReplaceAllLiteral": _replace_all_literal,
    "mustRegexReplaceAllLiteral": _replace_all_literal,
    "regexSplit": _split, "mustRegexSplit": _split,
}  # fmt: skip

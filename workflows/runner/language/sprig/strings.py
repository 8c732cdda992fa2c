"""Sprig's functions on texts."""

import secrets
import string
from collections.abc import Callable
from typing import Any

from workflows.runner.language.exprlang import texts
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.go import gofmt, gotext
from workflows.runner.language.sprig import casts
from workflows.runner.language.sprig.words import camel, joined_words


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _hello() -> str:
    return "Hello!"


def _abbrev(width: int, s: str) -> str:
    return s if width < 4 else _text(_abbreviated(_bytes(s), 0, width))


def _abbrevboth(left: int, right: int, s: str) -> str:
    if right < 4 or (left > 0 and right < 7):
        return s
    return _text(_abbreviated(_bytes(s), left, right))


def _abbreviated(data: bytes, offset: int, width: int) -> bytes:
    if len(data) <= width:
        return data
    offset = min(offset, len(data))
    if len(data) - offset < width - 3:
        offset = len(data) - (width - 3)
    if offset <= 4:
        return data[: width - 3] + b"..."
    if offset + width - 3 < len(data):
        rest = data[offset:]
        inner = _abbreviated(rest, 0, width - 3) if width - 3 >= 4 else b""
        return b"..." + inner
    return b"..." + data[len(data) - (width - 3) :]


def _trunc(c: int, s: str) -> str:
    data = _bytes(s)
    if c < 0 < len(data) + c:
        return _text(data[len(data) + c :])
    return _text(data[:c]) if 0 <= c < len(data) else s


def _substr(start: int, end: int, s: str) -> str:
    data = _bytes(s)
    if start < 0:
        low, high = 0, end
    elif end < 0 or end > len(data):
        low, high = start, len(data)
    else:
        low, high = start, end
    if not 0 <= low <= high <= len(data):
        raise FaultError(f"runtime error: slice bounds out of range [{low}:{high}]")
    return _text(data[low:high])


def _trim(s: str) -> str:
    return texts.trim_space(s)


def _upper(s: str) -> str:
    return texts.upper(s)


def _lower(s: str) -> str:
    return texts.lower(s)


def _title(s: str) -> str:
    previous, out = " ", []
    for character in s:
        separates = not (previous.isalnum() or previous == "_") and (
            previous.isascii() or previous.isspace()
        )
        out.append(texts.upper(character) if separates else character)
        previous = character
    return "".join(out)


def _untitle(str: str) -> str:
    previous, out = " ", []
    for character in str:
        out.append(texts.lower(character) if previous.isspace() else character)
        previous = character
    return "".join(out)


def _repeat(count: int, str: str) -> str:
    if count < 0:
        raise FaultError("strings: negative Repeat count")
    if count * len(str) > 10_000_000:
        raise FaultError("memory budget exceeded")
    return str * count


def _trim_all(a: str, b: str) -> str:
    return texts.trim(b, a)


def _trim_suffix(a: str, b: str) -> str:
    return b.removesuffix(a)


def _trim_prefix(a: str, b: str) -> str:
    return b.removeprefix(a)


def _nospace(s: str) -> str:
    words = texts.fields(s)
    # The library walks over bytes once there is anything to remove.
    return s if words == [s] else "".join(_bytes_as_characters(word) for word in words)


def _bytes_as_characters(text: str) -> str:
    return _bytes(text).decode("latin-1")


def _initials(s: str) -> str:
    return "".join(_bytes_as_characters(word)[0] for word in texts.fields(s))


def _random(alphabet: str) -> Callable[[int], str]:
    def random(count: int) -> str:
        return "".join(secrets.choice(alphabet) for _ in range(max(count, 0)))

    return random


def _swapcase(s: str) -> str:
    return "".join(
        texts.lower(c) if c.isupper() or c.istitle() else texts.upper(c) if c.islower() else c
        for c in s
    )


def _shuffle(s: str) -> str:
    characters = list(s)
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _snakecase(s: str) -> str:
    return joined_words(s, "_")


def _kebabcase(s: str) -> str:
    return joined_words(s, "-")


def _camelcase(s: str) -> str:
    return camel(s)


def _wrap(l: int, s: str) -> str:  # noqa: E741 (sprig's own name)
    return _wrapped(s, l, "\n", cut=False)


def _wrap_with(l: int, sep: str, str: str) -> str:  # noqa: E741 (sprig's own name)
    return _wrapped(str, l, sep or "\n", cut=True)


def _wrapped(text: str, width: int, separator: str, *, cut: bool) -> str:
    """Break lines at blanks; a longer word is cut only if asked for."""
    data, out, offset, width = _bytes(text), [], 0, max(width, 1)
    while len(data) - offset > width:
        if data[offset : offset + 1] == b" ":
            offset += 1
            continue
        blank = data.rfind(b" ", offset, offset + width + 1)
        if blank < 0 and not cut:
            blank = data.find(b" ", offset + width)
        end = blank if blank >= 0 else offset + width
        if blank < 0 and not cut:
            break
        out.append(data[offset:end] + _bytes(separator))
        offset = blank + 1 if blank >= 0 else end
    return _text(b"".join(out) + data[offset:])


def _contains(substr: str, str: str) -> bool:
    return substr in str


def _has_prefix(substr: str, str: str) -> bool:
    return str.startswith(substr)


def _has_suffix(substr: str, str: str) -> bool:
    return str.endswith(substr)


def _quote(*str: Any) -> str:
    return " ".join(gotext.quote(casts.text(s)) for s in str if s is not None)


def _squote(*str: Any) -> str:
    return " ".join(f"'{gofmt.sprint(s)}'" for s in str if s is not None)


def _cat(*v: Any) -> str:
    return " ".join(gofmt.sprint(value) for value in v if value is not None)


def _indent(spaces: int, v: str) -> str:
    if spaces < 0:
        raise FaultError("strings: negative Repeat count")
    pad = " " * spaces
    return pad + v.replace("\n", "\n" + pad)


def _nindent(spaces: int, v: str) -> str:
    return "\n" + _indent(spaces, v)


def _replace(old: str, new: str, src: str) -> str:
    return src.replace(old, new)


def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def _to_string(v: Any) -> str:
    return casts.text(v)


def _to_strings(v: Any) -> list[Any]:
    return list(casts.texts(v))


def _join(sep: str, v: Any) -> str:
    return sep.join(casts.texts(v))


def _split(sep: str, orig: str) -> dict[str, Any]:
    return {f"_{index}": part for index, part in enumerate(texts.split(orig, sep))}


def _splitn(sep: str, n: int, orig: str) -> dict[str, Any]:
    return {f"_{index}": part for index, part in enumerate(texts.split(orig, sep, n))}


def _split_list(sep: str, orig: str) -> list[Any]:
    return list(texts.split(orig, sep))


def _sort_alpha(list: Any) -> Any:
    return sorted(["<nil>"] if list is None else casts.texts(list), key=_bytes)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "hello": _hello, "abbrev": _abbrev, "abbrevboth": _abbrevboth, "trunc": _trunc,
    "substr": _substr, "trim": _trim, "upper": _upper, "lower": _lower, "title": _title,
    "untitle": _untitle, "repeat": _repeat, "trimall": _trim_all, "trimAll": _trim_all,
    "trimSuffix": _trim_suffix, "trimPrefix": _trim_prefix, "nospace": _nospace,
    "initials": _initials, "swapcase": _swapcase, "shuffle": _shuffle,
    "randAlphaNum": _random(string.ascii_letters + string.digits),
    "randAlpha": _random(string.ascii_letters), "randNumeric": _random(string.digits),
    "randAscii": _random("".join(map(chr, range(32, 127)))),
    "snakecase": _snakecase, "kebabcase": _kebabcase, "camelcase": _camelcase,
    "wrap": _wrap, "wrapWith": _wrap_with, "contains": _contains,
    "hasPrefix": _has_prefix, "hasSuffix": _has_suffix, "quote": _quote,
    "squote": _squote, "cat": _cat, "indent": _indent, "nindent": _nindent,
    "replace": _replace, "plural": _plural, "toString": _to_string,
    "toStrings": _to_strings, "join": _join, "split": _split, "splitn": _splitn,
    "splitList": _split_list, "sortAlpha": _sort_alpha,
}  # fmt: skip

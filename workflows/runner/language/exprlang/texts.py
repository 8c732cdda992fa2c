"""Go's text functions, where Python's differ."""

from collections.abc import Callable

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def trim_space(text: str) -> str:
    """Remove white space at both ends: what Unicode calls so, nothing else."""
    return text.strip(_SPACE)


def fields(text: str) -> list[str]:
    """Split around runs of white space."""
    for character in _SPACE[1:]:
        if character in text:
            text = text.replace(character, "\t")
    return [part for part in text.split("\t") if part]


def trim(text: str, characters: str) -> str:
    """Remove these characters at both ends."""
    return text.strip(characters) if characters else text


def upper(text: str) -> str:
    """Change to upper case, character by character."""
    return text.upper() if text.isascii() else _each(text, str.upper)


def lower(text: str) -> str:
    """Change to lower case, character by character."""
    return text.lower() if text.isascii() else _each(text, str.lower)


def _each(text: str, change: Callable[[str], str]) -> str:
    changed = (change(character) for character in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, changed, strict=True))


def split(text: str, separator: str, count: int = -1) -> list[str]:
    """Split as strings.SplitN: no separator splits characters, count 0 gives nothing."""
    if count == 0:
        return []
    if separator == "":
        parts = list(text)
        if 0 < count < len(parts):
            return [*parts[: count - 1], "".join(parts[count - 1 :])]
        return parts
    return text.split(separator, count - 1 if count > 0 else -1)


def split_after(text: str, separator: str, count: int = -1) -> list[str]:
    """Split and leave the separator on each part but the last."""
    parts = split(text, separator, count)
    return [part + separator for part in parts[:-1]] + parts[-1:]


def replace(text: str, old: str, new: str, count: int = -1) -> str:
    """Replace the first occurrences, or all."""
    return text.replace(old, new, count)


def index(text: str, part: str) -> int:
    """Find a part and give its place in bytes, or -1."""
    return text.encode("utf-8", "surrogateescape").find(part.encode("utf-8", "surrogateescape"))


def last_index(text: str, part: str) -> int:
    """Find the last such part and give its place in bytes, or -1."""
    return text.encode("utf-8", "surrogateescape").rfind(part.encode("utf-8", "surrogateescape"))

"""Sprig's changes of case: snakecase, kebabcase, camelcase."""

import re

_WORD = re.compile(
    r"(?P<connector>[-_\s]+)|(?P<number>\d+)"
    r"|(?P<upper>[A-Z]+(?![a-z])|[A-Z][a-z]*)|(?P<alphabet>[a-z]+)|(?P<other>.)",
    re.DOTALL,
)


def joined_words(text: str, connector: str) -> str:
    """Write words in lower case with a connector between them.

    A number belongs to the word before it, unless small letters follow it.
    """
    words = [(match.lastgroup or "", match.group()) for match in _WORD.finditer(text)]
    out: list[str] = []
    for index, (kind, word) in enumerate(words):
        before = words[index - 1][0] if index else ""
        if kind == "connector":
            out.append(connector * len(word))
            continue
        if before in ("upper", "alphabet", "number") and _separates(words, index):
            out.append(connector)
        out.append(word.lower())
    return "".join(out)


def _separates(words: list[tuple[str, str]], index: int) -> bool:
    kind, before = words[index][0], words[index - 1][0]
    if kind == "upper":
        return True
    if kind == "number":
        return index + 1 < len(words) and words[index + 1][0] == "alphabet"
    return kind == "alphabet" and before != "number"


def camel(text: str) -> str:
    """Write words with a capital first letter and nothing between them."""
    body = text.lstrip("-_ \t\r\n")
    lead = text[: len(text) - len(body)]
    if not body:
        return text
    out: list[str] = []
    for part in re.split(r"([-_\s]+)", body):
        if re.fullmatch(r"[-_\s]+", part):
            out.append(part[:-1])
        elif part:
            out.append(_capital(part))
    trailing = re.search(r"[-_\s]$", body)
    return lead + "".join(out) + (trailing.group() if trailing else "")


def _capital(word: str) -> str:
    upper = re.match(r"[A-Z]*", word)
    run = len(upper.group()) if upper else 0
    head = word[0].upper()
    return head + (word[1:run].lower() + word[run:] if run else word[1:])

"""Sprig's changes of case: snakecase, kebabcase, camelcase."""

import re

_UPPER, _LOWER = "[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]", r"[^\W\d_A-ZÀ-ÖØ-ÞΑ-ΩА-Я]"
_WORD = re.compile(
    r"(?P<connector>[-_\s]+)|(?P<number>\d+)|(?P<punctuation>[!-#%-*,./:;?@\[-\]{}][!-#%-*,./:;?@\[-\]_{}-]*)"
    rf"|(?P<upper>{_UPPER}+(?!{_LOWER})|{_UPPER}{_LOWER}*)|(?P<alphabet>{_LOWER}+)|(?P<other>.)",
    re.DOTALL,
)


def joined_words(text: str, connector: str) -> str:
    """Write words in lower case with a connector between them.

    A number belongs to the word before it, unless small letters follow it; what follows
    a leading number belongs to it.
    """
    words = [(match.lastgroup or "", match.group()) for match in _WORD.finditer(text)]
    out: list[str] = []
    index, glued = 0, False
    while index < len(words):
        kind, word = words[index]
        before = words[index - 1][0] if index else ""
        if kind == "connector":
            out.append(connector * len(word))
        elif glued and kind in ("alphabet", "number"):
            out.append(word)
        else:
            splits, glued = _splits(words, index, before)
            out += [connector if splits else "", word.lower() if kind == "upper" else word]
        glued = glued and kind in ("alphabet", "number")
        index += 1
    return "".join(out)


def _splits(words: list[tuple[str, str]], index: int, before: str) -> tuple[bool, bool]:
    """Tell whether a connector comes before a word, and whether the next is part of it."""
    kind = words[index][0]
    following = words[index + 1][0] if index + 1 < len(words) else ""
    inside = before in ("upper", "alphabet", "number", "other")
    if kind == "number":
        if not inside or before == "other":
            return False, True
        return following == "alphabet", following == "alphabet"
    return inside and kind != "punctuation", False


def camel(text: str) -> str:
    """Write words with a capital first letter and nothing between them."""
    body = text.lstrip("-_ \t\r\n")
    lead = text[: len(text) - len(body)]
    if not body:
        return text + text[-1:]
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

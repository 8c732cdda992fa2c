"""Go's regular expressions (RE2 syntax), translated into Python's."""

import functools
import re
from dataclasses import dataclass

from workflows.runner.language.errors import ExpressionError

_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F", "digit": "0-9", "graph": "!-~", "lower": "a-z",
    "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_UNICODE = {
    "L": r"[^\W\d_]", "Lu": "[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]", "Ll": "[a-zß-öø-ÿα-ωа-я]",
    "N": r"\d", "Nd": r"\d", "P": r"[!-#%-*,-/:;?@\[-\]_{}¡§«¶·»¿]",
    "Z": r"[ \u00a0\u2000-\u200a\u3000]",
    "S": r"[$+<=>^`|~]",
}  # fmt: skip
_ASCII = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}", re.ASCII)
_GROUP = re.compile(r"\(\?(?:P?<(\w+)>|([imsU]*(?:-[imsU]+)?)(:|\)))", re.ASCII)
_MOST_REPEATS = 1000


class RegexError(ExpressionError):
    """A text is no Go regular expression."""

    def __init__(self, problem: str, part: str) -> None:
        self.problem = problem
        self.part = part
        super().__init__(f"error parsing regexp: {problem}: `{part}`")


@dataclass(frozen=True)
class Pattern:
    """A compiled expression that prints as it was written."""

    text: str
    compiled: re.Pattern[str]

    def found_in(self, text: str) -> bool:
        """Tell whether it matches anywhere in a text."""
        return self.compiled.search(text) is not None

    def __str__(self) -> str:
        return self.text


@functools.lru_cache(maxsize=256)
def compile(pattern: str) -> Pattern:
    """Compile a Go regular expression.

    Raises:
        RegexError: it is malformed, or has what RE2 lacks (look-around, back references).
    """
    translated = _Translator(pattern).run()
    try:
        return Pattern(pattern, re.compile(translated))
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexError("invalid syntax", pattern) from error


class _Translator:
    """Walks over a pattern once."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.out: list[str] = []
        self.open: list[str] = []
        self.flags = ""
        self.repeatable = False
        self.repeated = ""

    def run(self) -> str:
        while self.position < len(self.pattern):
            self._step(self.pattern[self.position])
        if self.open:
            raise RegexError("missing closing )", self.pattern)
        return "".join(self.out)

    def _emit(self, text: str, length: int, *, repeatable: bool = True) -> None:
        self.out.append(text)
        self.position += length
        self.repeatable = repeatable
        self.repeated = ""

    def _step(self, here: str) -> None:
        if here == "\\":
            self._escape()
        elif here == "[":
            self._class()
        elif here == "(":
            self._group()
        elif here == ")":
            if not self.open:
                raise RegexError("unexpected )", self.pattern)
            self.flags = self.open.pop()
            self._emit(")", 1)
        elif here in "*+?":
            self._repeat(here, 1)
        elif here == "{" and (match := _REPEAT.match(self.pattern, self.position)):
            self._counted(match)
        elif here == "|":
            self._emit("|", 1, repeatable=False)
        elif here == "^":
            self._emit("(?m:^)" if "m" in self.flags else r"(?:\A)", 1)
        elif here == "$":
            self._emit(r"(?:(?=\n|\Z))" if "m" in self.flags else r"(?:\Z)", 1)
        else:
            self._atom(here if here == "." else re.escape(here), 1)

    def _counted(self, match: re.Match[str]) -> None:
        low, high = int(match[1]), match[2]
        if low > _MOST_REPEATS or (high and (int(high) > _MOST_REPEATS or int(high) < low)):
            raise RegexError("invalid repeat count", match.group())
        self._repeat(match.group(), len(match.group()))

    def _repeat(self, operator: str, length: int) -> None:
        end = self.position + length
        lazy = self.pattern[end : end + 1] == "?"
        written = operator + ("?" if lazy else "")
        if self.repeated:
            raise RegexError("invalid nested repetition operator", self.repeated + written)
        if not self.repeatable:
            raise RegexError("missing argument to repetition operator", written)
        swapped = lazy != ("U" in self.flags)
        self._emit(operator + ("?" if swapped else ""), length + lazy, repeatable=False)
        self.repeated = written

    def _group(self) -> None:
        if self.pattern[self.position : self.position + 2] != "(?":
            self.open.append(self.flags)
            self._emit("(", 1, repeatable=False)
            return
        match = _GROUP.match(self.pattern, self.position)
        if match is None:
            part = self.pattern[self.position :]
            if part.startswith(("(?P<", "(?<")) and not part.startswith(("(?<=", "(?<!")):
                raise RegexError("invalid named capture", part)
            raise RegexError("invalid or unsupported Perl syntax", part[:3])
        name, flags, end = match.groups()
        if name:
            self.open.append(self.flags)
            self._emit(f"(?P<{name}>", len(match.group()), repeatable=False)
            return
        self._flags(flags or "", closes=end == ")", length=len(match.group()))

    def _flags(self, flags: str, *, closes: bool, length: int) -> None:
        on, _, off = flags.partition("-")
        now = "".join(sorted((set(self.flags) | set(on)) - set(off)))
        if not closes:
            self.open.append(self.flags)
        self.flags = now
        self._emit("" if closes else "(?:", length, repeatable=closes and self.repeatable)

    def _atom(self, text: str, length: int) -> None:
        """Emit what matches characters, under the flags that hold here."""
        python = "".join(flag for flag in self.flags if flag in "is")
        self._emit(f"(?{python}:{text})" if python else text, length)

    def _escape(self) -> None:
        text = self.pattern[self.position + 1 : self.position + 2]
        if not text:
            raise RegexError("trailing backslash at end of expression", "")
        if text == "Q":
            end = self.pattern.find("\\E", self.position)
            end = len(self.pattern) if end < 0 else end
            quoted = self.pattern[self.position + 2 : end]
            self._atom(re.escape(quoted), len(quoted) + 4)
            return
        if text in "AzbB":
            ascii_word = rf"(?a:\{text})"
            self._emit({"A": r"(?:\A)", "z": r"(?:\Z)"}.get(text, ascii_word), 2)
            return
        self._atom(*self._character(inside=False))

    def _character(self, *, inside: bool) -> tuple[str, int]:
        """Translate the escape at the position; give it and its length."""
        start = self.position
        text = self.pattern[start + 1 : start + 2]
        if text.lower() in _ASCII:
            return self._perl_class(text, inside=inside), 2
        if text in "pP":
            return self._unicode(inside=inside)
        if text in "afnrtv":
            return f"\\{text}", 2
        if text == "x":
            match = re.compile(r"\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})").match(
                self.pattern, start
            )
            if match and int(match[1] or match[2], 16) <= 0x10FFFF:
                return re.escape(chr(int(match[1] or match[2], 16))), len(match.group())
        elif "0" <= text <= "7":
            match = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})").match(self.pattern, start)
            if match:
                return re.escape(chr(int(match[1], 8))), len(match.group())
        elif text and text.isascii() and not text.isalnum():
            return re.escape(text), 2
        raise RegexError("invalid escape sequence", self.pattern[start : start + 2])

    def _perl_class(self, text: str, *, inside: bool) -> str:
        body = _ASCII[text.lower()]
        if text.islower():
            return body if inside else f"[{body}]"
        if not inside:
            return f"[^{body}]"
        return {"D": r"\x00-/:-\U0010ffff", "S": r"\x00-\x08\x0b\x0e-\x1f!-\U0010ffff",
                "W": r"\x00-/:-@\[-^`{-\U0010ffff"}[text]  # fmt: skip

    def _unicode(self, *, inside: bool) -> tuple[str, int]:
        match = re.compile(r"\\([pP])(?:\{(\^?\w+)\}|(\w))").match(self.pattern, self.position)
        name = (match[2] or match[3]) if match else ""
        known = _UNICODE.get(name)
        if match is None or known is None or (inside and not known.startswith("[")):
            part = match.group() if match else self.pattern[self.position : self.position + 2]
            raise RegexError("invalid character class range", part)
        if inside:
            return known[1:-1].lstrip("^"), len(match.group())
        if match[1] == "P":
            known = f"(?!{known})[\\s\\S]"
        return f"(?:{known})", len(match.group())

    def _class(self) -> None:
        self._atom(*_ClassReader(self).read())


class _ClassReader:
    """Reads one [...] of a pattern."""

    def __init__(self, translator: _Translator) -> None:
        self.translator = translator
        self.pattern = translator.pattern
        self.start = translator.position

    def read(self) -> tuple[str, int]:
        """Give the class in Python's syntax and its length."""
        position = self.start + 1
        out = ["["]
        if self.pattern[position : position + 1] == "^":
            out.append("^")
            position += 1
        first = True
        while first or self.pattern[position : position + 1] != "]":
            if position >= len(self.pattern):
                raise RegexError("missing closing ]", self.pattern[self.start :])
            piece, position = self._piece(position, first=first)
            out.append(piece)
            first = False
        return "".join(out) + "]", position + 1 - self.start

    def _piece(self, position: int, *, first: bool) -> tuple[str, int]:
        if self.pattern.startswith("[:", position):
            end = self.pattern.find(":]", position + 2)
            if end >= 0:
                return self._posix(position, end)
        low, after = self._one(position)
        following = self.pattern[after : after + 1]
        if following != "-" or self.pattern[after + 1 : after + 2] in ("]", ""):
            bare = self.pattern[position] == "-"
            if bare and not first and following not in ("]", ""):
                raise RegexError(
                    "invalid character class range", self.pattern[position : after + 1]
                )
            return low, after
        high, end = self._one(after + 1)
        try:
            re.compile(f"[{low}-{high}]")
        except re.error as error:
            raise RegexError("invalid character class range", self.pattern[position:end]) from error
        return f"{low}-{high}", end

    def _posix(self, position: int, end: int) -> tuple[str, int]:
        name = self.pattern[position + 2 : end]
        body = _POSIX.get(name.lstrip("^"))
        if body is None:
            raise RegexError("invalid character class range", self.pattern[position : end + 2])
        if name.startswith("^"):
            negated = "".join(
                re.escape(chr(code)) for code in range(128) if not re.match(f"[{body}]", chr(code))
            )
            body = negated + r"\x80-\U0010ffff"
        return body, end + 2

    def _one(self, position: int) -> tuple[str, int]:
        here = self.pattern[position : position + 1]
        if not here:
            raise RegexError("missing closing ]", self.pattern[self.start :])
        if here != "\\":
            return re.escape(here), position + 1
        if position + 1 == len(self.pattern):
            raise RegexError("trailing backslash at end of expression", "")
        self.translator.position = position
        piece, length = self.translator._character(inside=True)
        self.translator.position = self.start
        return piece, position + length

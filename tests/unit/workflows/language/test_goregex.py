"""Go's regular expressions, which are not quite Python's."""

import pytest

from workflows.runner.language.go import goregex


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        ("(?m)^b$", "a\nb\nc", True),
        ("a.c", "a\nc", False),
        ("(?s)a.c", "a\nc", True),
        ("(?i)ABC", "xabcx", True),
        ("a(?i)B|C", "ab", True),
        ("a(?i)B|C", "c", True),
        ("(?i:a)b", "Ab", True),
        ("(?i:a)b", "AB", False),
        ("[[:digit:]]+x", "12x", True),
        ("[[:^digit:]]", "12", False),
        (r"\d", "٣", False),
        (r"\w", "é", False),
        (r"\p{L}", "é", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        (r"(?P<x>a)b", "ab", True),
        (r"(?<x>a)b", "ab", True),
        (r"\x41\x{42}", "AB", True),
        ("a{2,3}$", "baaa", True),
        ("x*", "", True),
        ("[^a-c]", "abc", False),
        (r"[\d-]", "-", True),
        ("[]a]", "]", True),
        (r"\bfoo\b", "a foo b", True),
        ("a{,2}", "a{,2}", True),
        (r"\z", "", True),
    ],
)
def test_a_pattern_matches_where_go_matches(pattern, text, found):
    assert goregex.compile(pattern).found_in(text) is found


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "missing closing ): `(`"),
        (")", "unexpected ): `)`"),
        ("[a", "missing closing ]: `[a`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?<!a)", "invalid or unsupported Perl syntax: `(?<`"),
        (r"(a)\1", r"invalid escape sequence: `\1`"),
        (r"\y", r"invalid escape sequence: `\y`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        ("\\", "trailing backslash at end of expression: ``"),
    ],
)
def test_what_re2_does_not_know_is_refused_in_its_words(pattern, message):
    with pytest.raises(goregex.RegexError) as refused:
        goregex.compile(pattern)

    assert str(refused.value) == f"error parsing regexp: {message}"

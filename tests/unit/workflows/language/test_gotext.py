"""Numbers, formats, text and durations as Go writes and reads them."""

import pytest

from workflows.runner.language import duration
from workflows.runner.language.errors import DurationError
from workflows.runner.language.go import gofmt, gojson, gotext

FORMATS = [
    ("%d", 7, "7"),
    ("%d", -3, "-3"),
    ("%d", 255, "255"),
    ("%03d", 7, "007"),
    ("%03d", -3, "-03"),
    ("%03d", 255, "255"),
    ("%5d|", 7, "    7|"),
    ("%5d|", -3, "   -3|"),
    ("%5d|", 255, "  255|"),
    ("%-5d|", 7, "7    |"),
    ("%-5d|", -3, "-3   |"),
    ("%-5d|", 255, "255  |"),
    ("%+d", 7, "+7"),
    ("%+d", -3, "-3"),
    ("%+d", 255, "+255"),
    ("%x", 7, "7"),
    ("%x", -3, "-3"),
    ("%x", 255, "ff"),
    ("%X", 7, "7"),
    ("%X", -3, "-3"),
    ("%X", 255, "FF"),
    ("%#x", 7, "0x7"),
    ("%#x", -3, "-0x3"),
    ("%#x", 255, "0xff"),
    ("%o", 7, "7"),
    ("%o", -3, "-3"),
    ("%o", 255, "377"),
    ("%b", 7, "111"),
    ("%b", -3, "-11"),
    ("%b", 255, "11111111"),
    ("%c", 7, "\x07"),
    ("%c", -3, "�"),
    ("%c", 255, "ÿ"),
    ("%q", 7, "'\\a'"),
    ("%q", -3, "'�'"),
    ("%q", 255, "'ÿ'"),
    ("%U", 7, "U+0007"),
    ("%U", -3, "U+FFFFFFFFFFFFFFFD"),
    ("%U", 255, "U+00FF"),
    ("%e", 7, "%!e(int=7)"),
    ("%e", -3, "%!e(int=-3)"),
    ("%e", 255, "%!e(int=255)"),
    ("%s", 7, "%!s(int=7)"),
    ("%s", -3, "%!s(int=-3)"),
    ("%s", 255, "%!s(int=255)"),
    ("%v", 7, "7"),
    ("%v", -3, "-3"),
    ("%v", 255, "255"),
    ("%T", 7, "int"),
    ("%T", -3, "int"),
    ("%T", 255, "int"),
    ("%%", 7, "%%!(EXTRA int=7)"),
    ("%%", -3, "%%!(EXTRA int=-3)"),
    ("%%", 255, "%%!(EXTRA int=255)"),
    ("%", 7, "%!(NOVERB)%!(EXTRA int=7)"),
    ("%", -3, "%!(NOVERB)%!(EXTRA int=-3)"),
    ("%", 255, "%!(NOVERB)%!(EXTRA int=255)"),
    ("%d %d", 7, "7 %!d(MISSING)"),
    ("%d %d", -3, "-3 %!d(MISSING)"),
    ("%d %d", 255, "255 %!d(MISSING)"),
    ("%08.3d", 7, "     007"),
    ("%08.3d", -3, "    -003"),
    ("%08.3d", 255, "     255"),
    ("% d", 7, " 7"),
    ("% d", -3, "-3"),
    ("% d", 255, " 255"),
    ("x", 7, "x%!(EXTRA int=7)"),
    ("x", -3, "x%!(EXTRA int=-3)"),
    ("x", 255, "x%!(EXTRA int=255)"),
    ("%z", 7, "%!z(int=7)"),
    ("%z", -3, "%!z(int=-3)"),
    ("%z", 255, "%!z(int=255)"),
    ("%*d", 7, "%!d(MISSING)"),
    ("%*d", -3, "%!d(MISSING)"),
    ("%*d", 255, "%!d(MISSING)"),
    ("%[1]d-%[1]d", 7, "7-7"),
    ("%[1]d-%[1]d", -3, "-3--3"),
    ("%[1]d-%[1]d", 255, "255-255"),
    ("item-%d", 7, "item-7"),
    ("item-%d", -3, "item--3"),
    ("item-%d", 255, "item-255"),
    ("%05x", 7, "00007"),
    ("%05x", -3, "-0003"),
    ("%05x", 255, "000ff"),
]

FLOATS = [
    ("0", "0", "0", "0e+00", "0"),
    ("1", "1", "1", "1e+00", "1"),
    ("-1.5", "-1.5", "-1.5", "-1.5e+00", "-1.5"),
    ("100000", "100000", "100000", "1e+05", "100000"),
    ("1e6", "1000000", "1e+06", "1e+06", "1000000"),
    ("1e20", "100000000000000000000", "1e+20", "1e+20", "100000000000000000000"),
    ("1e21", "1000000000000000000000", "1e+21", "1e+21", "1e+21"),
    ("1e22", "10000000000000000000000", "1e+22", "1e+22", "1e+22"),
    ("123456789", "123456789", "1.23456789e+08", "1.23456789e+08", "123456789"),
    ("0.000001", "0.000001", "1e-06", "1e-06", "0.000001"),
    ("0.0000001", "0.0000001", "1e-07", "1e-07", "1e-7"),
    ("1e-7", "0.0000001", "1e-07", "1e-07", "1e-7"),
    (
        "12345678901234567890",
        "12345678901234567000",
        "1.2345678901234567e+19",
        "1.2345678901234567e+19",
        "12345678901234567000",
    ),
    ("0.1", "0.1", "0.1", "1e-01", "0.1"),
    (
        "5e-324",
        (
            "0.00000000000000000000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000005"
        ),
        "5e-324",
        "5e-324",
        "5e-324",
    ),
    (
        "1.7976931348623157e308",
        (
            "1797693134862315700000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000"
        ),
        "1.7976931348623157e+308",
        "1.7976931348623157e+308",
        "1.7976931348623157e+308",
    ),
    ("-0", "-0", "-0", "-0e+00", "-0"),
]

DURATIONS = [
    ("0", 0, "0s"),
    ("1s", 1000000000, "1s"),
    ("1.5h", 5400000000000, "1h30m0s"),
    ("1h30m", 5400000000000, "1h30m0s"),
    ("-2m", -120000000000, "-2m0s"),
    ("100ms", 100000000, "100ms"),
    ("1us", 1000, "1µs"),
    ("1µs", 1000, "1µs"),
    ("3ns", 3, "3ns"),
    (".5s", 500000000, "500ms"),
    ("+5s", 5000000000, "5s"),
    ("2540400h", 9145440000000000000, "2540400h0m0s"),
    ("9223372036.854775807s", 9223372036854775807, "2562047h47m16.854775807s"),
]

NO_DURATIONS = [
    ("1.", 'time: missing unit in duration "1."'),
    ("1", 'time: missing unit in duration "1"'),
    ("", 'time: invalid duration ""'),
    ("s", 'time: invalid duration "s"'),
    ("1x", 'time: unknown unit "x" in duration "1x"'),
    ("1h-2m", 'time: unknown unit "h-" in duration "1h-2m"'),
    ("1h 2m", 'time: unknown unit "h " in duration "1h 2m"'),
    ("3000000h", 'time: invalid duration "3000000h"'),
]


@pytest.mark.parametrize(("form", "number", "text"), FORMATS)
def test_a_sequence_format_writes_what_sprintf_writes(form, number, text):
    assert gotext.sprintf(form, number) == text


@pytest.mark.parametrize(("number", "plain", "general", "exponent", "json"), FLOATS)
def test_a_float_is_written_with_the_fewest_digits(number, plain, general, exponent, json):
    value = float(number)

    assert gotext.format_float(value) == plain
    assert gotext.format_float(value, "g") == general
    assert gotext.format_float(value, "e") == exponent
    assert gotext.json_number(value) == json


@pytest.mark.parametrize(("text", "nanoseconds", "shown"), DURATIONS)
def test_a_duration_is_read_and_written_to_the_nanosecond(text, nanoseconds, shown):
    assert duration.nanoseconds(text) == nanoseconds
    assert duration.format_duration(nanoseconds) == shown


@pytest.mark.parametrize(("text", "message"), NO_DURATIONS)
def test_what_is_no_duration_is_refused_with_the_reason(text, message):
    with pytest.raises(DurationError) as refused:
        duration.nanoseconds(text)

    assert str(refused.value) == message


@pytest.mark.parametrize(("text", "seconds"), [("5", 5), ("-1", -1), ("1m", 60), ("0.5s", 0.5)])
def test_a_bare_number_is_seconds(text, seconds):
    assert duration.seconds(text) == seconds


def test_seconds_without_a_unit_must_be_whole():
    with pytest.raises(DurationError, match="missing unit"):
        duration.seconds("1.5")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<nil>"),
        (True, "true"),
        (1.0, "1"),
        (1e6, "1e+06"),
        ([1, "a", None], "[1 a <nil>]"),
        ({"b": 1, "a": [2]}, "map[a:[2] b:1]"),
    ],
)
def test_values_print_as_go_prints_them(value, text):
    assert gofmt.sprint(value) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("%s is %d", "a", 1), "a is 1"),
        (("%q", 'a"b'), '"a\\"b"'),
        (("%5.2f|%-6s|%6s|", 3.14159, "ab", "cd"), " 3.14|ab    |    cd|"),
        (("%v %v", [1], {"a": None}), "[1] map[a:<nil>]"),
        (("%t %x", True, "hi"), "true 6869"),
        (("%d", "x"), "%!d(string=x)"),
        (("%d",), "%!d(MISSING)"),
        (("x", 1), "x%!(EXTRA int=1)"),
    ],
)
def test_other_values_are_formatted_too(arguments, text):
    assert gofmt.sprintf(*arguments) == text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\n\t\a\x00\x7f", '"\\n\\t\\a\\x00\\x7f"'),
        ("é \u200b\u2028 \U0001f600", '"é \\u200b\\u2028 \U0001f600"'),
    ],
)
def test_text_is_quoted_as_strconv_quotes_it(text, quoted):
    assert gotext.quote(text) == quoted


def test_json_has_sorted_keys_and_no_raw_html():
    value = {"b": [1, 2.0, 1e21, None, True], "a": "<&>\u2028\x01é"}

    assert gotext.format_json(value) == (
        '{"a":"\\u003c\\u0026\\u003e\\u2028\\u0001é","b":[1,2,1e+21,null,true]}'
    )
    assert gotext.format_json({"a": [1], "b": {}}, indent="  ") == (
        '{\n  "a": [\n    1\n  ],\n  "b": {}\n}'
    )


@pytest.mark.parametrize("value", [float("inf"), float("nan"), {1, 2}])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(ValueError, match="json: unsupported"):
        gotext.format_json(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1, 2]", ""),
        ("", "unexpected end of JSON input"),
        ("[1,", "unexpected end of JSON input"),
        ("hello", "invalid character 'h' looking for beginning of value"),
        ("[1 2]", "invalid character '2' after array element"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        ("nope", "invalid character 'o' in literal null (expecting 'u')"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("[1] x", "invalid character 'x' after top-level value"),
        ('"a\nb"', "invalid character '\\n' in string literal"),
    ],
)
def test_broken_json_is_described_by_its_first_wrong_character(text, problem):
    assert gojson.problem(text) == problem

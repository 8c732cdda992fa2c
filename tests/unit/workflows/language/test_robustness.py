"""No text whatever makes the languages fail with anything but an error of theirs."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.runner.language import depends, duration, expr, manifest, paths, tags, when
from workflows.runner.language.errors import LanguageError
from workflows.runner.language.go import gojson, goregex, gotext
from workflows.runner.language.schedule import Schedule

SCOPE = {"a": "1", "b.c": '{"x":[1,"y"]}', "item": "v", "steps.s.outputs.result": "[1]"}
OBJECT = {"status": {"phase": "Running", "n": 3, "list": [1, {"a": "b"}]}, "items": []}
WORDS = st.sampled_from([
    "a", "b.c", "item", "steps.s.outputs.result", "{{", "}}", "{{=", "(", ")", "[", "]", "{", "}",
    ".", "?", "?.", "??", ":", ";", ",", "!", "-", "+", "*", "/", "%", "**", "^", "&", "|", "&&",
    "||", "==", "!=", "<", ">", "<=", ">=", "=~", "in", "not", "and", "or", "matches", "contains",
    "let", "x", "=", "if", "else", "#", "#acc", "true", "false", "nil", "1", "2.5", "0x1", "1e3",
    "'q'", '"q"', "`", "\\", "map(", "filter(", "len(", "sprig.upper(", "asInt(", "..", "@", "$",
    "~", "é", "\n", "\t", "@every", "1h", "*/5", "mon", "5-1", "status", ".phase", "[0]", "[*]",
    "[?(", "Succeeded", ".Failed", "AllFailed", "(?i)", "[[:alpha:]]", " ",
])  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(WORDS, max_size=12).map(" ".join),
    st.lists(WORDS, max_size=12).map("".join),
)
READERS = {
    "an expression": lambda text: expr.evaluate(text, expr.environment(SCOPE)),
    "the names of an expression": expr.identifiers,
    "a condition": when.decide,
    "a condition of a cron workflow": lambda text: when.decide(text, bare_words=False),
    "tags": lambda text: tags.fill_plain(text, SCOPE),
    "strict tags": lambda text: tags.fill_plain(text, SCOPE, strict=tags.everything),
    "depends": lambda text: depends.parse(text).evaluate({"a": {"Succeeded"}}),
    "a schedule": Schedule.parse,
    "a duration": duration.seconds,
    "a file": lambda text: manifest.read(text, "file.yaml"),
    "a pattern": goregex.compile,
    "kubectl's JSONPath": lambda text: paths.jsonpath(OBJECT, text),
    "a selector": lambda text: [one.matches(OBJECT) for one in paths.selector(text)],
    "a gjson path": lambda text: paths.gjson(OBJECT, text),
    "broken JSON": gojson.problem,
    "a format": lambda text: gotext.sprintf(text[:20], 7),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_any_text_gives_a_value_or_an_error_of_the_language(reader, text):
    with contextlib.suppress(LanguageError):
        reader(text)


@settings(max_examples=150, deadline=None)
@given(path=TEXTS)
def test_any_path_in_an_expression_gives_a_value_or_an_error(path):
    environment = expr.environment({"path": path, "object": json.dumps(OBJECT)})

    with contextlib.suppress(LanguageError):
        expr.evaluate("jsonpath(object, path)", environment)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=40))
def test_a_value_comes_out_of_a_simple_tag_as_it_went_in(text):
    try:
        filled = tags.fill_plain("{{x}}", {"x": text})
    except LanguageError:
        assert any(character < " " or not character.isprintable() for character in text)
    else:
        assert filled == text


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=40))
def test_a_value_comes_out_of_an_expression_as_it_went_in(text):
    assert tags.fill_plain("{{=x}}", {"x": text}) == text


@settings(max_examples=200, deadline=None)
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_back_as_it_was_written(number):
    assert float(gotext.format_float(number)) == number
    assert float(gotext.json_number(number)) == number

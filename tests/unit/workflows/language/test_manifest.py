"""Files are read as Kubernetes reads them: Go's YAML, several documents, lines kept."""

import json

import pytest

from workflows.runner.language import manifest
from workflows.runner.language.errors import ManifestError
from workflows.runner.language.go import gotext


def read_one(text):
    (document,) = manifest.read(text, "bake.yaml")
    return document


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("y", True), ("N", False), ("yes", True), ("off", False), ("True", True),
        ("tRue", "tRue"), ("~", None), ("", None), ("Null", None), ("nUll", "nUll"),
        ("017", 15), ("0o17", 15), ("0O17", 15), ("08", 8.0), ("0x1F", 31), ("0b101", 5),
        ("-5", -5), ("+5", 5), ("1_000", 1000), ("_1", "_1"), ("1.5", 1.5), ("1.", 1.0),
        (".5", 0.5), ("1e3", 1000.0), ("1e", "1e"), ("1.5.2", "1.5.2"), ("12:30", "12:30"),
        ("2020-01-01", "2020-01-01"), ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709551616.0), ("1e1000", "1e1000"), ("nan", "nan"),
        ("'1'", "1"), ('"yes"', "yes"), ("!!str 1", "1"), ("!!int '5'", 5), ("!!float 5", 5.0),
        ("!!binary aGk=", "hi"), ("!custom 5", "5"), ("a#b", "a#b"), ("- ", [None]),
        ("[1, y]", [1, True]), ("{a: 1}", {"a": 1}),
    ],
)  # fmt: skip
def test_a_scalar_is_what_go_takes_it_for(scalar, value):
    assert read_one(f"a:\n  {scalar}").data["a"] == value
    assert type(read_one(f"a:\n  {scalar}").data["a"]) is type(value)


def test_the_recorded_scalars_become_the_text_that_they_became(vectors):
    for case in vectors["yaml"]:
        value = read_one(f"value: {case['yaml']}").data["value"]

        assert manifest.any_string(value) == case["parameter_value"], case
        text = value if isinstance(value, str) else gotext.format_json(value)
        assert text == case["item_text"], case


@pytest.mark.parametrize(("key", "text"), [("y", "true"), ("0x10", "16"), ("1.5", "1.5")])
def test_keys_are_scalars_too_and_become_text(key, text):
    assert read_one(f"{key}: x").data == {text: "x"}


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "a: {b: 1, b: 2}",
        "base: &base {k: 1}\nc:\n  <<: *base\n  k: 2",
        "1: a\n0x1: b",
        '{"a": 1, "a": 2}',
    ],
)
def test_a_key_that_is_there_twice_is_an_error_with_its_line(text):
    with pytest.raises(ManifestError, match=r"bake\.yaml:\d+: key \"\w+\" already set in map"):
        manifest.read(text, "bake.yaml")


@pytest.mark.parametrize(
    "text",
    ["a: [", "a: 'b", "\ta: b", "a: b: c", "a: *nope", "? [a]\n: b", "~: x", "a: .inf"],
)
def test_what_is_no_kubernetes_yaml_is_refused_with_file_and_line(text):
    with pytest.raises(ManifestError, match=r"^bake\.yaml:\d+: "):
        manifest.read(text, "bake.yaml")


def test_an_error_in_a_later_document_has_the_line_of_the_file():
    with pytest.raises(ManifestError) as refused:
        manifest.read("a: 1\n---\nb: 1\nb: 2\n", "bake.yaml")

    assert refused.value.line == 4


def test_documents_are_split_and_empty_ones_do_not_count():
    documents = manifest.read("# only a remark\n---\na: 1\n---\n---\n# x\nb: 2\n", "bake.yaml")

    assert [(document.index, document.data) for document in documents] == [
        (0, {"a": 1}),
        (1, {"b": 2}),
    ]


def test_json_is_read_too_also_with_a_line_of_dashes_inside():
    text = json.dumps({"a": "x\n---\ny", "b": [1, 2.5, None, True]})

    assert read_one(text).data == {"a": "x\n---\ny", "b": [1, 2.5, None, True]}


def test_anchors_and_merges_are_followed():
    document = read_one("base: &base {k: 1, l: y}\nmine:\n  <<: *base\n  m: *base\n")

    assert document.data["mine"] == {"k": 1, "l": True, "m": {"k": 1, "l": True}}


def test_every_path_has_a_line_and_an_unknown_one_that_of_its_parent():
    text = "kind: Workflow\n---\nspec:\n  steps:\n  - - name: a\n      when: x\n"
    document = manifest.read(text, "bake.yaml")[1]

    assert document.line(("spec", "steps", 0, 0, "when")) == 6
    assert document.line(("spec", "steps", 0, 0)) == 5
    assert document.line(("spec", "steps", 0, 0, "template")) == 5
    assert document.line(("nowhere", "at", "all")) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), ("a", "a"), (True, "true"), (1.5, "1.5"), (1000.0, "1000"), (7, "7"),
        (2**53 + 1, "9007199254740992"), (1e21, "1000000000000000000000"), ({}, ""), ([1], ""),
    ],
)  # fmt: skip
def test_a_parameter_value_becomes_text_through_a_float(value, text):
    assert manifest.any_string(value) == text


def test_json_may_write_an_emoji_as_two_escapes() -> None:
    written = {"kind": "Workflow", "a": "\U0001f600, not \\ud83d\\ude00", "b": "\\\U0001d11e"}

    (document,) = manifest.read(json.dumps(written), "wf.json")

    assert document.data == written

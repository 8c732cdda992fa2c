"""The elements of loops: what their tags give and how their nodes are named."""

import pytest

from workflows.runner.errors import NodeFault
from workflows.runner.scope import items


@pytest.mark.parametrize(
    ("text", "tag", "described"),
    [
        ("1", "1", "1"),
        ("2.50", "2.50", "2.50"),
        ("true", "true", "true"),
        ('"x y"', "x y", "x y"),
        ('"p(q)"', "p(q)", "p(q)"),
        ('[1, "x"]', '[1,"x"]', "[1 x]"),
        ('{"k": "v", "a": 2}', '{"a":2,"k":"v"}', "a:2,k:v"),
    ],
)
def test_an_element_gives_its_tag_and_its_name(text: str, tag: str, described: str) -> None:
    values, name = items.tags_of(items.parse(text))

    assert values["item"] == tag
    assert name == described


def test_fields_of_a_map_are_texts_and_nested_values_json() -> None:
    values, _ = items.tags_of(items.parse('{"n": 1.0, "s": "x", "l": [1, 2]}'))

    assert values["item.n"] == "1.0"
    assert values["item.s"] == "x"
    assert values["item.l"] == "[1,2]"


def test_parentheses_are_left_out_of_names() -> None:
    assert items.element_name("a", 3, "p(q)") == "a(3:pq)"


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ({"count": "3"}, ["0", "1", "2"]),
        ({"count": 2, "start": 5}, ["5", "6"]),
        ({"start": "2", "end": "0"}, ["2", "1", "0"]),
        ({"count": "0"}, []),
        ({"count": "-2"}, ["0", "-1", "-2", "-3"]),
        ({"count": "1", "start": "10", "format": "u%03X"}, ["u00A"]),
    ],
)
def test_a_sequence_counts(written: dict[str, object], texts: list[str]) -> None:
    assert items.sequence(written) == texts


def test_a_bound_that_is_no_number_is_a_fault() -> None:
    with pytest.raises(NodeFault, match='parsing "x": invalid syntax'):
        items.sequence({"count": "x"})


def test_a_param_that_is_no_list_says_what_it_is() -> None:
    with pytest.raises(NodeFault, match=r"could not be parsed as a JSON list: \{\}: .*object"):
        items.of_loop({"withParam": "{}"})

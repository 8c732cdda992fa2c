"""Judgements that need every node: who is who, and what time it is."""

from hypothesis import given
from hypothesis import strategies as st

from infra.nodes import between
from infra.nodes.between import Offset


def test_nodes_with_names_of_their_own_are_fine():
    assert between.no_two_are_alike({"a": "one\n", "b": "two\n"}, what="hostname") == {}


def test_nodes_that_share_a_name_are_all_named():
    said = between.no_two_are_alike({"a": "x\n", "b": "x\n", "c": "x\n"}, what="hostname")

    assert said == {
        "a": "its hostname (x) is also that of b and c",
        "b": "its hostname (x) is also that of a and c",
        "c": "its hostname (x) is also that of a and b",
    }


def test_an_empty_machine_id_is_said_as_such():
    assert between.no_two_are_alike({"a": "", "b": "\n"}, what="machine-id") == {
        "a": "its machine-id is empty",
        "b": "its machine-id is empty",
    }


def test_an_offset_lies_between_what_the_question_and_the_answer_allow():
    offset = Offset.measure("105.0\n106.0\n", asked=100.0, answered=101.5)

    assert (offset.least, offset.most) == (4.5, 5.0)
    assert (
        between.clock_is_right(offset, limit=0.5) == "its clock is 4.75 s ahead of this machine's"
    )


def test_a_clock_that_may_be_right_is_right():
    slow = Offset.measure("100.2\n108.0\n", asked=100.0, answered=108.1)

    assert between.clock_is_right(slow, limit=0.5) is None


def test_a_clock_behind_is_said_to_be_behind():
    offset = Offset(least=-61, most=-59)

    assert between.clock_is_right(offset, limit=0.5) == "its clock is 60.00 s behind this machine's"


def test_clocks_are_held_against_the_one_in_the_middle():
    offsets = {"a": Offset(0, 0.1), "b": Offset(0.05, 0.2), "c": Offset(9, 9.5)}

    assert between.clocks_agree(offsets, limit=0.5) == {
        "c": "its clock is 8.80 s or more ahead of that of b"
    }
    assert between.clocks_agree({"c": Offset(9, 9.5)}, limit=0.5) == {}


@given(
    st.floats(-1e4, 1e4),
    st.floats(0, 10), st.floats(0, 10), st.floats(0, 10),
)  # fmt: skip
def test_the_bounds_hold_whatever_the_network_takes(true, there, work, back):
    asked = 1000.0
    first = asked + there + true
    output = f"{first:.6f}\n{first + work:.6f}\n"

    offset = Offset.measure(output, asked, asked + there + work + back)

    assert offset.least - 1e-4 <= true <= offset.most + 1e-4

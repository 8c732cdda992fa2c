"""The `depends` of DAG tasks."""

import pytest

from workflows.runner.language import depends
from workflows.runner.language.errors import ExpressionError


def test_a_bare_name_is_done_when_it_succeeded_was_skipped_or_runs_as_a_daemon():
    parsed = depends.parse("build-it")

    assert parsed.names == ("build-it",)
    for result in ("Succeeded", "Skipped", "Daemoned"):
        assert parsed.evaluate({"build-it": {result}})
    for result in ("Failed", "Errored", "Omitted"):
        assert not parsed.evaluate({"build-it": {result}})


@pytest.mark.parametrize(
    ("text", "results", "decision"),
    [
        ("a && b", {"a": {"Succeeded"}, "b": {"Succeeded"}}, True),
        ("a && b", {"a": {"Succeeded"}, "b": {"Failed"}}, False),
        ("a || b", {"a": {"Failed"}, "b": {"Succeeded"}}, True),
        ("a && (b.Failed || c.Skipped)", {"a": {"Succeeded"}, "b": {"Failed"}, "c": set()}, True),
        ("!a.Failed", {"a": {"Failed"}}, False),
        ("!(a.Failed || b)", {"a": set(), "b": set()}, True),
        ("!a && b", {"a": {"Failed"}, "b": {"Succeeded"}}, True),
        ("a || b && c", {"a": {"Succeeded"}, "b": set(), "c": set()}, True),
        ("a.AnySucceeded", {"a": {"AnySucceeded"}}, True),
        ("a-1.AllFailed || 2-b", {"a-1": {"AllFailed"}, "2-b": set()}, True),
    ],
)
def test_results_are_combined_as_written(text, results, decision):
    assert depends.parse(text).evaluate(results) is decision


def test_the_names_come_in_order_and_those_asked_about_items_are_marked():
    parsed = depends.parse("b.AllFailed && a && b")

    assert parsed.names == ("b", "a")
    assert parsed.of_items == {"b"}
    assert parsed.logic == (
        "b.AllFailed && (a.Succeeded || a.Skipped || a.Daemoned) "
        "&& (b.Succeeded || b.Skipped || b.Daemoned)"
    )


def test_an_unknown_result_is_refused_when_it_is_read():
    with pytest.raises(depends.UnknownResultError, match="'Done' for task 'a' is invalid"):
        depends.parse("a.Done")


@pytest.mark.parametrize(
    "text", ["a &&", "(a", "a == true", "a and b", "not a", "a b", "a & b", "&& a", "a ++ b", ""]
)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(ExpressionError, match="unable to evaluate expression"):
        depends.parse(text).evaluate({"a": {"Succeeded"}, "b": {"Succeeded"}})


def test_continue_on_adds_to_what_a_bare_name_means():
    assert depends.bare("a", errored=True, failed=True) == (
        "(a.Succeeded || a.Skipped || a.Daemoned || a.Errored || a.Failed)"
    )

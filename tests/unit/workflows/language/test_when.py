"""Conditions of steps and tasks, as govaluate decides them."""

import pytest

from workflows.runner.language import when
from workflows.runner.language.errors import ConditionError

DECISIONS = [
    ("a == a", True),
    ("a != b", True),
    ("\"a b\" == 'a b'", True),
    ("true", True),
    ("false", False),
    ("true == true", True),
    ("'true' == true", False),
    ("1 == 1.0", True),
    ("1 == '1'", False),
    ("0x10 == 16", True),
    (".5 + .5 == 1", True),
    ("2 + 3 * 4 == 14", True),
    ("(2 + 3) * 4 == 20", True),
    ("2 - 3 - 4 == -5", True),
    ("2 ** 3 ** 2 == 64", True),
    ("7 % 4 == 3", True),
    ("6 / 4 == 1.5", True),
    ("1 / 0 > 5", True),
    ("-1 < 0", True),
    ("5 & 3 == 1", True),
    ("5 | 3 == 7", True),
    ("5 ^ 3 == 6", True),
    ("1 << 3 == 8", True),
    ("16 >> 2 == 4", True),
    ("~1 == -2", True),
    ("abc < abd", True),
    ('"10" < "9"', True),
    ("10 < 9", False),
    ("true && false || true", True),
    ("false && (1 == 1)", False),
    ("!(true)", False),
    ("!false", True),
    ("true ? false : true", False),
    ("false ? true : false", False),
    ("(1 == 2) ?? false", False),
    ("a =~ '^a$'", True),
    ("abc =~ 'b'", True),
    ("abc !~ '^b'", True),
    ("x in (x, y)", True),
    ("z in (x, y)", False),
    ("1 in (1, 2)", True),
    ("'2021-01-01' < '2021-01-02'", True),
    ("'2021-01-01T00:00:00Z' == '2021-01-01'", True),
    ("a + b == ab", True),
    ("1 + a == '1a'", True),
    ("[a b] == 'a b'", True),
    ("a\\ b == 'a b'", True),
    ("nil == nil", True),
]

REFUSALS = [
    ("a, b", "Expected boolean evaluation", "[a b]"),
    ("a", "Expected boolean evaluation", "a"),
    ("1", "Expected boolean evaluation", "1"),
    ("()", "Expected boolean evaluation", "<nil>"),
    ("a ==", "Invalid 'when' expression", "Unexpected end of expression"),
    (
        "== a",
        "Invalid 'when' expression",
        "Cannot transition token types from UNKNOWN [<nil>] to COMPARATOR [==]",
    ),
    ("(a == a", "Invalid 'when' expression", "Unbalanced parenthesis"),
    ("a == a)", "Invalid 'when' expression", "Unbalanced parenthesis"),
    (
        "a b",
        "Invalid 'when' expression",
        "Cannot transition token types from VARIABLE [a] to VARIABLE [b]",
    ),
    (
        "a.b == c",
        "Invalid 'when' expression",
        "Unable to access unexported field 'b' in token 'a.b'",
    ),
    ("a.B == c", "Failed to evaluate 'when' expresion", "No parameter 'a' found."),
    ("a. == c", "Invalid 'when' expression", "Hanging accessor on token 'a.'"),
    ("foo(1)", "Invalid 'when' expression", "Undefined function foo"),
    ("'open", "Invalid 'when' expression", "Unclosed string literal"),
    ("[open", "Invalid 'when' expression", "Unclosed parameter bracket"),
    ("a = b", "Invalid 'when' expression", "Invalid token: '='"),
    ("a === b", "Invalid 'when' expression", "Invalid token: '==='"),
    (
        "a & b",
        "Failed to evaluate 'when' expresion",
        "Value 'a' cannot be used with the modifier '&', it is not a number",
    ),
    (
        "a - b == c",
        "Failed to evaluate 'when' expresion",
        "Value 'a' cannot be used with the modifier '-', it is not a number",
    ),
    (
        "1 > a",
        "Failed to evaluate 'when' expresion",
        "Value '1' cannot be used with the comparator '>', it is not a number",
    ),
    (
        "a && true",
        "Failed to evaluate 'when' expresion",
        "Value 'a' cannot be used with the logical operator '&&', it is not a bool",
    ),
    (
        "!a",
        "Failed to parse 'when' expression",
        "Cannot transition token types from PREFIX [!] to STRING [a]",
    ),
    (
        "-a == 1",
        "Failed to parse 'when' expression",
        "Cannot transition token types from PREFIX [-] to STRING [a]",
    ),
    (
        "a ? true : false",
        "Failed to evaluate 'when' expresion",
        "Value 'a' cannot be used with the ternary operator '?', it is not a bool",
    ),
    ("1.2.3 == 1", "Invalid 'when' expression", "Unable to parse numeric value '1.2.3' to float64"),
    ("0xZZ == 1", "Invalid 'when' expression", "Unable to parse hex value '' to uint64"),
    ("@ == a", "Invalid 'when' expression", "Invalid token: '@'"),
    ("{} == a", "Invalid 'when' expression", "Invalid token: '{}'"),
    ("a == a ;", "Invalid 'when' expression", "Invalid token: ';'"),
    ("a =~ '('", "Invalid 'when' expression", "error parsing regexp: missing closing ): `(`"),
    (
        "true and true",
        "Invalid 'when' expression",
        "Cannot transition token types from BOOLEAN [true] to VARIABLE [and]",
    ),
    (
        "in in in",
        "Invalid 'when' expression",
        "Cannot transition token types from UNKNOWN [<nil>] to COMPARATOR [in]",
    ),
    (
        "'x' in ('x')",
        "Failed to evaluate 'when' expresion",
        "Value 'x' cannot be used with the comparator 'in', it is not a number",
    ),
    (
        "1 in 2",
        "Failed to evaluate 'when' expresion",
        "Value '2' cannot be used with the comparator 'in', it is not a number",
    ),
    ("# == #", "Invalid 'when' expression", "Invalid token: '#'"),
    ("$x == 1", "Invalid 'when' expression", "Invalid token: '$'"),
    ("a <> b", "Invalid 'when' expression", "Invalid token: '<>'"),
    (
        "not true",
        "Invalid 'when' expression",
        "Cannot transition token types from VARIABLE [not] to BOOLEAN [true]",
    ),
]


@pytest.mark.parametrize(("text", "decision"), DECISIONS)
def test_a_condition_is_decided_as_the_library_decides_it(text, decision):
    assert when.decide(text) is decision


@pytest.mark.parametrize(("text", "doing", "detail"), REFUSALS)
def test_a_condition_that_is_no_truth_value_is_refused_with_the_reason(text, doing, detail):
    with pytest.raises(ConditionError) as refused:
        when.decide(text)

    assert doing in str(refused.value)
    assert detail in str(refused.value)


def test_the_recorded_conditions_are_decided_as_they_were(vectors):
    assert [case["when"] for case in vectors["when"] if not agrees(case)] == []


def agrees(case):
    try:
        return when.decide(case["when"]) == case.get("result")
    except ConditionError as error:
        return case.get("error", "nothing") in str(error) and case.get("detail", "") in str(error)


def test_no_condition_means_yes_and_blanks_are_none():
    assert when.decide("")
    with pytest.raises(ConditionError, match="Unexpected end of expression"):
        when.decide("  ")


def test_a_misread_token_comes_with_the_hint_to_quote():
    with pytest.raises(
        ConditionError, match=r"hint: try wrapping the affected expression in quotes"
    ):
        when.decide("v1@2 == x")


def test_words_of_a_cron_workflow_are_variables_that_do_not_exist():
    with pytest.raises(ConditionError, match="No parameter 'a' found"):
        when.decide("a == a", bare_words=False)
    assert when.decide("'a' == 'a'", bare_words=False)

"""The environment of expressions, and which names an expression needs."""

import pytest

from workflows.runner.language import expr
from workflows.runner.language.errors import ExpressionError


@pytest.mark.parametrize(
    ("flat", "nested"),
    [
        ({}, {}),
        ({"a": "1"}, {"a": "1"}),
        ({"a.b": "1", "a.c-d.e": "2"}, {"a": {"b": "1", "c-d": {"e": "2"}}}),
        ({"item": '{"k":"v"}', "item.k": "v"}, {"item": {"k": "v"}}),
        ({"a.b": None}, {"a": {"b": None}}),
    ],
)
def test_flat_names_become_nested_maps_and_a_parent_with_children_is_the_map(flat, nested):
    assert expr.expand(flat) == nested


def test_argos_functions_are_there_beside_the_names():
    environment = expr.environment({"inputs.parameters.n": "3"})

    assert expr.evaluate("asInt(inputs.parameters.n) + 1", environment) == 4
    assert expr.evaluate("asFloat('1.5')", environment) == 1.5
    assert expr.evaluate("toJson({'a': [1]})", environment) == '{"a":[1]}'
    assert expr.evaluate("jsonpath('[1,2]', '$[1]')", environment) == 2
    assert expr.evaluate("sprig.upper('a')", environment) == "A"


@pytest.mark.parametrize("name", ["env", "expandenv"])
def test_the_environment_of_the_machine_is_out_of_reach(name):
    with pytest.raises(ExpressionError, match="cannot call nil"):
        expr.evaluate(f"sprig.{name}('HOME')", expr.environment({}))


def test_what_makes_keys_is_refused_with_what_to_do_instead():
    with pytest.raises(ExpressionError, match="compute the value in a step"):
        expr.evaluate("sprig.genCA('a', 365)", expr.environment({}))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a + b.c", ["a", "b", "b.c"]),
        ("a['b-c'].d", ["a", "a.b-c", "a.b-c.d"]),
        ("a.b.c ?? 'x'", ["a"]),
        ("a.b?.c", ["a"]),
        ("steps['x']?.outputs?.result ?? 'none'", ["steps"]),
        ("a[b]", ["a", "b"]),
        ("map(l, #.x)", ["l"]),
        ("asInt(a.b)", ["a", "a.b", "asInt"]),
        ("len('x')", []),
    ],
)
def test_the_names_that_an_expression_needs_leave_out_what_is_guarded(source, names):
    assert sorted(expr.identifiers(source)) == sorted(names)


def test_a_name_exists_also_when_it_is_nil():
    environment = {"a": {"b": None}}

    assert expr.has(environment, "a.b")
    assert not expr.has(environment, "a.b.c")
    assert not expr.has(environment, "a.c")
    assert not expr.has(environment, "z")


def test_the_recorded_expressions_have_the_recorded_values(vectors):
    environment = expr.environment({}) | vectors["expr_env"]
    for case in vectors["expr"]:
        if "error" in case:
            with pytest.raises(ExpressionError) as refused:
                expr.evaluate(case["expr"], environment)
            assert str(refused.value).startswith(case["detail"]), case
        else:
            assert expr.evaluate(case["expr"], environment) == case["result"], case


def test_an_error_quotes_the_line_and_points_at_the_place():
    with pytest.raises(ExpressionError) as refused:
        expr.evaluate("1 +\n  x", {})

    assert str(refused.value) == "unknown name x (2:3)\n |   x\n | ..^"


@pytest.mark.parametrize(
    "source", ["(" * 5000, "[" * 5000 + "]" * 5000, "-" * 20000 + "1", "1..2000000"]
)
def test_an_expression_that_is_too_much_is_refused(source):
    with pytest.raises(ExpressionError):
        expr.evaluate(source, {})


def test_a_map_that_is_changed_in_one_expression_is_new_in_the_next():
    assert expr.evaluate("sprig.set(nil, 'a', 1)", expr.environment({})) == {"a": 1}
    assert expr.evaluate("sprig.set(nil, 'b', 2)", expr.environment({})) == {"b": 2}


def test_a_list_that_was_never_made_counts_as_nil():
    source = "sprig.regexFindAll('x', 'abc', -1) ?? 'nothing'"

    assert expr.evaluate(source, expr.environment({})) == "nothing"


@pytest.mark.parametrize(
    ("source", "value"), [("sprig.default('d', foo)", "d"), ("empty.a.b || true", True)]
)
def test_what_the_library_does_not_look_at_cannot_fail(source, value):
    assert expr.evaluate(source, expr.environment({}) | {"empty": {}}) == value


@pytest.mark.parametrize(
    "source",
    [
        "map(1..900000, map(1..900000, #))",
        "all(1..900000, all(1..900000, true))",
        "repeat('a', 999999) + repeat('b', 999999)",
    ],
)
def test_an_expression_cannot_run_away(source):
    with pytest.raises(ExpressionError, match="memory budget exceeded"):
        expr.evaluate(source, {})

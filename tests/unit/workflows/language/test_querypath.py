"""The function `jsonpath` of expressions."""

import pytest

from workflows.runner.language import expr
from workflows.runner.language.errors import ExpressionError
from workflows.runner.language.go import gotext

SCOPE = {
    "s": "abc",
    "n": "3",
    "js": "[1,2,3]",
    "obj": '{"a":{"b":[1,2,{"c":"d"}]},"e":1.5,"f":null}',
    "m": {"a": 1.0, "b": "x", "c": {"d": [1.0, 2.0]}},
    "objs": [{"name": "y", "v": 1.0}, {"name": "x", "v": 2.0}, {"name": "z", "v": 0.5}],
    "nil0": None,
    "t": True,
    "f": 2.0,
}

VALUES = [
    ('jsonpath(obj,"$.a.b[0]")', "1"),
    ('jsonpath(obj,"$.a.b[2].c")', '"d"'),
    ('jsonpath(obj,"$.a.b")', '[1,2,{"c":"d"}]'),
    ('jsonpath(obj,"$.a.b[*]")', '[1,2,{"c":"d"}]'),
    ('jsonpath(obj,"$.a.b[-1]")', '{"c":"d"}'),
    ('jsonpath(obj,"$.a.b[0:2]")', "[1,2]"),
    ('jsonpath(obj,"$.a.b[0,1]")', "[1,2]"),
    ("jsonpath(obj,\"$['a']['b']\")", '[1,2,{"c":"d"}]'),
    ('jsonpath(obj,"$[\\"a\\"]")', '{"b":[1,2,{"c":"d"}]}'),
    ('jsonpath(obj,"$..c")', '["d"]'),
    ('jsonpath(obj,"$.a.b.length")', "3"),
    ('jsonpath(obj,"$.e")', "1.5"),
    ('jsonpath(obj,"$.f")', "null"),
    ('jsonpath(obj,"$")', '{"a":{"b":[1,2,{"c":"d"}]},"e":1.5,"f":null}'),
    ('jsonpath(obj,"$.*")', '[{"b":[1,2,{"c":"d"}]},1.5,null]'),
    ('jsonpath(js,"$[0]")', "1"),
    ('jsonpath(js,"$[1:]")', "[2,3]"),
    ('jsonpath(js,"$[::2]")', "[1,3]"),
    ('jsonpath(js,"$[?(@>1)]")', "[2,3]"),
    ('jsonpath(js,"$[?(@>1 && @<3)]")', "[2]"),
    ('jsonpath(js,"$[(@.length-1)]")', "3"),
    (
        'jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}]","$[?(@.a==2)].b")',
        '["y"]',
    ),
    (
        (
            'jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}]","$[?(@.b==\'x\''
            ')].a")'
        ),
        "[1]",
    ),
    (
        (
            'jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}]","$[?(@.b==\\"x'
            '\\")]")'
        ),
        '[{"a":1,"b":"x"}]',
    ),
    ('jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2}]","$[?(@.b)]")', '[{"a":1,"b":"x"}]'),
    ('jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}]","$[*].a")', "[1,2]"),
    ('jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2}]","$[*].b")', '["x"]'),
    (
        (
            'jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}]","$[?(@.b!=\'x\''
            ')].a")'
        ),
        "[2]",
    ),
    (
        'jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}]","$[?(@.a>=1)].a")',
        "[1,2]",
    ),
    (
        (
            'jsonpath("[{\\"a\\":1,\\"b\\":\\"x\\"},{\\"a\\":2,\\"b\\":\\"y\\"}]","$[?(@.b =~ /'
            'y/)].a")'
        ),
        "[]",
    ),
    (
        (
            'jsonpath("{\\"employees\\":[{\\"name\\":\\"Baris\\",\\"id\\":43},{\\"name\\":\\"M'
            'o\\",\\"id\\":42}]}","$.employees[?(@.name==\'Baris\')].id")'
        ),
        "[43]",
    ),
    (
        (
            'jsonpath("{\\"employees\\":[{\\"name\\":\\"Baris\\",\\"id\\":43},{\\"name\\":\\"M'
            'o\\",\\"id\\":42}]}","$.employees[*].id")'
        ),
        "[43,42]",
    ),
    ('jsonpath("{\\"a b\\":1,\\"c-d\\":2}","$[\'a b\']")', "1"),
    ('jsonpath("{\\"a b\\":1,\\"c-d\\":2}","$.c-d")', "2"),
    ('jsonpath("{\\"a b\\":1,\\"c-d\\":2}","$[\'a b\',\'c-d\']")', "[1,2]"),
    ('jsonpath("{\\"a b\\":1,\\"c-d\\":2}","$.a b")', "1"),
    ('jsonpath("5","$")', "5"),
    ('jsonpath("\\"s\\"","$")', '"s"'),
    ('jsonpath("\\"s\\"","$.length")', "1"),
    ('jsonpath("{\\"a\\":{\\"x\\":1},\\"b\\":{\\"x\\":2}}","$..x")', "[1,2]"),
    ('jsonpath("{\\"a\\":{\\"x\\":1},\\"b\\":{\\"x\\":2}}","$.*.x")', "[1,2]"),
    ('jsonpath("{\\"a\\":[1,2,3]}","$.a[-2:]")', "[2,3]"),
    ('jsonpath("{\\"a\\":[1,2,3]}","$.a[5:]")', "[]"),
    ('jsonpath("{\\"a\\":[1,2,3]}","$.a[0,9]")', "[1]"),
    ('jsonpath("{\\"a\\":[[1,2],[3]]}","$.a[*][0]")', "[1,3]"),
    ('jsonpath("{\\"a\\":[[1,2],[3]]}","$.a[0][1]")', "2"),
]

ERRORS = [
    ('jsonpath(obj,"$.zzz")', "key: invalid token key 'zzz' not found (1:1)"),
    ('jsonpath(obj,"$.a.zzz")', "key: invalid token key 'zzz' not found (1:1)"),
    ('jsonpath(obj,"$.a.b[9]")', "index: invalid token out of range (1:1)"),
    (
        'jsonpath(obj,"a.b")',
        "invalid JSONPath selector 'a.b' unexpected token 'a' at index 0 (1:1)",
    ),
    ('jsonpath(obj,"")', "invalid JSONPath selector '' unexpected token '' at index 0 (1:1)"),
    (
        'jsonpath(obj,"$.")',
        "invalid JSONPath selector '$.' invalid token. token string is empty (1:1)",
    ),
    (
        'jsonpath(obj,"$.a.b[")',
        (
            "invalid JSONPath selector '$.a.b[' invalid token. '[' does not match a"
            "ny token format (1:1)"
        ),
    ),
    ('jsonpath(obj,"$.e.x")', "key: invalid token target. expected [map] got [float64] (1:1)"),
    ('jsonpath(obj,"$.f.x")', "key: invalid token target. expected [map] got [nil] (1:1)"),
    (
        'jsonpath(obj,"$.e[0]")',
        "index: invalid token target. expected [array slice] got [float64] (1:1)",
    ),
    ('jsonpath("x","$")', "invalid character 'x' looking for beginning of value (1:1)"),
    ('jsonpath("","$")', "unexpected end of JSON input (1:1)"),
    (
        'jsonpath("{\\"a\\":[1,2,3]}","$.a[\'x\']")',
        "key: invalid token target. expected [map] got [slice] (1:1)",
    ),
    (
        'jsonpath("{\\"a\\":[1,2,3]}","$.a[1")',
        (
            "invalid JSONPath selector '$.a[1' invalid token. '[1' does not match a"
            "ny token format (1:1)"
        ),
    ),
    (
        'jsonpath("{\\"a\\":[1,2,3]}","$.a.0")',
        "key: invalid token target. expected [map] got [slice] (1:1)",
    ),
]


def environment():
    return expr.environment({}) | SCOPE


@pytest.mark.parametrize(("source", "json"), VALUES)
def test_an_expression_has_the_value_that_the_library_gives(source, json):
    assert gotext.format_json(expr.evaluate(source, environment())) == json


@pytest.mark.parametrize(("source", "message"), ERRORS)
def test_a_wrong_expression_is_refused_in_the_words_of_the_library(source, message):
    with pytest.raises(ExpressionError) as refused:
        expr.evaluate(source, environment())

    assert str(refused.value).split("\n")[0] == message

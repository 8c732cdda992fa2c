"""Reading values out of objects: kubectl's JSONPath, selectors over gjson, jq."""

import pytest

from workflows.runner.language import paths
from workflows.runner.language.errors import PathError

OBJECT = {
    "metadata": {"name": "x", "labels": {"a.b/c": "l", "app": "web"}},
    "status": {
        "phase": "Succeeded",
        "x": 3,
        "f": 2.5,
        "ok": True,
        "none": None,
        "conditions": [
            {"type": "Ready", "status": "True", "n": 1},
            {"type": "Done", "status": "False", "n": 2, "m": {"k": "v"}},
        ],
        "list": [1, 2, 3, [4, 5]],
        "empty": [],
    },
    "items": [{"name": "n1", "v": 1}, {"name": "n2", "v": 2}],
}

PRINTED = [
    ("{.metadata.name}", "x"),
    ("{.status.list}", "[1,2,3,[4,5]]"),
    ("{.status.x}", "3"),
    ("{.status.f}", "2.5"),
    ("{.status.ok}", "true"),
    ("{.status.nope}", ""),
    ("{.status.none}", "null"),
    ("{.items[*].name}", "n1 n2"),
    ("{.items[0].name}", "n1"),
    ("{.items[-1].name}", "n2"),
    ("{.items[0:1].name}", "n1"),
    ('{range .items[*]}{.name}={.v}{"\\n"}{end}', "n1=1\nn2=2\n"),
    ('{.status.conditions[?(@.type=="Ready")].status}', "True"),
    ("{.status.conditions[?(@.n>1)].type}", "Done"),
    ("{.status.conditions[?(@.m)].type}", "Done"),
    ("{.metadata['name','labels']}", 'x {"a.b/c":"l","app":"web"}'),
    ("{.metadata.labels.a\\.b/c}", "l"),
    ("{.metadata.labels['app']}", "web"),
    ("text only", "text only"),
    ("pre {.status.f} post", "pre 2.5 post"),
    ("{.status.list[3][0]}", "4"),
    ("{.status.list[0:4:2]}", "1 3"),
    ("{'lit'}{.status.x}", "lit3"),
    ("{.status.empty[*]}", ""),
    (".status.phase", ".status.phase"),
    ("{.items[?(@.name!='n1')].v}", "2"),
]

REFUSED = [
    ("{", "unclosed action"),
    ("{.a", "unclosed action"),
    ("{.items[5].name}", "array index out of bounds: index 5, length 2"),
    ("{.status.phase[0]}", "string is not array or slice"),
    ("{end}", "not in range, nothing to end"),
    ("{foo}", "unrecognized identifier foo"),
    ("{.items[x]}", "invalid array index x"),
    ("{.items[?(@.v)}", "unclosed array expect ]"),
    ("{'open}", "unterminated quoted string"),
]

CONDITIONS = [
    ("status.phase == Succeeded", [("status.phase==Succeeded", True)]),
    ("status.phase=Failed", [("status.phase=Failed", False)]),
    ("status.phase != Failed", [("status.phase!=Failed", True)]),
    ("status.phase in (Succeeded, Failed)", [("status.phase in (Failed,Succeeded)", True)]),
    ("status.phase notin (Failed)", [("status.phase notin (Failed)", True)]),
    ("status.x > 2", [("status.x>2", True)]),
    ("status.x < 2", [("status.x<2", False)]),
    ("status.nope", [("status.nope", False)]),
    ("!status.nope", [("!status.nope", True)]),
    ("status.nope != a", [("status.nope!=a", True)]),
    ("status.f > 1", [("status.f>1", False)]),
    ("status.ok == true", [("status.ok==true", True)]),
    ("status.conditions.0.type == Ready", [("status.conditions.0.type==Ready", True)]),
    (
        "status.x > 2, status.phase == Failed",
        [("status.phase==Failed", False), ("status.x>2", True)],
    ),
    ("status.none", [("status.none", True)]),
    ("items.1.name == n2", [("items.1.name==n2", True)]),
]

NO_CONDITIONS = [
    ("status.phase ==== x", "unable to parse requirement: found '==', expected: identifie"),
    ("a b", "unable to parse requirement: found 'b', expected: in, notin,"),
    ("== x", "found '==', expected: !, identifier, or 'end of string'"),
    ("a in b", "unable to parse requirement: found 'b' expected: '('"),
    ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
    ("status.x > y", 'unable to parse requirement: values[0]: Invalid value: "y": '),
    (".a == b", 'unable to parse requirement: <nil>: Invalid value: ".a": nam'),
    ("a, ,b", "found ',', expected: identifier after ','"),
    ("a == b c", "found 'c', expected: ',' or 'end of string'"),
    (
        "a==xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        'unable to parse requirement: values[0][a]: Invalid value: "x',
    ),
]


@pytest.mark.parametrize(("template", "text"), PRINTED)
def test_a_jsonpath_template_prints_what_kubectl_prints(template, text):
    assert paths.jsonpath(OBJECT, template) == text


@pytest.mark.parametrize(("template", "message"), REFUSED)
def test_a_template_that_cannot_be_followed_is_refused_with_the_reason(template, message):
    with pytest.raises(PathError) as refused:
        paths.jsonpath(OBJECT, template)

    assert str(refused.value).replace("int is not", "int64 is not") == message


@pytest.mark.parametrize(("text", "outcome"), CONDITIONS)
def test_conditions_hold_as_label_selectors_over_the_object(text, outcome):
    found = [(str(one), one.matches(OBJECT)) for one in paths.selector(text)]

    assert found == outcome


@pytest.mark.parametrize(("text", "message"), NO_CONDITIONS)
def test_malformed_conditions_are_refused_with_the_reason(text, message):
    with pytest.raises(PathError) as refused:
        paths.selector(text)

    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("status.phase", "Succeeded"),
        ("status.f", "2.5"),
        ("status.none", ""),
        ("status.list.3", "[4,5]"),
        ("items.#", "2"),
        ("items.#.name", '["n1","n2"]'),
        ("items.#(v>1).name", "n2"),
        ('items.#(name=="n1")#.v', "[1]"),
        ("status.ph*", "Succeeded"),
        ("metadata.labels.a\\.b/c", "l"),
        ("status.nope", None),
        ("status.list.9", None),
        ("", None),
    ],
)
def test_gjson_paths_find_values_as_text(path, text):
    assert paths.gjson(OBJECT, path) == text


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (".status.phase", "Succeeded"),
        (".items[].name", "n1\nn2"),
        ("[.items[] | select(.v > 1)]", '[{"name":"n2","v":2}]'),
        (".nope", "null"),
        (".status.x / 2", "1.5"),
        ("keys", '["items","metadata","status"]'),
    ],
)
def test_a_jq_filter_prints_each_result_on_a_line(wanted, text):
    pytest.importorskip("jq", reason="the wheel `jq` is not installed")

    assert paths.jq(OBJECT, wanted) == text


@pytest.mark.parametrize("wanted", [".[", 'error("no")'])
def test_a_jq_filter_that_fails_is_refused(wanted):
    pytest.importorskip("jq", reason="the wheel `jq` is not installed")

    with pytest.raises(PathError, match="jq: "):
        paths.jq(OBJECT, wanted)

"""Tags in the JSON text of a template."""

import json

import pytest

from workflows.runner.language import tags
from workflows.runner.language.errors import TagError, UnresolvedError

SCOPE = {
    "workflow.name": "bake-x",
    "workflow.parameters": '[{"name":"p","value":"v"}]',
    "workflow.parameters.p": "v",
    "inputs.parameters.quoted": 'a"b\\c\nd\té',
    "inputs.parameters.n": "3",
    "inputs.parameters.my-p": "x",
    "inputs.parameters.which": "a-b",
    "inputs.parameters.html": "<a>&",
    "steps.a-b.outputs.result": "heads",
    "steps.skipped.outputs.parameters.v": tags.ABSENT,
    "item": '{"k":"w"}',
    "item.k": "w",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{workflow.name}}", "bake-x"),
        ("{{ workflow.name }}-{{inputs.parameters.n}}", "bake-x-3"),
        ("{{inputs.parameters.quoted}}", 'a"b\\c\nd\té'),
        ("{{inputs.parameters.html}}", "<a>&"),
        ("{{unknown.thing}} {{ .Jinja }}", "{{unknown.thing}} {{ .Jinja }}"),
        ("{{steps.{{inputs.parameters.which}}.outputs.result}}", "{{steps.a-b.outputs.result}}"),
        ("{{=inputs.parameters['my-p'] + '!'}}", "x!"),
        ("{{= asInt(inputs.parameters.n) * 2 }}", "6"),
        ("{{=4/2}} {{=0.1+0.2}} {{=[1,'a']}}", '2 0.30000000000000004 [1,"a"]'),
        ("{{=workflow.parameters}}", '{"p":"v"}'),
        ("{{=item.k}} {{=item['k']}} {{=toJson(item)}}", 'w w {"k":"w"}'),
        ("{{=inputs.parameters.html}}", "<a>&"),
        ("{{=steps.skipped.outputs.parameters.v ?? 'none'}}", "none"),
        ("{{=lastRetry.exitCode}}", "{{=lastRetry.exitCode}}"),
        ("{{=inputs.parameters.nope}}", "{{=inputs.parameters.nope}}"),
        ("{{=nil}}", "{{=nil}}"),
        ("{{ =1}}", "{{ =1}}"),
        ("no tags, {single} braces", "no tags, {single} braces"),
    ],
)
def test_tags_are_filled_in_and_unknown_ones_stay(text, filled):
    assert tags.fill_plain(text, SCOPE) == filled


def test_a_whole_template_is_filled_in_as_json():
    template = json.dumps({"args": ["{{inputs.parameters.quoted}}", "{{=inputs.parameters.n}}"]})

    assert json.loads(tags.fill(template, SCOPE)) == {"args": ['a"b\\c\nd\té', "3"]}


def test_the_recorded_substitutions_come_out_as_they_did(vectors):
    modes = {"lenient": None, "prefix": tags.earlier_nodes, "strict": tags.everything}
    for case in vectors["subst"]:
        scope = vectors["subst_scopes"][case["scope"]] | case.get("extra", {})
        scope = {name: tags.ABSENT if text is None else text for name, text in scope.items()}
        try:
            outcome = {"out": tags.fill_plain(case["tmpl"], scope, strict=modes[case["mode"]])}
        except TagError as error:
            outcome = {"error": str(error)}

        assert outcome.get("out") == case.get("out"), case
        assert outcome.get("error", "").startswith(case.get("error", "")), case


@pytest.mark.parametrize(
    ("text", "strict", "message"),
    [
        (
            "{{steps.x.outputs.result}}",
            tags.earlier_nodes,
            "failed to resolve {{steps.x.outputs",
        ),
        ("{{tasks.x.status}}", tags.earlier_nodes, "failed to resolve {{tasks.x.status}}"),
        ("{{anything}}", tags.everything, "failed to resolve {{anything}}"),
        ("{{steps.x.outputs.artifacts.f}}", tags.everything, "failed to resolve"),
        ("{{=steps.x.status}}", tags.earlier_nodes, "steps.x is missing"),
    ],
)
def test_a_name_that_must_exist_and_does_not_is_an_error_of_its_own(text, strict, message):
    with pytest.raises(UnresolvedError, match=message.replace("{", r"\{")):
        tags.fill_plain(text, SCOPE, strict=strict)


@pytest.mark.parametrize(
    "text",
    [
        "{{inputs.parameters.later}}",
        "{{stepsx.a}}",
        "{{steps.x.outputs.artifacts.f}}",
        "{{=item2 ?? 1}}",
    ],
)
def test_other_names_may_wait_also_when_some_must_exist(text):
    assert tags.fill_plain(text, SCOPE, strict=tags.earlier_nodes) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("open {{ brace", 'Cannot find end tag="}}"'),
        ("{{steps.skipped.outputs.parameters.v}}", "output is an absent optional"),
        ("{{=1 +}}", "failed to evaluate expression: unexpected token EOF"),
        ("x-{{x.{{steps.skipped.outputs.parameters.v}}", "unable to substitute nested tag"),
    ],
)
def test_what_can_never_be_filled_in_is_an_error_in_every_pass(text, message):
    with pytest.raises(TagError, match=message) as refused:
        tags.fill_plain(text, SCOPE)

    assert not isinstance(refused.value, UnresolvedError)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{=1 + 'a'}}", r"failed to evaluate expression: invalid operation: \+"),
        ("{{=steps.skipped.outputs.parameters.v}}", "failed to evaluate expression"),
        ("{{=1/0}}", "failed to marshal evaluated expression: json: unsupported value: .Inf"),
        ("{{=1 +}}", "unexpected token EOF"),
    ],
)
def test_a_strict_expression_that_fails_is_an_error(text, message):
    with pytest.raises(TagError, match=message):
        tags.fill_plain(text, SCOPE, strict=tags.earlier_nodes)


def test_a_control_character_breaks_the_json_of_a_simple_tag_but_not_of_an_expression():
    scope = {"x": "bell\x07"}

    with pytest.raises(TagError, match="the result was invalid JSON"):
        tags.fill_plain("{{x}}", scope)
    assert tags.fill_plain("{{=x}}", scope) == "bell\x07"


def test_only_json_is_filled_in():
    with pytest.raises(TagError, match="invalid JSON"):
        tags.fill("{{x}}", {"x": "1"})


def test_the_names_and_expressions_of_a_text_are_listed():
    text = "{{ a.b }} {{=c + 1}} {{d}}"

    assert tags.names(text) == ["a.b", "d"]
    assert tags.expressions(text) == ["c + 1"]

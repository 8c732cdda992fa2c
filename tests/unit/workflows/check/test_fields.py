"""The table of fields: nothing of Argo's schema is missing, and every mark is explained."""

import inspect
import subprocess
import sys
import warnings

import pytest

from workflows.runner.check import fields, support

#: What Hera has for talking to an Argo server: no file ever holds these.
OF_THE_SERVER = {
    "Any", "Column", "CreateOptions", "Error", "GroupVersionResource", "LabelKeys", "LabelValues",
    "Link", "ListMeta", "ServicePort", "StreamError", "SubmitOpts", "V1alpha1LogEntry", "Version",
    "WorkflowWatchEvent",
}  # fmt: skip
#: What Hera models as an object, and what is a plain value in the file.
SCALARS = {"Amount", "IntOrString", "Item", "MicroTime", "ParallelSteps", "Quantity", "Time"}
CALLED_OTHERWISE = {"V1alpha1HTTPHeader": "HTTPHeader", "V1HTTPHeader": "CoreHTTPHeader"}


@pytest.fixture(scope="module")
def models():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from hera.workflows import models as listed

        return {
            name: {field.alias or key for key, field in model.model_fields.items()}
            for name, model in vars(listed).items()
            if inspect.isclass(model) and getattr(model, "model_fields", None)
        }


def of_the_server(name):
    return name in OF_THE_SERVER or name.endswith(("Request", "Response", "List"))


def test_every_type_that_a_file_can_hold_is_in_the_table(models):
    known = {CALLED_OTHERWISE.get(name, name) for name in models}
    wanted = {name for name in known if not of_the_server(name)} - SCALARS

    assert len(wanted) > 200
    assert wanted - fields.schema().keys() == set()


def test_every_field_of_those_types_is_in_the_table(models):
    schema = fields.schema()
    missing = {}
    for model, names in models.items():
        name = CALLED_OTHERWISE.get(model, model)
        if name in schema and (lost := names - schema[name].keys()):
            missing[name] = lost

    assert missing == {}


def test_a_field_holds_a_scalar_or_a_type_of_the_table():
    from workflows.runner.check.structure import SCALARS as CHECKED

    schema = fields.schema()
    held = {
        field.holds.replace("[]", "").replace("{}", "")
        for of_type in schema.values()
        for field in of_type.values()
    }

    assert held - CHECKED.keys() - schema.keys() == set()


def test_what_is_not_done_says_why():
    silent = [
        f"{name}.{field.name}"
        for name, of_type in fields.schema().items()
        for field in of_type.values()
        if (field.support == "done") == bool(field.why)
    ]

    assert silent == []


def test_a_list_merges_by_a_field_that_its_items_have():
    schema = fields.schema()
    wrong = [
        f"{name}.{field.name}"
        for name, of_type in schema.items()
        for field in of_type.values()
        if field.merge_key and field.merge_key not in schema[field.holds.removeprefix("[]")]
    ]

    assert wrong == []


def test_a_type_that_is_like_another_has_its_fields_too():
    script = fields.schema()["ScriptTemplate"]

    assert script["source"].support == "done"
    assert script["image"] == fields.schema()["Container"]["image"]


def test_the_table_is_read_without_hera_or_pydantic():
    code = (
        "import sys; from workflows.runner.check import validate, structure, support;"
        "support.support_table();"
        "sys.exit(' '.join({'hera', 'pydantic'} & sys.modules.keys()) or None)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_table_can_be_printed_in_each_form():
    rows = support.support_table()
    plugin = support.Row(
        "Template", "plugin", "any", "refused", "a plugin is a server in the cluster"
    )

    assert plugin in rows
    assert "Template.plugin" in support.render(rows)
    assert support.render(rows).splitlines()[-1].startswith(f"{len(rows)} fields: ")
    assert "| Template.plugin | `any` | refused | " in support.render(rows, "markdown")
    assert '"field": "plugin"' in support.render(rows, "json")

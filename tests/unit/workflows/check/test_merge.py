"""Merging as Kubernetes does it: by field, by key, in the order that it keeps."""

import pytest

from workflows.runner.check import merge


def test_a_list_with_a_key_is_merged_and_one_without_is_replaced():
    base = {
        "containers": [
            {
                "name": "main",
                "image": "oven",
                "args": ["a"],
                "env": [{"name": "HEAT", "value": "1"}],
            },
            {"name": "wait", "image": "clock"},
        ]
    }
    patch = {
        "containers": [{"name": "main", "args": ["b"], "env": [{"name": "FAN", "value": "2"}]}]
    }

    assert merge.strategic(base, patch, "PodSpec") == {
        "containers": [
            {
                "name": "main",
                "image": "oven",
                "args": ["b"],
                "env": [{"name": "FAN", "value": "2"}, {"name": "HEAT", "value": "1"}],
            },
            {"name": "wait", "image": "clock"},
        ]
    }


def test_each_side_keeps_its_order_and_what_is_new_comes_first():
    base = {"volumes": [{"name": name} for name in "abc"]}
    patch = {"volumes": [{"name": name} for name in "xcy"]}

    merged = merge.strategic(base, patch, "PodSpec")

    assert [volume["name"] for volume in merged["volumes"]] == ["x", "a", "b", "c", "y"]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"nodeSelector": None}, {"volumes": [{"name": "a"}, {"name": "b"}]}),
        (
            {"nodeSelector": {"$patch": "replace", "zone": "2"}},
            {"nodeSelector": {"zone": "2"}, "volumes": [{"name": "a"}, {"name": "b"}]},
        ),
        (
            {"volumes": [{"name": "a", "$patch": "delete"}]},
            {"nodeSelector": {"disk": "ssd"}, "volumes": [{"name": "b"}]},
        ),
        (
            {"volumes": [{"name": "c"}, {"$patch": "replace"}]},
            {"nodeSelector": {"disk": "ssd"}, "volumes": [{"name": "c"}]},
        ),
    ],
    ids=["null takes away", "replace a map", "delete an item", "replace a list"],
)
def test_a_patch_can_take_away(patch, expected):
    base = {"nodeSelector": {"disk": "ssd"}, "volumes": [{"name": "a"}, {"name": "b"}]}

    assert merge.strategic(base, patch, "PodSpec") == expected
    assert base == {"nodeSelector": {"disk": "ssd"}, "volumes": [{"name": "a"}, {"name": "b"}]}


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"containers": [{"image": "oven"}]}, "an item of containers has no name"),
        ({"nodeSelector": {"$patch": "fold"}}, r"unknown directive \$patch: fold"),
        ({"$setElementOrder/containers": []}, r"the directive \$setElementOrder/containers is not"),
    ],
)
def test_a_patch_that_cannot_be_laid_over_is_an_error(patch, message):
    base = {"containers": [{"name": "main"}], "nodeSelector": {"disk": "ssd"}}

    with pytest.raises(merge.MergeError, match=message):
        merge.strategic(base, patch, "PodSpec")


def test_a_template_wins_over_the_defaults_and_takes_only_those_of_its_kind():
    defaults = {
        "timeout": "30s",
        "retryStrategy": {"limit": "2", "retryPolicy": "Always"},
        "container": {"image": "oven", "env": [{"name": "HEAT", "value": "low"}]},
        "script": {"image": "pan"},
    }
    template = {
        "name": "bake",
        "timeout": "",
        "retryStrategy": {"limit": "5"},
        "container": {"command": ["bake"], "args": []},
    }

    assert merge.template_defaults(template, defaults) == {
        "name": "bake",
        "timeout": "30s",
        "retryStrategy": {"limit": "5", "retryPolicy": "Always"},
        "container": {
            "image": "oven",
            "env": [{"name": "HEAT", "value": "low"}],
            "command": ["bake"],
        },
    }
    assert merge.template_defaults(template, None) == template


def test_a_workflow_wins_over_its_template_over_the_defaults():
    workflow = {
        "workflowTemplateRef": {"name": "kitchen"},
        "arguments": {"parameters": [{"name": "heat", "value": "high"}]},
        "hooks": {"exit": {"template": "clean"}},
    }
    template = {
        "entrypoint": "bake",
        "suspend": True,
        "arguments": {
            "parameters": [
                {"name": "heat", "value": "low", "enum": ["low", "high"]},
                {"name": "spice", "value": "salt"},
            ]
        },
        "hooks": {"exit": {"template": "report", "expression": "true"}, "run": {"template": "say"}},
        "volumes": [{"name": "shelf", "emptyDir": {}}],
    }
    defaults = {"entrypoint": "other", "parallelism": 3, "volumes": [{"name": "table"}]}

    assert merge.workflow_template_ref(workflow, template, defaults) == {
        "workflowTemplateRef": {"name": "kitchen"},
        "entrypoint": "bake",
        "parallelism": 3,
        "arguments": {
            "parameters": [{"name": "heat", "value": "high"}, {"name": "spice", "value": "salt"}]
        },
        "hooks": {"exit": {"template": "clean"}, "run": {"template": "say"}},
        "volumes": [{"name": "shelf", "emptyDir": {}}, {"name": "table"}],
    }


def test_an_artifact_keeps_the_store_of_the_lower_spec_if_both_name_the_same_kind():
    workflow = {"arguments": {"artifacts": [{"name": "a", "s3": {"key": "mine"}}]}}
    template = {"arguments": {"artifacts": [{"name": "a", "s3": {"key": "theirs", "bucket": "b"}}]}}

    merged = merge.workflow_template_ref(workflow, template)

    assert merged["arguments"]["artifacts"] == [{"name": "a", "s3": {"key": "mine", "bucket": "b"}}]

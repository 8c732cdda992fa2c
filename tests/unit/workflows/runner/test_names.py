"""How nodes, pods and workflows are named."""

import pytest

from workflows.runner.model import names


def test_ids_are_made_by_argos_formula() -> None:
    assert names.node_id("wf", "wf") == "wf"
    assert names.node_id("wf", "wf[0].a") == f"wf-{names.fnv32a('wf[0].a')}"
    assert names.fnv32a("") == 2166136261
    assert names.fnv32a("hello") == 1335831723


@pytest.mark.parametrize(
    ("name", "boundary", "shown"),
    [
        ("wf", None, "wf"),
        ("wf[0]", "wf", "[0]"),
        ("wf[0].a", "wf", "a"),
        ("wf[0].a(1:x.y)", "wf", "a(1:x.y)"),
        ("wf.t1.t2", "wf.t1", "t2"),
        ("wf(0)", None, "wf(0)"),
        ("wf.onExit", None, "wf.onExit"),
    ],
)
def test_a_display_name_is_the_last_part(name: str, boundary: str | None, shown: str) -> None:
    assert names.display_name(name, boundary) == shown


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("wf[0].a", "a"),
        ("wf[0].a(0:x)", "a"),
        ("wf[0].a(0:1.5)(2)", "a"),
        ("wf.t1(3:[x y])(0)[1]", "t1"),
        ("wf", "wf"),
    ],
)
def test_a_step_is_found_below_loop_and_retry_suffixes(name: str, step: str) -> None:
    assert names.step_name(name) == step


def test_a_pod_name_has_workflow_template_and_hash() -> None:
    assert names.pod_name("wf", "wf", "main") == "wf"
    assert names.pod_name("wf", "wf[0].a", "say") == f"wf-say-{names.fnv32a('wf[0].a')}"


def test_generated_names_are_cut_like_the_api_server_cuts_them() -> None:
    made = names.generate("x" * 70)

    assert len(made) == 63
    assert made.startswith("x" * 58)

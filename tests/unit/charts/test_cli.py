"""`python -m charts` and `invoke charts.*` as a person or a workflow step runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
from invoke import Program
from charts.tasks import namespace
Program(namespace=namespace).run()
"""
DIGEST = "release.digest=sha256:" + "a" * 64


def charts(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "charts", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "GOURMET_GITOPS": "", **env},
    )  # fmt: skip


def invoke(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "GOURMET_GITOPS": "", **env},
    )  # fmt: skip


def test_render_writes_a_file_an_object(tmp_path):
    done = charts("render", "--site", "local", "--environment", "staging", "--set", DIGEST,
                  "--out", tmp_path / "out")  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "deployment-gourmetgram-app.yaml",
        "networkpolicy-gourmetgram-app.yaml",
        "persistentvolumeclaim-feedback.yaml",
        "referencegrant-gateway.yaml",
        "service-gourmetgram-app.yaml",
        "serviceaccount-gourmetgram-app.yaml",
    ]


def test_render_prints_where_no_folder_is_named():
    done = charts("render", "--platform")

    assert done.returncode == 0
    assert done.stdout.count("\n---\n") == 21


def test_a_refusal_is_one_sentence_and_exit_code_2(tmp_path):
    done = charts("render", "--environment", "staging", "--out", tmp_path / "out")

    assert done.returncode == 2
    assert done.stderr == (
        "charts/app: release.digest is empty: an image of ours is named by digest only. Give "
        "--set release.digest=sha256:… as `bake` printed it.\n"
    )
    assert not (tmp_path / "out").exists()


def test_validate_is_content_with_what_we_ship():
    done = charts("validate")

    assert done.returncode == 0, done.stdout
    assert done.stderr.endswith(" objects, 0 problems.\n")


def test_validate_of_a_folder_names_object_and_field_and_exits_1(tmp_path):
    charts("render", "--environment", "canary", "--set", DIGEST, "--out", tmp_path)
    file = tmp_path / "deployment-gourmetgram-app.yaml"
    file.write_text(file.read_text().replace("replicas:", "replcas:"))

    done = charts("validate", tmp_path, "--json")

    assert done.returncode == 1
    said = {(problem["object"], problem["sentence"]) for problem in json.loads(done.stdout)}
    name = "Deployment gourmetgram-canary/gourmetgram-app"
    assert (name, "spec.replcas: no such field; did you mean replicas?") in said
    assert (name, "spec.replicas is missing") in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("staging",), "Name the GitOps repository: --gitops FOLDER, or GOURMET_GITOPS.\n"),
        (("--gitops", "x"), "Name one environment to hold against Git, two to compare, or "
                            "--platform.\n"),
        (("staging", "canry", "--gitops", "x"),
         "There is no environment 'canry': did you mean canary?\n"),
    ],
)  # fmt: skip
def test_diff_says_what_it_needs(arguments, sentence):
    done = charts("diff", *arguments)

    assert (done.returncode, done.stderr) == (2, sentence)


def test_importing_the_tasks_loads_no_engine():
    loaded = "[name in sys.modules for name in ('helm_python', 'charts.engine')]"
    check = f"import sys, charts.tasks; print(*{loaded})"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["False", "False"]


def test_invoke_renders_a_site_before_there_is_any_release(tmp_path):
    done = invoke("render", "--out", "rendered", GOURMET_FROM=str(tmp_path),
                  GOURMET_STATE=str(tmp_path / "state"))  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "(a sample release: Git holds none)" in done.stdout
    assert (tmp_path / "rendered/environments/canary/deployment-gourmetgram-app.yaml").exists()
    assert (tmp_path / "rendered/platform/httproute-gourmetgram.yaml").exists()


def test_invoke_passes_exit_codes_on(tmp_path):
    assert invoke("validate", "--site", "locl").returncode == 2
    assert invoke("render", "--env", "stagin", GOURMET_STATE=str(tmp_path)).returncode == 2


def test_invoke_diff_holds_git_against_the_charts(tmp_path):
    state = {"GOURMET_STATE": str(tmp_path)}
    invoke("render", "--out", tmp_path / "gitops.git", **state)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for command in (["init", "-b", "main"], ["add", "-A"], [*identity, "commit", "-m", "first"]):
        folder = tmp_path / "gitops.git"
        subprocess.run(["git", "-C", folder, *command], check=True, capture_output=True)

    same = invoke("diff", **state)
    stepped = invoke("diff", "--set", "traffic.canary=50", **state)

    assert (same.returncode, same.stdout) == (0, "")
    assert stepped.returncode == 1
    assert "+      weight: 50\n" in stepped.stdout

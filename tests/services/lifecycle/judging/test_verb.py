"""`judge` as workflow steps and people call it: verdicts, files, exit codes, the report."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from html.parser import HTMLParser

import pytest
from PIL import Image

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.judging import report, thresholds
from services.lifecycle.judging.errors import FailedError, NoVerdictError
from services.lifecycle.judging.evidence import Evidence
from services.lifecycle.judging.judgement import Judgement
from services.lifecycle.judging.signals import Finding, Verdict
from services.lifecycle.verbs import judge, register
from tests.services.lifecycle.conftest import ROOT

REPORT = {"judgement.json", "index.html", "signals.png", "latency.png", "classes.png", "course.png"}


@pytest.fixture
def asked(tmp_path):
    return {
        "version": None,
        "window": 0.1,
        "evidence": "none",
        "deadline": 1800.0,
        "replay": "",
        "environment": "canary",
        "limits": thresholds.FILE,
        "tell": False,
        "act": False,
        "operation": "judge-1",
        "outputs": tmp_path / "outputs",
    }


@pytest.fixture
def judged(verbs, asked, fleet, values):
    values["GOURMET_SITE_API"] = fleet.url
    values.setdefault(
        "MLFLOW_TRACKING_URI", "http://127.0.0.1:9"
    )  # nobody may need it without a version

    def run(**more):
        return verbs(judge, **asked | more)

    return run


@pytest.fixture
def bootstrap_canary(fleet, production):
    return fleet.serve("canary", "none", "sha256:" + "e" * 64)[0]


def after(judged, canary, production, answers):
    """Begin, let answers come, and return the evidence."""
    begun = judged(tell=True, window=0.01)
    assert begun["look"] == "again"
    canary.take(answers)
    production.take(9 * answers)
    return begun["evidence"]


def verdict_file(asked):
    return (asked["outputs"] / "verdict").read_text()


def test_a_good_canary_passes(judged, asked, bootstrap_canary, production):
    evidence = after(judged, bootstrap_canary, production, 700)

    outputs = judged(evidence=evidence, window=5)

    assert (outputs["verdict"], outputs["look"]) == ("pass", "stop")
    assert outputs["digest"] == bootstrap_canary.digest


def test_a_bad_canary_fails_this_step_and_leaves_its_verdict(
    judged, asked, bootstrap_canary, production
):
    bootstrap_canary.errors = 1.0
    evidence = after(judged, bootstrap_canary, production, 60)

    with pytest.raises(FailedError, match=r"fails beside production: errors: 100\.0%"):
        judged(evidence=evidence, window=5)

    assert verdict_file(asked) == "fail"
    assert (asked["outputs"] / "reason").read_text().startswith("errors: ")


def test_too_little_is_never_a_pass(judged, asked, bootstrap_canary, production):
    with pytest.raises(NoVerdictError, match="no verdict, wait: 0 answers of the canary"):
        judged()

    assert verdict_file(asked) == "wait"
    assert (asked["outputs"] / "look").read_text() == "again"


def test_a_workflow_is_only_told(judged, bootstrap_canary, production):
    bootstrap_canary.errors = 1.0
    evidence = after(judged, bootstrap_canary, production, 60)

    assert judged(evidence=evidence, tell=True, window=5)["verdict"] == "fail"


def test_after_the_deadline_nobody_looks_again_and_it_has_not_passed(
    judged, bootstrap_canary, production
):
    evidence = judged(tell=True, window=0.01)["evidence"]

    outputs = judged(tell=True, evidence=evidence, window=0.3, deadline=0.2)

    assert (outputs["verdict"], outputs["look"]) == ("wait", "stop")


def test_evidence_is_judged_again_without_asking_anybody(judged, fleet, canary, production):
    canary.errors = 1.0
    evidence = judged(tell=True, version=7, window=0.01)["evidence"]
    canary.take(60)
    production.take(500)
    seen = judged(tell=True, version=7, evidence=evidence, window=5)
    fleet.environments.clear()

    again = judged(tell=True, version=7, evidence=seen["evidence"], window=0)

    assert (again["verdict"], again["reason"]) == (seen["verdict"], seen["reason"])


def test_evidence_of_another_version_is_refused(judged, canary, production):
    evidence = judged(tell=True, version=7, window=0.01)["evidence"]

    with pytest.raises(AskedWronglyError, match="of version 7 and not of none"):
        judged(evidence=evidence)


def test_staging_has_no_live_traffic_to_judge(judged):
    with pytest.raises(AskedWronglyError, match="staging has no traffic to compare"):
        judged(environment="staging")


def test_the_report_has_numbers_plots_and_a_page_that_needs_no_other(
    judged, asked, bootstrap_canary, production
):
    evidence = after(judged, bootstrap_canary, production, 700)

    judged(evidence=evidence, window=5)

    folder = asked["outputs"] / "report"
    assert {path.name for path in folder.iterdir()} == REPORT
    facts = json.loads((folder / "judgement.json").read_text())
    assert (facts["verdict"], facts["production"], facts["kind"]) == ("pass", "6", "live")
    assert (facts["canary"]["answers"], facts["false_alarm"]) == (700, 0.01)
    for plot in folder.glob("*.png"):
        with Image.open(plot) as picture:
            picture.load()
            assert len(picture.convert("RGB").getcolors(10**6)) > 5, f"{plot.name} is empty"
    assert outside((folder / "index.html").read_text()) == []


def outside(page):
    """Return what a page would have to fetch."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.extend(
                value
                for name, value in attributes
                if name in ("src", "href") and not value.startswith("data:")
            )

    Reader().feed(page)
    return found


def test_markup_in_what_is_reported_stays_text():
    made = Judgement(Verdict.WAIT, "<script>", (Finding("<b>", Verdict.WAIT, "<i>"),))

    page = report.page(Evidence("7"), made, [], false_alarm=0.01, replayed=False)

    for markup in ("<script>", "<b>", "<i>"):
        assert markup not in page


def test_the_journal_keeps_the_verdict(judged, verbs, bootstrap_canary, production):
    with pytest.raises(NoVerdictError):
        judged()

    (entry,) = verbs.step.journal.entries("judge-1")
    assert (entry["move"], entry["environment"], entry["verdict"]) == ("judge", "canary", "wait")
    assert entry["digest"] == bootstrap_canary.digest


@pytest.fixture
def registered(verbs, values, mlflow, trained):
    """Return the training run and the number of a registered version."""
    values["MLFLOW_TRACKING_URI"] = mlflow
    run = trained.run()
    return run, int(verbs(register, run=run, operation="register-1")["version"])


def test_the_report_goes_to_the_training_run_of_the_version(
    judged, registered, trained, fleet, production
):
    run, version = registered
    fleet.serve("canary", str(version), "sha256:" + "e" * 64)

    with pytest.raises(NoVerdictError):
        judged(version=version, outputs=None)

    kept = trained.client.list_artifacts(run, "canary-judge/judge-1")
    assert {file.path.rpartition("/")[2] for file in kept} == REPORT


@pytest.fixture
def alike(values, fleet, registered, production):
    """Let a registered version in canary agree with production."""
    canary = fleet.serve("canary", str(registered[1]), "sha256:" + "e" * 64)[0]
    values["CANARY_URL"], values["PRODUCTION_URL"] = map(fleet.address, ("canary", "production"))
    canary.choose = production.choose = lambda _body: (200, "Egg")
    return canary


@pytest.mark.parametrize("kind", ["judge", "replay"])
def test_gates_find_the_verdict_and_its_image_on_the_version(judged, verbs, alike, tmp_path, kind):
    (tmp_path / "one.png").write_bytes(b"a photo")
    version = int(alike.version)

    with pytest.raises(NoVerdictError):
        judged(version=version, replay=str(tmp_path) if kind == "replay" else "")

    tags = verbs.step.registry.version(version).tags
    assert tags[f"gourmetops.{kind}"] == f"wait {alike.digest}"


@pytest.fixture
def at_odds(values, fleet, bootstrap_canary, production):
    """Let canary and production never agree."""
    values["CANARY_URL"], values["PRODUCTION_URL"] = map(fleet.address, ("canary", "production"))
    bootstrap_canary.choose = lambda _body: (200, "Egg")
    production.choose = lambda _body: (200, "Bread")


@pytest.mark.usefixtures("at_odds")
def test_a_replay_is_judged_in_the_same_way(judged, asked, tmp_path):
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for number in range(80):
        (recordings / f"{number}.png").write_bytes(bytes([number]))

    with pytest.raises(FailedError, match="disagreement: 100"):
        judged(replay=str(recordings))

    facts = json.loads((asked["outputs"] / "report" / "judgement.json").read_text())
    assert facts["kind"] == "replay"
    assert verdict_file(asked) == "fail"


def test_the_command_exits_1_for_what_did_not_pass(values, fleet, bootstrap_canary, tmp_path):
    outputs = tmp_path / "outputs"
    environment = {**os.environ, **values, "GOURMET_SITE_API": fleet.url}
    command = [sys.executable, "-m", "services.lifecycle", "judge", "--version", "none"]
    command += ["--window", "0.1", "--outputs", str(outputs)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stderr
    assert "no verdict, wait" in done.stderr
    assert (outputs / "verdict").read_text() == "wait"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("errors: 0.03", "errrors: 0.03"),
            "signals.errors, signals.errrors is missing",
        ),
        (("factor: 2.0", "factor: 1"), "latency.factor is 1, and must be above 1"),
        (("false_alarm: 0.01", "false_alarm: 0"), "false_alarm is 0"),
        (("classes: 0.35", "classes: 35"), "signals.classes is 35, and must be between 0 and 1"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(judged, tmp_path, change, words):
    file = tmp_path / "limits.yaml"
    file.write_text(thresholds.FILE.read_text().replace(*change))

    with pytest.raises(AskedWronglyError) as refusal:
        judged(limits=file)

    assert words in str(refusal.value)


def test_the_arguments_are_those_that_the_tests_give(asked):
    from argparse import ArgumentParser

    parser = ArgumentParser()
    judge.arguments(parser)
    declared = set(vars(parser.parse_args(["--version", "none"])))

    assert declared | {"operation", "outputs"} == set(vars(Namespace(**asked)))

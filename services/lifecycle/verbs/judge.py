"""Compare the canary with production, from live metrics or by a replay of recorded photos."""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.judging import acting, judgement, report, thresholds, watch
from services.lifecycle.judging import replay as shadow
from services.lifecycle.judging.errors import FailedError, NoVerdictError
from services.lifecycle.judging.evidence import CANARY, PRODUCTION, Evidence
from services.lifecycle.judging.judgement import Judgement
from services.lifecycle.judging.signals import Verdict
from services.lifecycle.judging.thresholds import Thresholds
from services.lifecycle.releasing import weights
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import NONE, version, written
from services.lifecycle.step import Step

STAGING = "staging"
AGAIN, STOP = "again", "stop"
# The photos that production keeps, wherever the site says that this is.
RECORDED = "recorded"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="that canary serves")
    parser.add_argument("--window", type=float, default=60, help="seconds to watch; 0 only judges")
    parser.add_argument("--evidence", default=NONE, help="what an earlier look put out, to go on")
    parser.add_argument("--deadline", type=float, default=1800, help="seconds for all looks")
    parser.add_argument(
        "--replay",
        default="",
        metavar="DIR",
        help=f"recorded photos to send again; {RECORDED} are those that production keeps",
    )
    parser.add_argument(
        "--environment", default=CANARY, choices=(STAGING, CANARY), help="staging: in a replay only"
    )
    parser.add_argument("--limits", type=Path, default=thresholds.FILE, help="thresholds as YAML")
    parser.add_argument(
        "--act",
        action="store_true",
        help="set the canary's share of traffic: 0 on a fail, the next step of the plan on a pass",
    )
    parser.add_argument(
        "--tell", action="store_true", help="only put the verdict out; exit 0 whatever it is"
    )


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Judge; leave the verdict and the report, and pass only what is good for certain."""
    limits = thresholds.read(asked.limits)
    evidence, made = _judge(step, asked, limits)
    is_next = False
    if asked.act:
        after = acting.act(step, asked.operation, evidence, made)
        is_next, evidence = after.share != evidence.share, after
    outputs = _outputs(asked, evidence, made, is_next=is_next)
    if not asked.tell:
        _report(step, asked, limits, evidence, made)
        _leave(asked, outputs)
        _require_pass(asked, made)
    return outputs


def _judge(step: Step, asked: Namespace, limits: Thresholds) -> tuple[Evidence, Judgement]:
    if asked.replay:
        return _replayed(step, asked, limits)
    if asked.environment != CANARY:
        raise AskedWronglyError(
            f"{asked.environment} has no traffic to compare. Judge it by a replay: --replay DIR"
        )
    evidence, is_bad = Evidence(written(asked.version)), False
    if asked.evidence != NONE:
        evidence = Evidence.read(asked.evidence)
        _require_same_version(evidence, asked)
    if asked.act:
        evidence, is_bad = acting.begin(step, asked.operation, evidence)
    if evidence.share is not None:
        limits = acting.shared(limits, weights.steps())
    if is_bad or asked.window <= 0:
        return evidence, watch.weigh(evidence, limits)
    recordings = step.settings.recordings if step.settings.has_recordings else None
    api = step.settings.site_api
    say, window = step.say, asked.window
    return watch.watch(api, evidence, limits, window, say, recordings=recordings)


def _replayed(step: Step, asked: Namespace, limits: Thresholds) -> tuple[Evidence, Judgement]:
    is_ours = asked.replay == RECORDED
    photos = shadow.recordings(step.settings.recordings if is_ours else Path(asked.replay))
    champion, candidate = (step.settings.address(e) for e in (PRODUCTION, asked.environment))
    serves, their_image = shadow.serves(champion)
    image = shadow.require_version(asked.environment, candidate, written(asked.version))
    began = time.time()
    here, there = shadow.replay(photos, candidate, champion, step.say)
    evidence = Evidence(
        written(asked.version),
        serves,
        images=(image, their_image),
        began=began,
        ended=time.time(),
        canary=here,
        other=there,
    )
    return evidence, judgement.judge(here, there, limits, serves=serves)


def _outputs(
    asked: Namespace, evidence: Evidence, made: Judgement, *, is_next: bool
) -> dict[str, str]:
    """Return what the workflow reads: `look` says whether looking once more is of use."""
    late = evidence.began and evidence.ended - evidence.began >= asked.deadline
    open_ = made.verdict is Verdict.WAIT and not late and not asked.replay
    return {
        "verdict": made.verdict.value,
        "reason": made.reason,
        "look": AGAIN if open_ or is_next else STOP,
        "evidence": evidence.text(),
        "digest": evidence.digest,
    }


def _report(
    step: Step, asked: Namespace, limits: Thresholds, evidence: Evidence, made: Judgement
) -> None:
    """Write the report where the caller finds it, and with the training run of the version."""
    folder = (asked.outputs or step.work) / "report"
    is_replay = bool(asked.replay)
    report.write(folder, evidence, made, false_alarm=limits.false_alarm, replayed=is_replay)
    step.say(f"{made.verdict}: {made.reason}")
    kind = "replay" if is_replay else "judge"
    verdict = {"verdict": made.verdict.value, "reason": made.reason, "version": asked.version}
    verdict["digest"] = evidence.digest
    Operation(asked.operation, asked.environment, step.journal).note(kind, "seen", **verdict)
    if asked.version is not None:
        known = step.registry.version(asked.version)
        step.registry.upload(known.run, folder, f"{asked.environment}-{kind}/{asked.operation}")
        # Gates read this: the verdict holds for this very image and no other.
        step.registry.tag(asked.version, **{kind: f"{made.verdict.value} {evidence.digest}"})


def _leave(asked: Namespace, outputs: dict[str, str]) -> None:
    """Write the outputs even when the verdict is a failure of this step."""
    for name, value in outputs.items() if asked.outputs else ():
        (asked.outputs / name).write_text(value)


def _require_pass(asked: Namespace, made: Judgement) -> None:
    if made.verdict is Verdict.FAIL:
        raise FailedError(written(asked.version), made.reason)
    if made.verdict is not Verdict.PASS:
        raise NoVerdictError(written(asked.version), made.reason, replayed=bool(asked.replay))


def _require_same_version(evidence: Evidence, asked: Namespace) -> None:
    if evidence.version != written(asked.version):
        raise AskedWronglyError(
            f"--evidence is of version {evidence.version} and not of {written(asked.version)}. "
            "Begin anew: leave it out."
        )

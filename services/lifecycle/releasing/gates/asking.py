"""Ask every gate between a version and an environment; moves nothing.

What cannot be asked at this moment (a registry or a site that gives no answer) waits, so
that the other gates are told all the same.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.lifecycle.clients.registry import NoVersionError, Run, Version
from services.lifecycle.errors import LifecycleError, RefusedError, ServingError, WrongVersionError
from services.lifecycle.evidence import verification
from services.lifecycle.evidence.errors import EvidenceError
from services.lifecycle.images import source
from services.lifecycle.releasing import git, serving
from services.lifecycle.releasing.gates import approvals, judgements, policy
from services.lifecycle.releasing.gates.approval import Case, Person
from services.lifecycle.releasing.gates.gate import Answer, Gate, allow
from services.lifecycle.releasing.gitops import Commit
from services.lifecycle.releasing.releases import Release, spoken
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.step import Step

SOURCES = {"canary": "staging", "production": "canary"}
IMAGE, APP_COMMIT = "gourmetops.image", "gourmetops.app-commit"
SLACK = timedelta(minutes=2)


@dataclass(frozen=True)
class Question:
    """May this version go there?

    Attributes:
        version: The model version.
        target: The environment.
        promoter: Who asks, where that is known.
    """

    version: int
    target: str
    promoter: Person | None = None

    @property
    def source(self) -> str:
        """Return the environment that it comes from."""
        return SOURCES[self.target]


@dataclass(frozen=True)
class Asked:
    """What came of asking.

    Attributes:
        digest: The image that was asked about; empty where none was baked.
        held: What Git says the source environment holds.
        gates: Every gate with its answer.
    """

    digest: str
    held: Commit | None
    gates: tuple[Gate, ...]

    @property
    def release(self) -> Release | None:
        """Return the release that was asked about, where the source environment holds it."""
        return self.held.release if self.held and self.held.release.digest == self.digest else None


class Asking:
    """Asks the gates of one question, one after the other, each of its own source.

    Raises:
        NoVersionError: the registry answers, and knows no such version.
    """

    def __init__(self, step: Step, question: Question) -> None:
        self.step = step
        self.question = question
        self.policy = policy.read(step.settings.policy)
        self.rules = self.policy.of(question.target)
        self.held = step.gitops.current(question.source)
        self.known = _answered(lambda: step.registry.version(question.version))
        self.now, self.behind = now(step)

    def ask(self) -> Asked:
        """Ask them all."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            slow = [pool.submit(each) for each in (self.serving, self.provenance, self.model_tests)]
            gates = [*self.of_version(), *self.of_time(), self.approval()]
            return Asked(self.digest, self.held, (*(each.result() for each in slow), *gates))

    @property
    def digest(self) -> str:
        """Return the image of the version: what the source holds, or else what was baked."""
        if self.held and self.held.release.version == self.question.version:
            return self.held.release.digest
        return self.known.tags.get(IMAGE, "") if isinstance(self.known, Version) else ""

    @property
    def commit(self) -> str:
        """Return the source commit that the image was made from."""
        if self.held and self.held.release.version == self.question.version:
            return self.held.release.commit
        return self.known.tags.get(APP_COMMIT, "") if isinstance(self.known, Version) else ""

    def serving(self) -> Gate:
        """Does the source serve exactly this version, on every replica?"""
        name, where = "serving", self.question.source
        try:
            seen = require_serving(self.step, self.question, self.held)
        except (WrongVersionError, RefusedError) as error:
            return Gate(name, Answer.DENY, str(error).rstrip("."), firm=True)
        except ServingError as error:
            return Gate(name, Answer.WAIT, str(error).rstrip("."), firm=True)
        return allow(name, f"{where} serves exactly this version", str(seen), firm=True)

    def provenance(self) -> Gate:
        """Can it be proved what the image is, and how it was built?"""
        name = "provenance"
        if not self.digest:
            remedy = "Bake it: run workflows/build-container-image.yaml"
            return Gate(name, Answer.WAIT, "no image was baked of it", remedy, firm=True)
        try:
            said = verification.require(self.step, self.digest)
        except EvidenceError as error:
            return Gate(name, Answer.DENY, str(error).rstrip("."), firm=True)
        except LifecycleError as error:
            return Gate(name, Answer.WAIT, str(error).rstrip("."), firm=True)
        evidence = f"operation {said.operation}, by {said.by}, key {said.key}"
        return allow(name, "signature and contents are as baked", evidence, firm=True)

    def model_tests(self) -> Gate:
        """Did the model's tests pass?"""
        if not isinstance(self.known, Version):
            return Gate("model tests", Answer.WAIT, _silent(self.known))
        run = self.known.run
        found = _answered(lambda: self.step.registry.finished_run(run))
        if not isinstance(found, Run):
            return Gate("model tests", Answer.DENY, _silent(found), judgements.TRAIN)
        return judgements.model_tests(run, found.tags)

    def of_version(self) -> list[Gate]:
        """Ask what is written on the version."""
        known = self.known
        if not isinstance(known, Version):
            names = ("staging tests", "hold", "verdict")
            return [Gate(name, Answer.WAIT, _silent(known)) for name in names]
        gates = [
            judgements.staging_tests(known.tags, self.digest),
            judgements.hold(known.tags, known.number),
        ]
        if self.question.target == "production":
            gates.append(judgements.verdict(known.tags, self.digest, self.rules.verdict))
        return gates

    def of_time(self) -> list[Gate]:
        """Ask whether it is a time to move anything."""
        ends, hours = self.step.settings.lease_ends, self.policy.lease_hours
        return [
            judgements.lease(ends, hours, self.now),
            judgements.freeze(self.policy.freezes, self.question.target, self.now),
        ]

    def approval(self) -> Gate:
        """Did enough people say yes?"""
        rules, question = self.rules.approvals, self.question
        held = approvals.held(self.step.gitops, question.target, self.digest)
        author = self.author() if policy.AUTHOR in rules.excluded else None
        case = Case(question.target, self.digest, author, question.promoter, self.now)
        gate = judgements.approvals(held, rules, case, question.version)
        return _with_notice(gate, self.behind)

    def author(self) -> Person | None:
        """Return who made the source commit, or None where that cannot be known."""
        if not self.commit:
            return None
        address, work = self.step.settings.source, self.step.work / "author.git"
        try:
            repository = source.fetch(address, self.commit, work).repository
            said = git.text("show", "-s", "--format=%an%n%ae", self.commit, folder=repository)
        except LifecycleError:
            return None
        name, _, email = said.partition("\n")
        return Person(name, email)


def require_serving(step: Step, question: Question, held: Commit | None) -> serving.Observed:
    """Return what was seen of the source environment serving exactly this version.

    Raises:
        RefusedError: Git says that it holds another release.
        ServingError: it does not serve what Git says.
    """
    if held is None or held.release.version != question.version:
        holds = spoken(held.release.version) if held else "nothing"
        raise RefusedError(
            f"{question.source} holds {holds} and not {spoken(question.version)}, so that cannot "
            f"go to {question.target}. Promote what {question.source} runs, or release the version "
            "there first."
        )
    wanted = Wanted(question.source, question.version, held.release.digest)
    return serving.require(step.settings.site_api, wanted)


def now(step: Step) -> tuple[datetime, str]:
    """Return the time by which approvals end, and a notice where this clock is behind.

    A clock that was set back makes nothing valid again: what is already in Git or in the
    journal was written earlier than now, whatever the clock says.
    """
    clock = datetime.now(UTC)
    seen = [moment for moment in (approvals.last_change(step.gitops), _journalled(step)) if moment]
    latest = max([clock, *seen])
    if latest - clock <= SLACK:
        return latest, ""
    return latest, (
        f"the clock of this machine says {clock:%Y-%m-%d %H:%M} UTC and something was done at "
        f"{latest:%Y-%m-%d %H:%M} UTC already, which counts as now; set the clock right"
    )


def _journalled(step: Step) -> datetime | None:
    entries = step.journal.entries() if step.settings.has_journal else []
    return datetime.fromisoformat(entries[-1]["at"]) if entries else None


def _with_notice(gate: Gate, notice: str) -> Gate:
    if not notice:
        return gate
    return Gate(gate.name, gate.answer, f"{gate.reason}; {notice}", gate.remedy, gate.evidence)


def _answered(ask: Callable[[], "Version | Run"]) -> "Version | Run | LifecycleError":
    try:
        return ask()
    except NoVersionError:
        raise
    except LifecycleError as error:
        return error


def _silent(error: object) -> str:
    return f"it cannot be asked: {error}".rstrip(".")

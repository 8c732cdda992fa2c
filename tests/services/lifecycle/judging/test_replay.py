"""Recorded photos, sent to two real servers: agreement, class shift, times."""

import time

import pytest

from services.lifecycle.errors import AskedWronglyError, WrongVersionError
from services.lifecycle.judging import judgement, replay
from services.lifecycle.judging.signals import Verdict
from tests.services.lifecycle.judging.conftest import LABELS

PHOTOS = 400


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    for number in range(PHOTOS):
        (folder / f"{number:064x}.png").write_bytes(b"PNG" + bytes([number % 251, number // 251]))
        (folder / f"{number:064x}.json").write_text("{}")
    return folder


@pytest.fixture
def both(fleet, canary, production):
    canary.choose = production.choose = by_content
    return fleet.address("canary"), fleet.address("production")


def by_content(body):
    return 200, LABELS[sum(body[body.index(b"PNG") : body.index(b"PNG") + 5]) % len(LABELS)]


def judged(both, photos, limits):
    here, there = replay.replay(replay.recordings(photos), *both, lambda _sentence: None)
    return here, there, judgement.judge(here, there, limits, serves="6")


def finding(made, signal):
    return next(found for found in made.findings if found.signal.startswith(signal))


def test_two_that_agree_pass(both, photos, limits):
    here, there, made = judged(both, photos, limits)

    assert (here["answers"], there["answers"], here["compared"]) == (PHOTOS, PHOTOS, PHOTOS)
    assert here["disagreed"] == 0
    assert finding(made, "disagreement").verdict is Verdict.PASS
    assert finding(made, "classes").verdict is Verdict.PASS


def test_both_get_the_very_photos(both, photos, limits, canary, production):
    judged(both, photos, limits)

    def contents(replica):
        return sorted(body[body.index(b"PNG") :][:5] for body in replica.photos[replay.WARM_UP :])

    assert contents(canary) == contents(production)


def test_a_candidate_that_sees_other_things_fails_by_disagreement(both, photos, limits, canary):
    canary.choose = lambda body: (200, LABELS[len(body) % 2])

    _, _, made = judged(both, photos, limits)

    assert made.verdict is Verdict.FAIL
    assert "disagreement: " in made.reason
    assert "photos get another label than from production" in made.reason


def test_a_candidate_that_mixes_labels_up_is_found_though_the_shares_are_right(
    both, photos, limits, canary
):
    canary.choose = lambda body: (200, LABELS[(LABELS.index(by_content(body)[1]) + 1) % 4])

    _, _, made = judged(both, photos, limits)

    assert finding(made, "classes").verdict is not Verdict.FAIL
    assert finding(made, "disagreement").verdict is Verdict.FAIL


def test_a_candidate_that_answers_errors_fails(both, photos, limits, canary):
    canary.choose = lambda _body: (500, "")

    here, _, made = judged(both, photos, limits)

    assert here["errors"] == PHOTOS
    assert finding(made, "errors").verdict is Verdict.FAIL


def test_a_slow_candidate_fails(both, photos, limits, canary):
    def slowly(body):
        time.sleep(0.2)  # far more than twice what production takes on a busy machine
        return by_content(body)

    canary.choose = slowly
    for photo in sorted(photos.iterdir())[80:]:
        photo.unlink()

    _, _, made = judged(both, photos, limits)

    assert finding(made, "latency, 50%").verdict is Verdict.FAIL


def test_a_handful_of_photos_is_no_pass(both, photos, limits):
    for photo in sorted(photos.iterdir())[20:]:
        photo.unlink()

    _, _, made = judged(both, photos, limits)

    assert made.verdict is Verdict.WAIT


def test_what_the_champion_could_not_answer_is_not_compared(both, photos, limits, production):
    production.choose = lambda _body: (503, "")

    here, _, _ = judged(both, photos, limits)

    assert here["compared"] == 0


def test_a_server_that_is_gone_answered_with_an_error():
    assert replay.ask("http://127.0.0.1:9", b"photo").counts()["errors"] == 1


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(AskedWronglyError, match="no recordings"):
        replay.recordings(tmp_path)


def test_another_version_than_asked_for_is_refused(both):
    with pytest.raises(WrongVersionError, match="it serves 7 and not 70"):
        replay.require_version("canary", both[0], "70")


def test_the_bootstrap_model_is_known_as_such(fleet):
    fleet.serve("production", "none", "sha256:b")

    assert replay.serves(fleet.address("production")) == ("none", "sha256:b")

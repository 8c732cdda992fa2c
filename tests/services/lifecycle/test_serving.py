"""What serving exactly N means: equal, on every replica, and each failure has its reason."""

import threading
import time

import pytest

from services.lifecycle.errors import (
    CrashLoopError,
    NotServingError,
    OutOfMemoryError,
    WrongVersionError,
)
from services.lifecycle.releasing import serving
from services.lifecycle.releasing.serving import Wanted

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
SEVEN = Wanted("staging", 7, DIGEST)


def wait(site, wanted=SEVEN, deadline=0.6):
    said = []
    return serving.wait(site.url, wanted, deadline, said.append), said


def test_all_replicas_that_serve_it_are_enough(site):
    site.serve("staging", 7, DIGEST, replicas=3)

    observed, said = wait(site)

    assert len(observed.answers) == 3
    assert said == []


def test_version_1_is_not_version_10(site):
    site.serve("staging", 10, DIGEST)

    with pytest.raises(WrongVersionError, match="answers version 10"):
        wait(site, Wanted("staging", 1, DIGEST))


def test_the_right_version_from_another_image_is_wrong(site):
    site.serve("staging", 7, OTHER, image=DIGEST)

    with pytest.raises(WrongVersionError, match=r"not version 7 at sha256:a+"):
        wait(site)


def test_an_environment_that_was_told_another_image_is_wrong(site):
    site.serve("staging", 7, OTHER)

    with pytest.raises(WrongVersionError):
        wait(site)


def test_it_is_awaited_while_it_starts(site):
    site.serve("staging", 6, OTHER)
    timer = threading.Timer(0.5, site.serve, ("staging", 7, DIGEST))
    timer.start()

    observed, said = wait(site, deadline=10)

    timer.join()
    assert observed.answers[0].version == 7
    assert said == ["waiting: Healthy, app-0 answers version 6 at " + OTHER[:19]]


def test_a_crash_loop_is_not_waited_for(site):
    state = {"ready": False, "state": "Waiting", "reason": "CrashLoopBackOff", "restarts": 4}
    site.serve("staging", None, DIGEST, **state)
    start = time.monotonic()

    with pytest.raises(CrashLoopError, match="ended 4 times right after its start"):
        wait(site, deadline=30)

    assert time.monotonic() - start < 5


def test_a_replica_that_was_killed_for_memory_says_its_limit(site):
    site.serve("staging", None, DIGEST, ready=False, state="Terminated", reason="OOMKilled")

    with pytest.raises(OutOfMemoryError, match="at a limit of 200 MiB"):
        wait(site, deadline=30)


def test_a_replica_of_the_old_image_that_crashes_is_not_held_against_the_new_one(site):
    state = {"ready": False, "state": "Waiting", "reason": "CrashLoopBackOff", "restarts": 9}
    site.serve("staging", None, OTHER, **state)
    site.environments["staging"]["image"] = f"registry.local/gourmetgram-app@{DIGEST}"

    with pytest.raises(NotServingError, match=r"after 0\.6 s|after 1 s"):
        wait(site)


def test_a_replica_that_is_not_ready_is_named_as_last_seen(site):
    site.serve("staging", 7, DIGEST, ready=False)

    with pytest.raises(NotServingError, match="Progressing, 0 of 1 replicas are ready"):
        wait(site)


def test_an_empty_environment_says_so(site):
    with pytest.raises(NotServingError, match="nothing is deployed"):
        wait(site)


def test_a_site_that_does_not_answer_says_so():
    with pytest.raises(NotServingError, match="the site does not answer"):
        serving.wait("http://127.0.0.1:9", SEVEN, 0.3, lambda _sentence: None)


def test_the_bootstrap_model_has_no_version(site):
    site.serve("staging", None, DIGEST)

    wait(site, Wanted("staging", None, DIGEST))

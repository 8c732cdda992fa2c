"""What an end means for the next start."""

import pytest

from infra.local.processes.ends import End, delay, failures


@pytest.mark.parametrize(
    ("end", "code", "reason"),
    [
        (End(0, ""), 0, "Completed"),
        (End(4, ""), 4, "Error"),
        (End(None, "SIGKILL"), 137, "Error"),
        (End(None, "SIGKILL", killed_for="OOMKilled"), 137, "OOMKilled"),
        (End(None, "SIGSEGV"), 139, "Error"),
        (End(None, ""), None, "Error"),
    ],
)
def test_an_end_has_the_exit_code_and_reason_of_kubernetes(end, code, reason):
    assert (end.exit_code, end.reason) == (code, reason)


def test_back_off_starts_at_once_doubles_and_is_bounded():
    assert [delay(count) for count in (0, 1, 2, 3, 4, 5, 20)] == [0, 0, 1, 2, 4, 8, 60]


def test_a_good_process_that_somebody_kills_does_not_back_off():
    killed = End(None, "SIGKILL")

    assert failures(0, killed, lived=0.5, been_ready=True) == 0
    assert failures(0, killed, lived=0.5, been_ready=False) == 1


def test_a_crash_counts_also_when_it_had_been_ready():
    assert failures(2, End(1, ""), lived=5, been_ready=True) == 3
    assert failures(2, End(None, "SIGSEGV"), lived=5, been_ready=True) == 3
    oom = End(None, "SIGKILL", killed_for="OOMKilled")
    assert failures(2, oom, lived=5, been_ready=True) == 3


def test_a_long_life_makes_the_next_end_the_first_one_again():
    assert failures(7, End(1, ""), lived=31, been_ready=True) == 1

"""How long is waited between attempts, and which policy holds."""

import pytest

from workflows.runner.engine import retry


@pytest.mark.parametrize(
    ("backoff", "attempts", "seconds"),
    [
        ({"duration": "2"}, 1, 2.0),
        ({"duration": "2s"}, 3, 2.0),
        ({"duration": "1m", "factor": 2}, 1, 60.0),
        ({"duration": "1s", "factor": "3"}, 3, 9.0),
        ({"duration": "1s", "factor": 10, "cap": "5s"}, 4, 5.0),
        ({"duration": "1s", "factor": 0}, 4, 1.0),
    ],
)
def test_the_pause_grows_by_its_factor_up_to_its_cap(
    backoff: dict[str, object], attempts: int, seconds: float
) -> None:
    assert retry.pause(backoff, attempts) == seconds


def test_an_expression_alone_covers_everything() -> None:
    assert retry.policy_of({}) == "OnFailure"
    assert retry.policy_of({"expression": "true"}) == "Always"
    assert retry.policy_of({"expression": "true", "retryPolicy": "OnError"}) == "OnError"

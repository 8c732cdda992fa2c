"""What a failed task says, and what a difference shows, without a play."""

import pytest

from playbooks.run import events


@pytest.mark.parametrize(
    ("result", "said"),
    [
        pytest.param({"stderr": "bad\n", "msg": "non-zero"}, "bad\nnon-zero", id="stderr first"),
        pytest.param({"msg": "no such user"}, "no such user", id="a message alone"),
        pytest.param({"stdout": "only here"}, "only here", id="nothing but output"),
        pytest.param({}, "it said nothing", id="nothing"),
        pytest.param(
            {"censored": "the output has been hidden", "msg": "hunter2"},
            "what it said is kept secret (no_log)",
            id="a secret",
        ),
        pytest.param(
            {
                "msg": "One or more items failed",
                "results": [
                    {"item": "a", "failed": False},
                    {"item": "b", "failed": True, "stderr": "gone"},
                ],
            },
            "b: gone",
            id="the item that failed",
        ),
    ],
)
def test_a_failed_task_says_what_went_wrong(result, said):
    assert events.complaint(result) == said


def test_a_difference_that_is_none_is_not_shown():
    assert events.differences({"diff": [{"before": "x", "after": "x"}, {"prepared": ""}]}) == []


def test_each_item_of_a_loop_shows_its_difference():
    result = {"results": [{"diff": {"before": "", "after": "b", "after_header": "/etc/b"}}, {}]}

    assert events.differences(result) == [{"path": "/etc/b", "before": "", "after": "b"}]


def test_a_play_that_never_began_was_refused_in_ansibles_words(tmp_path, capsys):
    story = events.Story(tmp_path / "log")

    story.hear({"event": "verbose", "stdout": "ERROR! no such playbook"})
    story.close()

    assert story.status("failed") == "refused"
    assert story.last_words() == "ERROR! no such playbook"
    assert capsys.readouterr().out == ""

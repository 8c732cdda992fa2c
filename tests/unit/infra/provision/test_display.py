"""What a person sees while stages run."""

import json

from infra.provision.setting import Waiting
from infra.provision.view.display import Display, Lines


def test_without_a_terminal_every_sentence_is_a_line_with_its_stage_and_time(capsys):
    with Display(live=False) as tell:
        tell("lease", "runs: it has not run yet")
        tell("lease", Waiting("lease l is PENDING"))

    assert capsys.readouterr().out == (
        "lease                  0 s  runs: it has not run yet\n"
        "lease                  0 s  lease l is PENDING\n"
    )


def test_on_a_terminal_what_is_waited_for_leaves_no_line_behind(capsys):
    with Display(live=True) as tell:
        tell("lease", Waiting("lease l is PENDING"))
        tell("lease", Waiting("lease l is STARTING"))
        tell("lease", "done in 9 s")

    out = capsys.readouterr().out
    assert "PENDING" not in out
    assert out.endswith("lease                  0 s  done in 9 s\n")


def test_programs_get_an_object_on_each_line(capsys):
    with Lines() as tell:
        tell("lease", Waiting("lease l is PENDING"))
        tell("lease", "done in 9 s")
        tell.end({"done": True, "results": {}})

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(line) - {"seconds"} for line in lines] == [
        {"stage", "waiting"}, {"stage", "said"}, {"done", "results"},
    ]  # fmt: skip

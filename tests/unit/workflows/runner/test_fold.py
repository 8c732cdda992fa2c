"""Which rows of a tree are shown when the screen is too small for all."""

from workflows.runner.model.node import FAILED, PENDING, RUNNING, SUCCEEDED, Node
from workflows.runner.report import fold
from workflows.runner.report.live import plain


def _row(depth: int, name: str, phase: str) -> tuple[int, Node]:
    return depth, Node(id=name, name=name, display_name=name, type="Pod", phase=phase, started=0.0)


def _shown(rows: list[tuple[int, Node]], room: int) -> list[str]:
    return [row.node.name if row.node else row.rest for row in fold.fitting(rows, room)]


def test_a_tree_that_fits_is_shown_whole() -> None:
    rows = [_row(0, "main", RUNNING), _row(1, "a", SUCCEEDED)]

    assert _shown(rows, 2) == ["main", "a"]


def test_what_is_inside_a_finished_branch_goes_first() -> None:
    rows = [
        _row(0, "main", RUNNING),
        _row(1, "over", SUCCEEDED), _row(2, "inside", SUCCEEDED),
        _row(1, "broken", FAILED), _row(2, "why", FAILED),
    ]  # fmt: skip

    assert _shown(rows, 4) == ["main", "over", "broken", "why"]


def test_a_hundred_elements_leave_room_for_what_runs() -> None:
    over = [_row(1, f"done{i}", SUCCEEDED) for i in range(60)]
    waiting = [_row(1, f"later{i}", PENDING) for i in range(38)]
    rows = [
        _row(0, "main", RUNNING),
        *over,
        _row(1, "now", RUNNING),
        _row(1, "bad", FAILED),
        *waiting,
    ]

    assert _shown(rows, 8) == ["main", "60 Succeeded", "now", "bad", "38 Pending"]


def test_what_has_no_room_at_all_is_counted() -> None:
    rows = [_row(1, f"now{i}", RUNNING) for i in range(100)]

    assert _shown(rows, 4) == ["now0", "now1", "now2", "97 Running more"]


def test_a_line_is_shown_as_a_terminal_would_leave_it() -> None:
    assert plain("10%\r\x1b[32m20%\x1b[0m\tdone\r\n") == "20% done"

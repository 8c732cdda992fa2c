"""What a person sees while stages run: the stage, its time, what it waits for, and what it said."""

import json
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from infra.provision.setting import Waiting

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text


class Display:
    """Prints what stages say; on a terminal, what they wait for is one line that ticks."""

    def __init__(self, live: bool | None = None) -> None:
        self._is_live = sys.stdout.isatty() if live is None else live
        self._began = time.monotonic()
        self._stage = ""
        self._waits = ""
        self._row: Live | None = None

    def __enter__(self) -> "Display":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._quiet()

    def __call__(self, stage: str, said: str) -> None:
        """Show what a stage says."""
        if stage != self._stage:
            self._stage, self._began = stage, time.monotonic()
        if isinstance(said, Waiting) and self._is_live:
            self._waits = said
            self._tick()
            return
        self._quiet()
        for line in said.splitlines():
            print(f"{stage:<18} {self._seconds():5.0f} s  {line}", flush=True)

    def end(self, _facts: Mapping[str, Any]) -> None:
        """Say nothing more: each stage has told how it ended."""

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _tick(self) -> None:
        from rich.live import Live

        if self._row is None:
            self._row = Live(get_renderable=self._line, refresh_per_second=4, transient=True)
            self._row.start()

    def _line(self) -> "Text":
        from rich.text import Text

        text = f"{self._stage:<18} {self._seconds():5.0f} s  … {self._waits}"
        return Text(text, overflow="ellipsis", no_wrap=True)

    def _quiet(self) -> None:
        if self._row is not None:
            self._row.stop()
            self._row = None


class Lines:
    """The same for programs: one JSON object on each line, the last one tells how it ended."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, stage: str, said: str) -> None:
        """Write down what a stage says."""
        kind = "waiting" if isinstance(said, Waiting) else "said"
        self.end({"stage": stage, kind: str(said)})

    def end(self, facts: Mapping[str, Any]) -> None:
        """Write down facts with the time since the beginning."""
        seconds = round(time.monotonic() - self._began, 1)
        print(json.dumps({"seconds": seconds, **facts}), flush=True)

"""Run a long command into a log; what it prints last is what we are waiting for.

It writes to the log itself and has a session of its own: were we killed, it would end its
work in peace instead of leaving half of it unrecorded. The next command in its folder waits
for that.
"""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra import turn
from infra.provision.errors import StageError, log_tail
from infra.provision.setting import Tell, Waiting

POLL = 0.2


def run(
    stage: str,
    argv: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    log: Path,
    tell: Tell,
    good: Sequence[int] = (0,),
) -> int:
    """Run a command to its end and return its exit code.

    Raises:
        StageError: it ended otherwise than well; with what it said last.
    """
    ending = Waiting(f"{argv[0]} of a run that was cut off ends its work")
    with turn.taken(folder, lambda: tell(ending)) as held:
        with log.open("ab") as file:
            file.write(f"$ {' '.join(argv)}\n".encode())
            file.flush()
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(held,),
            )
        try:
            code = _follow(process, log, tell)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
    if code not in good:
        what = f"`{' '.join(argv[:2])}` ended with {code}{log_tail(log)}"
        raise StageError(stage, what, "Mend that and run the same command again")
    return code


def _follow(process: "subprocess.Popen[bytes]", log: Path, tell: Tell) -> int:
    seen = ""
    while (code := process.poll()) is None:
        time.sleep(POLL)
        lines = log.read_text(encoding="utf-8", errors="replace").rstrip().rsplit("\n", 1)
        if (last := lines[-1].strip()) != seen:
            seen = last
            tell(Waiting(last))
    return code

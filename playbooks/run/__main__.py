"""Run one playbook and say what happens, a line of JSON for each event.

    python -m playbooks.run --inventory FILE --log FILE [options] PLAYBOOK

Run it from the root of the repository with the Python of the playbooks' environment
(`python -m services.environments playbooks/requirements.txt` prints its folder). Options:

    --facts FILE     variables as JSON, over all others; may be given again
    --project DIR    where roles, group_vars and ansible.cfg lie, if not beside the playbook
    --config FILE    another ansible.cfg
    --limit HOSTS, --tags NAMES, --skip-tags NAMES, --start-at-task NAME, --check, --diff
    --work DIR       a folder for its own files, which is removed (else in TMPDIR)

Lines, each with `event` and what stands behind it:

    play         name
    task         play, role (may be empty), task, path, number
    changed      host, role, task; with --diff `diff`, a list of {path, before, after}
    failed       host, role, task, said (stderr above all, else the message), ignored, rescued
    unreachable  host, said
    recap        hosts: {name: {ok, changed, failures, unreachable, skipped, rescued, ignored}}
    end          status: done, failed, unreachable, interrupted, refused; said, if nothing ran

What Ansible prints goes to the log, nothing of it to standard output. A task with `no_log` says
neither its result nor its difference. The exit code is 0 (done), 1 (failed, unreachable), 2
(refused before anything ran) or 130 (interrupted). SIGINT, SIGTERM and the end of standard input
(the caller is gone) end the play between two tasks at once; every task may be run again.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from playbooks.run import events

CODES = {"done": 0, "failed": 1, "unreachable": 1, "refused": 2, "interrupted": 130}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the playbook and return the exit code."""
    wish = _wish(argv)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_follow_caller, args=(stop,), daemon=True).start()
    work = Path(tempfile.mkdtemp(prefix="play-", dir=wish.work))
    try:
        status, said = _play(wish, work, stop)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    events.say("end", status=status, **({"said": said} if said else {}))
    return CODES[status]


def _play(wish: argparse.Namespace, work: Path, stop: threading.Event) -> tuple[str, str]:
    import ansible_runner  # slow to import, and only this environment has it

    # It heeds its settings only as a file that it has written itself: no suppress_env_files.
    with contextlib.closing(events.Story(wish.log)) as story:
        done = ansible_runner.run(
            private_data_dir=str(work),
            project_dir=str(wish.project),
            playbook=str(wish.playbook),
            inventory=str(wish.inventory),
            cmdline=" ".join(_options(wish)) or None,
            envvars=_environment(wish, work),
            event_handler=story.hear,
            cancel_callback=stop.is_set,
            quiet=True,
            settings={"idle_timeout": 0, "pexpect_timeout": 0.1, "pexpect_use_poll": True},
        )
    if stop.is_set():
        return "interrupted", ""
    status = story.status(done.status)
    return status, (story.last_words() if status == "refused" else "")


def _options(wish: argparse.Namespace) -> list[str]:
    from shlex import quote

    words = [f"--extra-vars=@{quote(str(file))}" for file in wish.facts]
    given = {"limit": wish.limit, "tags": wish.tags, "skip-tags": wish.skip_tags,
             "start-at-task": wish.start_at_task}  # fmt: skip
    words += [f"--{name}={quote(value)}" for name, value in given.items() if value]
    return words + [f"--{name}" for name in ("check", "diff") if getattr(wish, name)]


def _environment(wish: argparse.Namespace, work: Path) -> dict[str, str]:
    beside = Path(sys.executable).parent
    return {
        "ANSIBLE_CONFIG": str(wish.config or wish.project / "ansible.cfg"),
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_NOCOLOR": "1",
        "PATH": f"{beside}:{os.environ['PATH']}",
        # What it keeps for itself goes with this run.
        "ANSIBLE_LOCAL_TEMP": str(work / "ansible"),
    }


def _follow_caller(stop: threading.Event) -> None:
    """Stop when nobody holds the other end of our input any more."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    stop.set()


def _wish(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m playbooks.run", description=__doc__)
    parser.add_argument("playbook", type=_there)
    parser.add_argument("--inventory", type=_there, required=True)
    parser.add_argument("--log", type=lambda path: Path(path).absolute(), required=True)
    parser.add_argument("--facts", type=_there, action="append", default=[])
    for name in ("project", "config", "work"):
        parser.add_argument(f"--{name}", type=_there)
    for name in ("limit", "tags", "skip-tags", "start-at-task"):
        parser.add_argument(f"--{name}", default="")
    for name in ("check", "diff"):
        parser.add_argument(f"--{name}", action="store_true")
    wish = parser.parse_args(argv)
    wish.project = wish.project or wish.playbook.parent
    return wish


def _there(path: str) -> Path:
    if not Path(path).exists():
        raise argparse.ArgumentTypeError(f"{path} is not there")
    return Path(path).absolute()


if __name__ == "__main__":
    sys.exit(main())

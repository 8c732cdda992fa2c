"""Runs Argo Workflows YAML on one machine: `python -m workflows.runner --help`."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib.util import LazyLoader, find_spec, module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.runner.commands import options
from workflows.runner.errors import RunnerError, UsageError
from workflows.runner.language.errors import LanguageError

if TYPE_CHECKING:
    from workflows.runner.commands.program import Settings

_INTERRUPTED = 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
_LATE = ("expr", "when", "paths", "depends")


def _load_late() -> None:
    """Have the languages loaded by the first workflow that uses them: starting is quick."""
    from workflows.runner import language

    for name in _LATE:
        full = f"workflows.runner.language.{name}"
        spec = find_spec(full)
        if full in sys.modules or spec is None or spec.loader is None:
            continue
        spec.loader = LazyLoader(spec.loader)
        sys.modules[full] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
        setattr(language, name, module)


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks; give the exit code."""
    _load_late()
    from workflows.runner.check.problem import RefusedError

    args = options.parser().parse_args(arguments)
    try:
        return _dispatch(args)
    except (RunnerError, LanguageError, RefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        where = error.filename or "the state folder"
        sys.stderr.write(
            f"{where}: {error.strerror}, so nothing more could be recorded, and the run ended. "
            "Make room there, then give the same command again: it goes on or takes back.\n"
        )
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _dispatch(args: argparse.Namespace) -> int:
    if args.command == "support":
        from workflows.runner.commands.support import support

        return support(args.output)
    state = _state(args.state)
    if args.command in ("list", "get", "logs"):
        return _look(args, state)
    if args.command in ("stop", "terminate"):
        from workflows.runner.commands.control import end

        return end(args.name, state, args.command.capitalize())
    return _work(args, state)


def _look(args: argparse.Namespace, state: Path) -> int:
    if args.command == "list":
        from workflows.runner.commands.look import show_list

        return show_list(state, args.output)
    if args.command == "get":
        from workflows.runner.commands.look import get

        return get(args.name, state, args.output)
    from workflows.runner.commands.logs import logs

    return logs(args.name, state, args.output, node=args.node, follow=args.follow)


def _work(args: argparse.Namespace, state: Path) -> int:
    from workflows.runner.commands import program
    from workflows.runner.model.library import NAMESPACE

    settings = program.Settings(
        state=state,
        images=args.images or _existing(state.parent / "images.yaml"),
        store=args.store,
        objects=getattr(args, "objects", None) or _existing(state.parent / "objects"),
        secrets=getattr(args, "secrets", None) or _existing(state.parent / "secrets" / NAMESPACE),
        environment=dict(os.environ),
        wait_for_people=_waits(args),
        processes=getattr(args, "processes", None),
        stubs=program.read_stubs(getattr(args, "stub", [])),
    )
    if args.command == "lint":
        from workflows.runner.commands.lint import lint

        return lint(args.files, settings)
    if args.command == "cron":
        from workflows.runner.commands.cron import cron

        return cron(args.files, settings, args.seconds, args.since, args.speed)
    if args.command in ("retry", "resume"):
        from workflows.runner.commands import again

        if args.command == "retry":
            return again.retry(args.name, settings, args.output, args.again)
        return again.resume(args.name, settings, args.output, args.node, _pairs(args.parameter))
    return _run(args, settings)


def _run(args: argparse.Namespace, settings: "Settings") -> int:
    from workflows.runner.commands.run import run, show_plan
    from workflows.runner.model.submit import Options

    wanted = Options(_pairs(args.parameter), args.entrypoint, args.name, args.source)
    if args.plan:
        return show_plan(args.files, wanted, settings, args.output)
    return run(args.files, wanted, settings, args.output)


def _waits(args: argparse.Namespace) -> bool:
    wish = getattr(args, "suspend", None)
    return wish == "wait" or (wish is None and sys.stdin is not None and sys.stdin.isatty())


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"-p {item}: write it as NAME=VALUE")
        pairs[name] = value
    return pairs


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None


def _state(wish: Path | None) -> Path:
    """Give the folder of runs: as asked, or in the state folder of this clone."""
    if wish is not None:
        return wish
    return Path(os.environ.get("GOURMET_STATE") or ".local") / "runs"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

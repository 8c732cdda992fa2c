"""Runs Argo Workflows YAML on one machine: `python -m workflows.runner --help`."""

import argparse
import os
import sys
from pathlib import Path

from workflows.runner.check.problem import RefusedError
from workflows.runner.commands.program import Settings
from workflows.runner.errors import RunnerError
from workflows.runner.language.errors import LanguageError
from workflows.runner.model.submit import Options


def main(arguments: list[str]) -> int:
    """Do what the command line asks; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m workflows.runner", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("files", nargs="+")
    run.add_argument("--from", dest="source")
    run.add_argument("-p", "--parameter", action="append", default=[])
    run.add_argument("--entrypoint")
    run.add_argument("--name")
    run.add_argument("--images", type=Path)
    run.add_argument("--store", type=Path)
    run.add_argument("--objects", type=Path)
    run.add_argument("--state", type=Path, default=Path(".local/runs"))
    run.add_argument("-o", "--output", default="tree")
    lint = commands.add_parser("lint")
    lint.add_argument("files", nargs="+")
    logs = commands.add_parser("logs")
    logs.add_argument("name")
    logs.add_argument("--state", type=Path, default=Path(".local/runs"))
    logs.add_argument("-o", "--output", default="text")
    args = parser.parse_args(arguments)
    try:
        return dispatch(args)
    except (RunnerError, LanguageError, RefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def dispatch(args: argparse.Namespace) -> int:
    """Run one command."""
    if args.command == "run":
        from workflows.runner.commands.run import run

        settings = Settings(
            state=args.state, images=args.images, store=args.store, objects=args.objects,
            environment=dict(os.environ), wait_for_people=sys.stdin.isatty(),
        )  # fmt: skip
        parameters = dict(item.split("=", 1) for item in args.parameter)
        options = Options(parameters, args.entrypoint, args.name, args.source)
        return run(args.files, options, settings, args.output)
    if args.command == "lint":
        from workflows.runner.commands import program

        documents = program.read_files(args.files)
        program.check(documents, None)
        return 0
    from workflows.runner.commands.logs import logs

    return logs(args.name, args.state, args.output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

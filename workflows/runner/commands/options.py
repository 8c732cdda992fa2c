"""What the command line can say; `__main__` reads it and calls the command."""

import argparse
from pathlib import Path

_FORMS = ("tree", "json")


def parser() -> argparse.ArgumentParser:
    """Make the parser of the whole program."""
    main = argparse.ArgumentParser(
        prog="python -m workflows.runner",
        description="Run Argo Workflows YAML on one machine, without a cluster.",
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run(commands.add_parser("run", help="run the workflow of some files"))
    _lint(commands.add_parser("lint", help="say what is wrong with files, and run nothing"))
    _read(commands)
    _change(commands)
    _cron(commands.add_parser("cron", help="run the cron workflows of files on schedule"))
    support = commands.add_parser("support", help="show every field and what is done with it")
    support.add_argument("-o", "--output", choices=("text", "markdown", "json"), default="text")
    return main


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE")
    command.add_argument("--from", dest="source", metavar="NAME",
                         help="the WorkflowTemplate or CronWorkflow to run")  # fmt: skip
    command.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    command.add_argument("--entrypoint", metavar="TEMPLATE")
    command.add_argument("--name", help="the name of the run")
    command.add_argument("--plan", action="store_true", help="show what would run, run nothing")
    command.add_argument("--stub", action="append", default=[], metavar="NODE=FILE",
                         help="take a node's outcome from a file")  # fmt: skip
    _surroundings(command)


def _lint(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE")
    command.add_argument("--images", type=Path, metavar="FILE")
    command.add_argument("--store", type=Path, metavar="DIR")
    _state(command)


def _surroundings(command: argparse.ArgumentParser) -> None:
    command.add_argument("--images", type=Path, metavar="FILE", help="what images are here")
    command.add_argument("--store", type=Path, metavar="DIR", help="the local image store")
    command.add_argument("--objects", type=Path, metavar="DIR",
                         help="live objects of the local site")  # fmt: skip
    command.add_argument("--secrets", type=Path, metavar="DIR",
                         help="a folder for each Secret, with a file for each key; read when "
                         "a step needs it, and kept nowhere else")  # fmt: skip
    command.add_argument("--suspend", choices=("wait", "end"),
                         help="what a suspended run does when nothing else goes on; it waits "
                         "at a terminal")  # fmt: skip
    command.add_argument("--processes", type=_positive, metavar="N",
                         help="how many steps run at once, 4 for each core and 16 when "
                         "left out; daemons that are ready do not count")  # fmt: skip
    command.add_argument("-o", "--output", choices=_FORMS, default="tree")
    _state(command)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _state(command: argparse.ArgumentParser) -> None:
    command.add_argument("--state", type=Path, metavar="DIR", help="where runs are kept")


def _read(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = commands.add_parser("list", help="show the runs there are")
    listing.add_argument("-o", "--output", choices=("table", "json"), default="table")
    _state(listing)
    get = commands.add_parser("get", help="show a run")
    get.add_argument("name")
    get.add_argument("-o", "--output", choices=_FORMS, default="tree")
    _state(get)
    logs = commands.add_parser("logs", help="show what the nodes of a run printed")
    logs.add_argument("name")
    logs.add_argument("node", nargs="?", help="only this node")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until the run ends")
    logs.add_argument("-o", "--output", choices=("text", "json"), default="text")
    _state(logs)


def _change(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    retry = commands.add_parser("retry", help="do again what did not succeed")
    retry.add_argument("name")
    retry.add_argument("--from", dest="again", action="append", default=[], metavar="NODE",
                       help="do this node again, too, and all that follows it")  # fmt: skip
    _surroundings(retry)
    resume = commands.add_parser("resume", help="let a suspended run go on")
    resume.add_argument("name")
    resume.add_argument("--node", help="only this node")
    resume.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE",
                        help="a supplied output of the node")  # fmt: skip
    _surroundings(resume)
    for name, text in (
        ("stop", "end a run, exit handlers included"),
        ("terminate", "end a run at once, without exit handlers"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("name")
        _state(command)


def _cron(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE")
    command.add_argument("--for", dest="seconds", type=float, metavar="SECONDS",
                         help="end after so long; for ever when left out")  # fmt: skip
    command.add_argument("--since", metavar="TIME", help="start the clock at this time (RFC 3339)")
    command.add_argument("--speed", type=float, default=1.0, metavar="N",
                         help="let the clock run N times as fast")  # fmt: skip
    _surroundings(command)

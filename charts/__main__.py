"""Render, validate and compare the charts: `python -m charts render|validate|diff`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from charts import manifests, render, validation, values
from charts.errors import ChartsError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code."""
    given = _parser().parse_args(argv)
    try:
        return int(given.verb(given))
    except ChartsError as error:
        print(error, file=sys.stderr)
        return 2


def _render(given: argparse.Namespace) -> int:
    found = _chosen(given)
    if given.out is None:
        print("---\n".join(manifest.text() for manifest in found), end="")
        return 0
    changed = manifests.write_folder(found, given.out)
    print(f"{given.out}: {len(found)} objects, {len(changed)} files changed.", file=sys.stderr)
    return 0


def _validate(given: argparse.Namespace) -> int:
    if given.folder:
        found = [manifest for folder in given.folder for manifest in manifests.read_folder(folder)]
        where = ", ".join(str(folder) for folder in given.folder)
        return _report(len(found), list(validation.problems(found, where)))
    results = [validation.of_site(site) for site in given.site or values.sites()]
    return _report(
        sum(count for count, _problems in results),
        [problem for _count, problems in results for problem in problems],
    )


def _report(count: int, problems: Sequence[validation.Problem]) -> int:
    for problem in problems:
        print(problem)
    print(f"{count} objects, {len(problems)} problems.", file=sys.stderr)
    return 1 if problems else 0


def _chosen(given: argparse.Namespace) -> list[manifests.Manifest]:
    if given.platform:
        return render.platform(given.site, given.settings)
    return render.environment(given.site, given.environment, given.settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m charts", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verb = verbs.add_parser("render", help="write the objects of an environment or the platform")
    verb.set_defaults(verb=_render)
    _choice(verb)
    verb.add_argument("--out", type=Path, metavar="DIR", help="folder to write; else to stdout")
    verb = verbs.add_parser("validate", help="judge what a site's charts render, or a folder")
    verb.set_defaults(verb=_validate)
    verb.add_argument("folder", nargs="*", type=Path, help="folders of manifests applied together")
    verb.add_argument("--site", action="append", help="this site only; repeat for more")
    return parser


def _choice(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--site", default="local", help=f"one of {', '.join(values.sites())}")
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("--environment", help=f"one of {', '.join(values.ENVIRONMENTS)}")
    what.add_argument("--platform", action="store_true", help="what the environments stand on")
    verb.add_argument(
        "--set", action="append", default=[], dest="settings", metavar="PATH=VALUE",
        help="a value for this render, such as release.version=7; repeat for more",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

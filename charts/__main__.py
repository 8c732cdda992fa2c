"""Render, validate and compare the charts: `python -m charts render|validate|diff`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from charts import manifests, render, values
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

"""Render, validate and compare the charts: `python -m charts render|validate|diff`."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from charts import compare, manifests, render, validation, values
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
        return _report(len(found), list(validation.problems(found, where)), given.json)
    results = [validation.of_site(site) for site in given.site or values.sites()]
    return _report(
        sum(count for count, _problems in results),
        [problem for _count, problems in results for problem in problems],
        given.json,
    )


def _diff(given: argparse.Namespace) -> int:
    repository = given.gitops or os.environ.get("GOURMET_GITOPS")
    if not repository:
        raise ChartsError("Name the GitOps repository: --gitops FOLDER, or GOURMET_GITOPS.")
    if len(given.environments) == 2:
        left, right = (values.known_environment(name) for name in given.environments)
        found = compare.environments(Path(repository), given.site, left, right)
        if given.json:
            print(json.dumps([asdict(difference) for difference in found], indent=2))
        for difference in [] if given.json else found:
            print(difference)
        print(f"{left} and {right}: {len(found)} unexpected differences.", file=sys.stderr)
        return 1 if found else 0
    if len(given.environments) > 2 or bool(given.environments) == given.platform:
        raise ChartsError(
            "Name one environment to hold against Git, two to compare, or --platform."
        )
    environment = given.environments[0] if given.environments else None
    text = compare.with_git(Path(repository), given.site, environment, given.settings)
    print(text, end="")
    return 1 if text else 0


def _report(count: int, problems: Sequence[validation.Problem], as_json: bool) -> int:
    if as_json:
        print(json.dumps([asdict(problem) for problem in problems], indent=2))
    for problem in [] if as_json else problems:
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
    verb = verbs.add_parser("diff", help="hold Git against the charts, or two environments")
    verb.set_defaults(verb=_diff)
    verb.add_argument("environments", nargs="*", metavar="ENV", help="one, or two to compare")
    verb.add_argument("--platform", action="store_true", help="the platform instead")
    verb.add_argument("--site", default="local")
    verb.add_argument("--gitops", metavar="FOLDER", help="the repository; else GOURMET_GITOPS")
    verb.add_argument("--json", action="store_true", help="differences of two environments as JSON")
    _settings(verb)
    verb = verbs.add_parser("validate", help="judge what a site's charts render, or a folder")
    verb.set_defaults(verb=_validate)
    verb.add_argument("folder", nargs="*", type=Path, help="folders of manifests applied together")
    verb.add_argument("--site", action="append", help="this site only; repeat for more")
    verb.add_argument("--json", action="store_true", help="problems as JSON")
    return parser


def _choice(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--site", default="local", help=f"one of {', '.join(values.sites())}")
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("--environment", help=f"one of {', '.join(values.ENVIRONMENTS)}")
    what.add_argument("--platform", action="store_true", help="what the environments stand on")
    _settings(verb)


def _settings(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--set", action="append", default=[], dest="settings", metavar="PATH=VALUE",
        help="a value for this render, such as release.version=7; repeat for more",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

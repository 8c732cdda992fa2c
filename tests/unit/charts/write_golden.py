"""Write the golden files again, for a person who has read what changed. Not for CI."""

import os
import sys
from pathlib import Path

from charts import render, validation

GOLDEN = Path(__file__).parent / "golden"
CASES = (
    ("local", None), ("local", "staging"), ("local", "canary"), ("local", "production"),
    ("kvm", None), ("kvm", "production"), ("devcluster", "canary"),
)  # fmt: skip


def name(site: str, environment: str | None) -> str:
    """Return the name of the golden file of a case."""
    return f"{site}-{environment or 'platform'}.yaml"


def text(site: str, environment: str | None) -> str:
    """Render a case with the sample release as one text."""
    if environment is None:
        objects = render.platform(site)
    else:
        objects = render.environment(site, environment, release=validation.SAMPLE)
    return "---\n".join(manifest.text() for manifest in objects)


def main() -> None:
    """Write every case."""
    if os.environ.get("CI"):
        sys.exit("Golden files are written by a person and read by CI, never the other way round.")
    GOLDEN.mkdir(exist_ok=True)
    for case in CASES:
        (GOLDEN / name(*case)).write_text(text(*case), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the charts render for a site: made by their own command, since areas meet in files."""

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from infra.provision.errors import StageError
from infra.provision.setting import Setting

ROOT = Path(__file__).resolve().parents[3]
CHARTS = ROOT / "charts"
WORKFLOWS = ROOT / "workflows"
# Whose values a site of that kind takes when the charts hold none under its own name.
LIKE = {"openstack": "kvm", "server": "microk8s", "hosts": "hosts"}
DEADLINE = 120


def values_of(setting: Setting) -> str:
    """Name the site whose values the charts take."""
    own = CHARTS / "platform" / f"values-site-{setting.site.name}.yaml"
    return setting.site.name if own.exists() else LIKE[setting.site.kind]


def render_platform(setting: Setting, facts: Mapping[str, str]) -> Path:
    """Render the platform into the site's folder, and return where.

    Args:
        setting: The site.
        facts: What steps of workflows are told beyond what the site's values say.

    Raises:
        StageError: the charts refused, in their own words.
    """
    folder = setting.folder / "manifests" / "platform"
    argv = ["charts", "render", "--platform", "--site", values_of(setting)]
    for name, value in facts.items():
        argv += ["--set", f"workflows.facts.{name}={value}"]
    done = subprocess.run(
        [sys.executable, "-m", *argv, "--out", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=False,
    )  # fmt: skip
    if done.returncode:
        what = f"the charts cannot be rendered: {done.stderr.strip()[-1500:]}"
        raise StageError("platform", what, "Mend the site's values under charts/ and go on")
    return folder


def facts_left_out(setting: Setting, rendered: Path) -> list[str]:
    """Name the facts that the site's values list and that nobody has given."""
    values = CHARTS / "platform" / f"values-site-{values_of(setting)}.yaml"
    listed = (yaml.safe_load(values.read_text(encoding="utf-8")) or {}).get("workflows") or {}
    held = yaml.safe_load((rendered / "configmap-platform.yaml").read_text(encoding="utf-8"))
    return sorted((listed.get("facts") or {}).keys() - held["data"].keys())


def fingerprint(*files: Path) -> str:
    """Return one hash of files, whatever order they are named in."""
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:16]


def chart_files() -> list[Path]:
    """Return every file that a render depends on."""
    return [file for file in CHARTS.rglob("*") if file.suffix in (".yaml", ".tpl", ".json")]

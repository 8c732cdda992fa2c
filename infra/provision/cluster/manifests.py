"""What the charts render for a site: made by their own command, since areas meet in files."""

import hashlib
import subprocess
import sys
from pathlib import Path

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


def render_platform(setting: Setting) -> Path:
    """Render the platform into the site's folder, and return where.

    Raises:
        StageError: the charts refused, in their own words.
    """
    folder = setting.folder / "manifests" / "platform"
    fact = f"workflows.facts.GOURMET_SITE={setting.site.name}"
    argv = ["charts", "render", "--platform", "--site", values_of(setting), "--set", fact]
    done = subprocess.run(
        [sys.executable, "-m", *argv, "--out", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=False,
    )  # fmt: skip
    if done.returncode:
        what = f"the charts cannot be rendered: {done.stderr.strip()[-1500:]}"
        raise StageError("platform", what, "Mend the site's values under charts/ and go on")
    return folder


def fingerprint(*files: Path) -> str:
    """Return one hash of files, whatever order they are named in."""
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:16]


def chart_files() -> list[Path]:
    """Return every file that a render depends on."""
    return [file for file in CHARTS.rglob("*") if file.suffix in (".yaml", ".tpl", ".json")]

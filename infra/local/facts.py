"""What the runner is told about this site: the ConfigMap `platform`, and its image map."""

import json
import os
from pathlib import Path
from typing import Any

import yaml

from infra.local import signing
from infra.local import state as files
from infra.local.site import APP, ENVIRONMENTS, MODEL, REGISTRY, Site, namespace_of, service_key
from infra.local.state import CLONE

NAMESPACE = "argo"
IMAGES = f"{REGISTRY}/**"


def platform(site: Site) -> dict[str, str]:
    """Return what differs between sites for a workflow step."""
    state = site.state
    urls = {
        f"{name.upper()}_URL": site.slot_url(service_key(namespace_of(name), APP)) or ""
        for name in ENVIRONMENTS
    }
    return {
        "GOURMET_SITE": site.name,
        "GOURMET_ENGINE": "runner",
        "MLFLOW_TRACKING_URI": site.addresses["mlflow"],
        "GOURMET_MODEL": MODEL,
        "GOURMET_REGISTRY": REGISTRY,
        "GOURMET_IMAGES": f"oci:{state.images}",
        "GOURMET_GITOPS": str(state.gitops),
        "GOURMET_SOURCE": str(CLONE),
        "GOURMET_GATEWAY": site.addresses["gateway"],
        "GOURMET_SITE_API": site.addresses["api"],
        "GOURMET_STATE": str(state.folder),
        "GOURMET_POLICY": json.dumps(policy(), sort_keys=True),
        "GOURMET_PUBLIC_KEYS": signing.trusted(state),
        "GOURMET_RECORDINGS": str(state.volumes / namespace_of("production") / "recordings"),
        **urls,
    }


def policy() -> dict[str, Any]:
    """Return what the gates go by, as the platform's chart has it for this site."""
    chart = CLONE / "charts" / "platform"
    merged: dict[str, Any] = {}
    for file in ("values.yaml", "values-site-local.yaml"):
        _lay(merged, (yaml.safe_load((chart / file).read_text()) or {}).get("policy") or {})
    return merged


def _lay(into: dict[str, Any], other: dict[str, Any]) -> None:
    """Lay values over others as Helm does: mappings merge, everything else is replaced."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _lay(into[key], value)
        else:
            into[key] = value


def write(site: Site, **more: str) -> None:
    """Write both files; `more` is added to what the ConfigMap held before.

    The site's own facts are always those of now: ports may have changed.
    """
    kept = {**_held(site), **{name.replace("_", "-"): text for name, text in more.items()}}
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "platform",
            "namespace": NAMESPACE,
            "labels": {"workflows.argoproj.io/configmap-type": "Parameter"},
        },
        "data": {**kept, **platform(site)},
    }
    _write(site.state.platform, body)
    _write(site.state.image_map, {IMAGES: {"run": "store", "binds": _visible(site)}})


def _visible(site: Site) -> list[str]:
    """Return what a step must see although its /tmp is its own.

    That is the site, the source, the packages, and the data that people named for training.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gourmetops"
    table = site.state.image_map
    held = yaml.safe_load(table.read_text()) if table.exists() else {}
    named = [path for path in held.get(IMAGES, {}).get("binds", []) if Path(path).exists()]
    return list(dict.fromkeys([str(site.state.folder), str(CLONE), str(cache), *named]))


def _held(site: Site) -> dict[str, str]:
    if not site.state.platform.exists():
        return {}
    data: dict[str, str] = yaml.safe_load(site.state.platform.read_text()).get("data") or {}
    return data


def _write(path: Any, body: dict[str, Any]) -> None:
    text = yaml.safe_dump(body, sort_keys=True)
    if not path.exists() or path.read_text() != text:
        files.write(path, text)

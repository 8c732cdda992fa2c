"""Asks the model registry which version each alias names (MLflow's REST API, nothing else)."""

import http.client
import json
import urllib.parse

from infra.local.site import MODEL
from infra.local.view import client

PATH = "/api/2.0/mlflow/registered-models/get?name="


def aliases(url: str, model: str = MODEL) -> dict[str, int] | None:
    """Return version by alias, {} when the model is not registered, None when MLflow is down."""
    port = urllib.parse.urlsplit(url).port or 80
    code, body = client.request(port, PATH + urllib.parse.quote(model))
    if code == http.client.NOT_FOUND and b"RESOURCE_DOES_NOT_EXIST" in body:
        return {}
    if code != http.client.OK:
        return None
    try:
        found = json.loads(body)["registered_model"].get("aliases") or []
        return {item["alias"]: int(item["version"]) for item in found}
    except (ValueError, KeyError, TypeError):
        return None  # somebody answers, but not MLflow

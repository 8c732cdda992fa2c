"""From what people correct, and what the live photos are, back to training: on a real site."""

import contextlib
import http.client
import json
import sys
import urllib.parse
from pathlib import Path

import pytest

from services.drills import traffic
from services.drills.stage import TRAINER

pytestmark = pytest.mark.timeout(1800)
BOUNDARY = "corrected"


def post(address, path, fields, photo):
    """Send a form with a photo."""
    split = urllib.parse.urlsplit(address)
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'
    body = head.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
    connection = http.client.HTTPConnection(split.hostname, split.port, timeout=30)
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with contextlib.closing(connection):
        connection.request("POST", path, body, kind)
        answer = connection.getresponse()
        return answer.status, json.load(answer)


def photos(stage, folder, count):
    """Make photos as live traffic brings them."""
    made = [stage.python(*TRAINER), "-m", "services.drills.photos", str(folder)]
    done = stage.run([*made, "--light", "0.7", "--count", str(count)], Path.cwd())
    assert done.code == 0, done.text
    return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]


def outputs(stage, run, node):
    """Return what a step of a run gave."""
    command = [sys.executable, "-m", "workflows.runner", "get", run, "-o", "json"]
    shown = stage.run([*command, "--state", str(stage.state / "runs")], stage.clone)
    assert shown.code == 0, shown.text
    return {
        parameter["name"]: parameter["value"]
        for one in json.loads(shown.text)["status"]["nodes"].values()
        if one["displayName"].startswith(node)
        for parameter in (one.get("outputs") or {}).get("parameters", [])
    }


def test_corrections_become_data_that_a_version_is_trained_on_and_that_trace_shows(site, tmp_path):
    stage, good = site
    address = stage.environment("production")["url"]
    for photo in photos(stage, tmp_path, 11)[:5]:
        fields = {"predicted": "Egg", "corrected": "Rice", "version": good}
        status, _ = post(address, "/feedback", fields, photo)
        assert status == 201

    exported = stage.invoke("services.feedback", "--export")
    card = json.loads(exported.text[exported.text.index("{") : exported.text.rindex("}") + 1])
    data = f"sample+{card['out']}"
    trained = stage.invoke("train", "--data", data, "--until", "register", "--name", "corrected")

    assert card["photos"] == 5
    assert trained.code == 0, trained.text[-3000:]
    version = outputs(stage, "corrected", "register")["version"]
    data_hash = outputs(stage, "corrected", "data")["data-hash"]
    assert data_hash[7:19] in stage.invoke("trace", version).text
    known = stage.invoke("trace", str(good)).text
    assert data_hash[7:19] not in known


def test_drift_of_live_photos_raises_one_training_however_often_it_is_looked_for(site):
    stage, _ = site
    with traffic.of(stage, light=0.25) as sent:
        while sent.statuses[200] < 400:
            assert sent.statuses[0] == 0

    look = ("workflows.run", "cron-drift", "--parameter=hours=all", "--parameter=until=register")
    first = stage.invoke(*look)
    again = stage.invoke(*look)

    assert first.code == 0, first.text[-3000:]
    assert again.code == 0, again.text[-3000:]
    runs = [run.name for run in (stage.state / "runs").glob("train-model-drift-*")]
    assert len(runs) == 1, first.text[-3000:]
    asked = [one for one in stage.journal() if one["move"] == "training request"]
    assert [one["run"] for one in asked] == runs
    assert "not those of the training" in asked[0]["reason"]

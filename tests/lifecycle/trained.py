"""Leave in MLflow what a training leaves, without training: python trained.py TRACKING MODEL.

Runs in the lifecycle's environment. `--broken` leaves weights that no runtime can load.
"""

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

from mlflow import MlflowClient


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tracking")
    parser.add_argument("model", type=Path)
    parser.add_argument("--broken", action="store_true")
    asked = parser.parse_args()
    client = MlflowClient(tracking_uri=asked.tracking)
    known = client.get_experiment_by_name("made-for-tests")
    experiment = known.experiment_id if known else client.create_experiment("made-for-tests")
    run = client.create_run(experiment).info.run_id
    with tempfile.TemporaryDirectory() as work:
        client.log_artifacts(run, str(_model(Path(work), asked.model, run, asked.broken)), "model")
    client.set_tag(run, "gourmetops.tests", "passed")
    client.set_terminated(run)
    print(json.dumps({"run": run}))


def _model(work, source, run, broken):
    folder = work / "model"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("version.json"))
    facts = json.loads((folder / "model.json").read_text())
    whole = (folder / "model.onnx").read_bytes() + _producer(run)
    weights = b"this is no model" + run.encode() if broken else whole
    (folder / "model.onnx").write_bytes(weights)
    facts["onnx_sha256"] = hashlib.sha256(weights).hexdigest()
    facts |= {"run": run, "commit": "c" * 40, "data_hash": "sha256:" + "d" * 64}
    (folder / "model.json").write_text(json.dumps(facts))
    return folder


def _producer(run):
    """Name a producer once more at the end of an ONNX file: another model, the same answers."""
    return b"\x12" + bytes([len(run)]) + run.encode()


if __name__ == "__main__":
    main()

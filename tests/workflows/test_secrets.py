"""Secrets of this machine: given to the steps that name them, and kept nowhere else."""

from pathlib import Path

from tests.workflows.running import logs, run

WORD = "open sesame"
WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: signs}
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - { name: with, template: with }
        - - { name: without, template: without }
    - name: with
      volumes: [{ name: key, secret: { secretName: key } }]
      container:
        image: busybox
        command: [cat, /run/secrets/ours/word]
        volumeMounts: [{ name: key, mountPath: /run/secrets/ours, readOnly: true }]
    - name: without
      container: { image: busybox, command: [sh, -c, "cat /run/secrets/ours/word || echo nothing"] }
"""


def kept(folder: Path, outside: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file() and outside not in path.parents]
    return [path for path in files if WORD.encode() in path.read_bytes()]


def test_only_the_step_that_mounts_a_secret_sees_it_and_no_copy_is_left(tmp_path: Path) -> None:
    file = tmp_path / "signs.yaml"
    file.write_text(WORKFLOW, encoding="utf-8")
    (tmp_path / "secrets" / "key").mkdir(parents=True)
    (tmp_path / "secrets" / "key" / "word").write_text(WORD, encoding="utf-8")

    (done,) = run([file], tmp_path, secrets=tmp_path / "secrets")

    assert done["status"]["phase"] == "Succeeded", done["status"]
    printed = sorted(text.splitlines()[-1] for text in logs(done, tmp_path).values() if text)
    assert printed == ["nothing", WORD]
    left = [path for path in kept(tmp_path, tmp_path / "secrets") if "logs" not in path.parts]
    assert left == []


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "signs.yaml"
    file.write_text(WORKFLOW, encoding="utf-8")
    (tmp_path / "secrets").mkdir()

    (done,) = run([file], tmp_path, secrets=tmp_path / "secrets")

    assert done["status"]["phase"] in ("Failed", "Error")
    assert any(
        'secrets "key" not found' in node.get("message", "")
        for node in done["status"]["nodes"].values()
    )

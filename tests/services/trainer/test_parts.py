"""The small parts of the trainer, each on its own."""

import os

import numpy as np
import pytest

from services.trainer import features, figures, files, locks, scores, settings, testing
from services.trainer.errors import SettingsError
from services.trainer.settings import CONFIG, THRESHOLDS, Config, Thresholds


def test_a_folder_has_its_name_only_when_it_is_whole(tmp_path):
    def fill_and_break_off() -> None:
        with files.whole_folder(tmp_path / "set") as new:
            (new / "half").write_text("")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_and_break_off()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_whole(tmp_path):
    for text in ("one", "two"):
        with files.whole_folder(tmp_path / "set", durable=True) as new:
            (new / text).write_text(text)

    assert [file.name for file in (tmp_path / "set").iterdir()] == ["two"]


def test_what_a_killed_process_left_is_cleared_and_what_a_live_one_fills_is_not(tmp_path):
    (tmp_path / ".set-999999999").mkdir()
    (tmp_path / f".set-{os.getppid()}").mkdir()

    with files.whole_folder(tmp_path / "set"):
        pass

    assert sorted(left.name for left in tmp_path.iterdir()) == [f".set-{os.getppid()}", "set"]


def test_a_file_that_cannot_be_written_whole_is_as_it_was(tmp_path):
    files.write(tmp_path / "facts", "old")

    with pytest.raises(TypeError):
        files.write(tmp_path / "facts", 7)

    assert (tmp_path / "facts").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_home_the_cache_is_a_temporary_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert files.cache() == tmp_path / "gourmetops" / "trainer"


def test_the_settings_in_the_repository_can_be_read():
    assert settings.read(Config, CONFIG).epochs > 0
    assert 0 < settings.read(Thresholds, THRESHOLDS).accuracy < 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("epoch: 3", "'epoch' is no setting of ours; did you mean 'epochs'?"),
        ("epochs: many", "'epochs' must be of type int"),
        ("quantise: 1", "'quantise' must be of type bool"),
    ],
)
def test_a_setting_that_is_wrong_is_refused(tmp_path, change, words):
    file = tmp_path / "config.yaml"
    file.write_text(f"{CONFIG.read_text()}\n{change}\n")

    with pytest.raises(SettingsError) as refused:
        settings.read(Config, file)

    assert words in str(refused.value)


def test_a_setting_that_is_missing_is_refused(tmp_path):
    (tmp_path / "config.yaml").write_text("epochs: 3\n")

    with pytest.raises(SettingsError, match="is missing"):
        settings.read(Config, tmp_path / "config.yaml")


def test_scores_of_a_small_table():
    labels = np.array([0, 0, 1, 1, 1])
    logits = np.eye(11, dtype=np.float32)[[0, 1, 1, 1, 2]]

    found = scores.score(labels, logits)

    assert found.accuracy == pytest.approx(3 / 5)
    assert found.recall[:3] == pytest.approx([1 / 2, 2 / 3, 0])
    assert found.f1[:3] == pytest.approx([2 / 3, 2 / 3, 0])
    assert figures.confusion(found).startswith(b"\x89PNG")


def test_only_features_that_are_not_known_are_computed(tmp_path, monkeypatch):
    class Picture:
        def __init__(self, digest: str) -> None:
            self.digest = digest
            self.photo = digest

    asked = []

    class Model:
        def __init__(self, *_loaded: object) -> None: ...

        def photos(self, photos, _advance):
            asked.append(list(photos))
            return np.array([[float(photo)] for photo in asked[-1]])

    monkeypatch.setattr(features, "Model", Model)
    backbone = tmp_path / "abc.onnx"
    features.of([Picture("1"), Picture("2")], backbone, 1)

    found = features.of([Picture("2"), Picture("3"), Picture("2")], backbone, 1)

    assert asked == [["1", "2"], ["3"]]
    assert found.tolist() == [[2.0], [3.0], [2.0]]


def test_features_of_photos_that_were_prepared_otherwise_are_not_taken(tmp_path, monkeypatch):
    class Picture:
        digest = photo = "1"

    class Model:
        def __init__(self, *_loaded: object) -> None: ...

        def photos(self, photos, _advance):
            return np.array([[float(photo)] for photo in photos])

    backbone = tmp_path / "abc.onnx"
    monkeypatch.setattr(features, "Model", Model)
    features.of([Picture()], backbone, 1)
    monkeypatch.setattr(features, "prepared", lambda: "by other code")
    monkeypatch.setattr(Model, "photos", lambda *_: np.array([[2.0]]))

    assert features.of([Picture()], backbone, 1).tolist() == [[2.0]]


def test_a_failed_report_is_told_in_a_few_sentences():
    failures = {f"test_accuracy::test_{name}": f"{name} is low" for name in "abcde"}

    marks = testing.verdict(testing.Report(1, 5, 0, failures))

    assert marks["gourmetops.tests"] == "failed"
    assert marks["gourmetops.tests-why"] == (
        "test_a: a is low; test_b: b is low; test_c: c is low; and 2 more"
    )


def test_a_lock_is_cut_into_pytorch_and_the_rest():
    lock = (
        "numpy==2.0 \\\n    --hash=sha256:a\nnvidia-cublas==13.1 ; sys_platform == 'linux' \\\n"
        "    --hash=sha256:b\ntorch==2.13.0 \\\n    --hash=sha256:c\n    # via -r torch.in\n"
    )

    rest, torch = locks.cut(lock)

    assert rest == "numpy==2.0 \\\n    --hash=sha256:a\n"
    assert torch.splitlines()[0] == "# open: torch==2.13.0"
    assert "nvidia-cublas" in torch
    assert "numpy" not in torch


def test_both_locks_in_the_repository_are_pinned_with_hashes_and_name_no_index():
    for name in ("requirements.txt", "torch.txt"):
        text = (locks.HERE / name).read_text()
        packages = [line for line in text.splitlines() if line[:1].isalnum()]
        assert packages
        assert all("==" in line and line.endswith("\\") for line in packages)
        assert "://" not in text
    assert not any(
        locks.PYTORCH.match(line)
        for line in (locks.HERE / "requirements.txt").read_text().splitlines()
    )

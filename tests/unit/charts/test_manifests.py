"""Objects as files: canonical text that every YAML reader reads alike, one object a file."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from charts import manifests
from charts.errors import FolderError, ManifestError
from charts.manifests import Manifest


def config(name="one", **data):
    return Manifest(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    )


def test_keys_are_sorted_whatever_the_order_they_came_in():
    turned = Manifest(dict(reversed(config(b="2", a="x").data.items())))

    assert turned.text() == config(a="x", b="2").text()


@pytest.mark.parametrize(
    "text", ["12e4567", "0o17", "0x1f", "1_000", "yes", "No", "on", "y", "null", "~", "1.0", "-",
             ".5", "2026-01-01", "0123", "", "true", "+1"],
)  # fmt: skip
def test_text_that_another_reader_would_take_for_something_else_is_quoted(text):
    written = config(key=text).text()

    assert f'key: "{text}"' in written or f"key: '{text}'" in written


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back_as_itself(text):
    assert yaml.safe_load(config(key=text).text())["data"]["key"] == text


def test_equal_values_are_written_out_and_never_point_at_one_another():
    shared = {"a": "b"}
    manifest = Manifest({**config().data, "data": shared, "also": shared})

    assert "&" not in manifest.text()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\na: 2\n", r"^f: not YAML as Kubernetes reads it: line 2: 'a' stands twice$"),
        ("a: [\n", "^f: not YAML as Kubernetes reads it: "),
        ("- 1\n", r"^f: holds a list, not an object\.$"),
        ("kind: A\n", r"^f: an object without apiVersion, kind or metadata\.name\.$"),
        ("a: !!python/object/apply:os.getpid []\n", "^f: not YAML as Kubernetes reads it: "),
    ],
)
def test_what_is_no_object_is_refused(text, sentence):
    with pytest.raises(ManifestError, match=sentence):
        list(manifests.parse(text, "f"))


def test_empty_documents_are_passed_over():
    assert list(manifests.parse("---\n---\n# nothing\n", "f")) == []


def test_two_objects_for_one_file_are_refused():
    with pytest.raises(ManifestError) as refusal:
        manifests.arrange([config(), config()])

    assert str(refusal.value) == (
        "ConfigMap one and ConfigMap one would both be configmap-one.yaml: name them apart."
    )


def test_a_folder_holds_exactly_what_was_rendered_and_keeps_other_files(tmp_path):
    (tmp_path / "release.json").write_text("{}")
    manifests.write_folder([config("one"), config("two")], tmp_path)

    changed = manifests.write_folder([config("two"), config("three")], tmp_path)

    assert changed == ["configmap-one.yaml", "configmap-three.yaml"]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "configmap-three.yaml",
        "configmap-two.yaml",
        "release.json",
    ]
    assert manifests.read_folder(tmp_path) == [config("three"), config("two")]


def test_rendering_again_touches_nothing(tmp_path):
    manifests.write_folder([config()], tmp_path)
    before = (tmp_path / "configmap-one.yaml").stat()

    assert manifests.write_folder([config()], tmp_path) == []
    assert (tmp_path / "configmap-one.yaml").stat().st_mtime_ns == before.st_mtime_ns


def test_a_folder_of_somebody_elses_yaml_is_left_alone(tmp_path):
    (tmp_path / "Playbook.yaml").write_text("- hosts: all\n")

    with pytest.raises(FolderError) as refusal:
        manifests.write_folder([config()], tmp_path)

    assert str(refusal.value) == (
        f"{tmp_path} holds Playbook.yaml, which no render wrote. Give --out a folder of its own, "
        "so that nothing of yours is replaced."
    )
    assert [file.name for file in tmp_path.iterdir()] == ["Playbook.yaml"]

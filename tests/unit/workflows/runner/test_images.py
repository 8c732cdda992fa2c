"""What the name of an image means on this machine."""

import json
from pathlib import Path

import pytest

from workflows.runner.errors import UnknownImageError, UsageError
from workflows.runner.machine.images import ImageMap

DIGEST = "a" * 64


def _map(rules: dict[str, object], store: Path) -> ImageMap:
    return ImageMap.load(rules, store, "images.yaml")  # type: ignore[arg-type]


def test_an_exact_name_wins_over_a_glob_and_the_first_glob_over_later_ones(tmp_path: Path) -> None:
    images = _map(
        {
            "*": {"run": "host"},
            "a/*": {"run": "host", "env": {"X": "late"}},
            "a/b:1": {"run": "host", "entrypoint": ["/bin/b"], "env": {"N": 1}},
        },
        tmp_path,
    )

    assert images.find("a/b:1").entrypoint == ("/bin/b",)
    assert images.find("a/b:1").env == {"N": "1"}
    assert images.find("a/c").env == {}


def test_every_unknown_image_is_named_with_the_line_to_add(tmp_path: Path) -> None:
    images = _map({"known": {"run": "host"}}, tmp_path)

    with pytest.raises(UnknownImageError) as refusal:
        images.refuse_unknown(["known", "one", "two:3"])

    assert str(refusal.value) == (
        "no rule says what these images are on this machine: one, two:3.\n"
        "Add to images.yaml, with host, store, or a folder:\n"
        '  "one": {run: host}\n'
        '  "two:3": {run: host}'
    )


def test_an_image_of_the_store_is_found_by_its_digest(tmp_path: Path) -> None:
    view = tmp_path / "unpacked" / DIGEST
    view.mkdir(parents=True)
    facts = {
        "rootfs": str(view / "rootfs"), "workdir": "/app", "entrypoint": [],
        "cmd": ["python", "-m", "app"], "env": {"PATH": "/env/bin"},
    }  # fmt: skip
    (view / "run.json").write_text(json.dumps(facts), encoding="utf-8")

    image = _map({"registry.local/*": {"run": "store"}}, tmp_path).find(
        f"registry.local/app@sha256:{DIGEST}"
    )

    assert image.cmd == ("python", "-m", "app")
    assert image.workdir == "/app"
    assert image.env == {"PATH": "/env/bin"}


def test_an_image_that_is_not_in_the_store_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownImageError, match="the image store"):
        _map({"*": {"run": "store"}}, tmp_path).find(f"x@sha256:{DIGEST}")


@pytest.mark.parametrize(
    ("rule", "words"), [({"env": {}}, "needs `run:`"), ({"run": "host", "envs": {}}, "has envs")]
)
def test_a_malformed_rule_is_refused(rule: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        _map({"x": rule}, tmp_path)

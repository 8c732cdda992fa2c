"""What the app promises whoever calls it. Each test is a promise and has its own reason."""

import math

import pytest


def test_it_serves_exactly_the_version_that_was_released(app, asked):
    wanted = asked["--release"]
    if not wanted:
        pytest.skip("name the version with --release to have it checked")
    said = app.get("/version").json().get("version", "absent")

    serves = "none" if said is None else str(said)
    if serves != wanted:
        pytest.fail(f"wrong version: it serves {serves}, and {wanted} was released", pytrace=False)


def test_it_serves_exactly_the_image_that_was_released(app, asked):
    wanted = asked["--digest"]
    if not wanted:
        pytest.skip("name the image with --digest to have it checked")
    said = app.get("/version").json().get("digest")

    if said != wanted:
        pytest.fail(f"wrong image: it runs {said}, and {wanted} was released", pytrace=False)


def test_every_answer_names_its_version(app):
    told = app.get("/version").json()["version"]
    header = app.get("/healthz").headers.get("x-model-version")

    assert header == ("none" if told is None else str(told)), "X-Model-Version is not /version"


def test_a_photo_gets_one_of_the_classes(app, photo, thresholds):
    answer = app.post("/predict", "photo", photo)

    assert answer.status == 200, f"a good photo is answered with {answer.status}"
    _require_prediction(answer.json(), classes=thresholds["classes"], known=_known_labels(app))


def test_the_built_in_picture_gets_one_of_the_classes(app, thresholds):
    answer = app.get("/test")

    assert answer.status == 200, f"the built-in picture is answered with {answer.status}"
    _require_prediction(answer.json(), classes=thresholds["classes"], known=_known_labels(app))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"", (400, 422), id="an empty file"),
        pytest.param(b"no photo at all", (415,), id="text"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 64, (415, 422), id="a broken picture"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(app, content, status):
    answer = app.post("/predict", "photo", content)

    assert answer.status in status, f"it is answered with {answer.status}"
    assert answer.json().get("detail"), "the refusal says nothing"


def test_a_form_without_a_photo_is_refused_with_a_sentence(app, photo):
    answer = app.post("/predict", "picture", photo)

    assert answer.status == 422, f"it is answered with {answer.status}"
    assert answer.json().get("detail"), "the refusal says nothing"


def test_an_unknown_path_is_not_found(app):
    assert app.get("/no-such-path").status == 404


def _known_labels(app):
    schema = app.get("/openapi.json").json()["components"]["schemas"]
    enums = [
        tuple(field["enum"])
        for each in schema.values()
        for name, field in each.get("properties", {}).items()
        if name == "predicted" and "enum" in field
    ]
    return set(enums[0]) if enums else None


def _require_prediction(said, *, classes, known):
    label, probabilities = said.get("label"), said.get("probabilities", {})
    if known and label not in known:
        pytest.fail(f"invalid class: {label!r} is none of its {len(known)} labels", pytrace=False)
    if len(probabilities) != classes:
        pytest.fail(
            f"invalid class: {len(probabilities)} classes are answered, not {classes}",
            pytrace=False,
        )
    total = sum(probabilities.values())
    assert math.isclose(total, 1, abs_tol=1e-3), f"the probabilities sum to {total:.4f}"
    best = max(probabilities, key=probabilities.__getitem__)
    assert label == best, f"it answers {label}, and {best} is the likeliest"

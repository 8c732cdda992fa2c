"""Which image names may be deployed."""

import pytest

from charts import images

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "name",
    [
        f"registry.local/gourmetgram-app@{DIGEST}",
        f"registry:5000/team/gourmetgram-lifecycle@{DIGEST}",
        "ghcr.io/mlflow/mlflow:v3.17.2-full",
        "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
        f"docker.io/library/postgres:18.1@{DIGEST}",
        f"localhost:5000/tool:1.2@{DIGEST}",
    ],
)
def test_a_name_that_means_one_image_is_fine(name):
    assert images.problem(name) is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("postgres", "image postgres has no tag, which means latest: name its exact version"),
        ("host:5000/postgres",
         "image host:5000/postgres has no tag, which means latest: name its exact version"),
        ("postgres:latest",
         "image postgres:latest: latest names another image tomorrow; name its exact version"),
        ("mlflow:latest-full",
         "image mlflow:latest-full: latest-full names another image tomorrow; "
         "name its exact version"),
        ("postgres:18",
         "image postgres:18: 18 is no exact version; give all its parts, such as 18.1"),
        ("traefik:stable",
         "image traefik:stable: stable is no exact version; give all its parts, such as 18.1"),
        ("postgres:18.1@sha256:12",
         "image postgres:18.1@sha256:12: its digest is not sha256: and 64 hexadecimal digits"),
        ("registry.local/gourmetgram-app:staging-1.0.7",
         "image registry.local/gourmetgram-app:staging-1.0.7 is ours, so it is named by its "
         "digest and by nothing else"),
        (f"gourmetgram-app:7@{DIGEST}",
         f"image gourmetgram-app:7@{DIGEST} is ours, so it is named by its digest and by "
         "nothing else"),
        ("gourmetgram-trainer",
         "image gourmetgram-trainer is ours, so it is named by its digest and by nothing else"),
    ],
)  # fmt: skip
def test_a_name_that_may_mean_another_image_is_refused(name, sentence):
    assert images.problem(name) == sentence

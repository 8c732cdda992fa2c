"""Kubernetes quantities."""

import pytest

from infra.local.desired import quantities


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("640Mi", 640 * 2**20),
        ("1G", 10**9),
        ("1.5Gi", 1.5 * 2**30),
        ("200m", 0.2),
        (7, 7),
        ("1e3", 1000),
    ],
)
def test_quantities_are_read_as_kubernetes_does(text, size):
    assert quantities.parse(text) == size


@pytest.mark.parametrize("text", ["", "much", "1 Gi", "Mi", "1gi", "--1"])
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(ValueError, match="is no quantity, such as 640Mi"):
        quantities.parse(text)


def test_sizes_are_shown_as_people_write_them():
    assert [quantities.shown(size) for size in (5, 2048, 100 * 2**20, 3 * 2**30)] == [
        "5 B",
        "2 KiB",
        "100 MiB",
        "3.0 GiB",
    ]

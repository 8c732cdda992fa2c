"""The stage is run on test machines."""

from tests.hosts.fixtures import three_hosts  # noqa: F401 (pytest finds it by name)

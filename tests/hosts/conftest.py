"""The machines under test are the machines."""

from tests.hosts.fixtures import hosts, three_hosts  # noqa: F401 (pytest finds them by name)

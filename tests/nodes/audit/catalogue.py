"""Every promise, by name."""

from tests.nodes.audit.check import Check
from tests.nodes.audit.checks import access, certificates, control_plane, kubelet, system

ALL: tuple[Check, ...] = (
    *system.CHECKS,
    *access.CHECKS,
    *kubelet.CHECKS,
    *control_plane.CHECKS,
    *certificates.CHECKS,
)
BY_NAME = {check.name: check for check in ALL}

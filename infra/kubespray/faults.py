"""What is wrong with an inventory, its settings or the programs, before Ansible starts.

* ProvisionError (infra.errors)
  * FaultsError      Kubespray would refuse this; every fault, each with its sentence
  * CheckoutError    Kubespray itself is not there, or is not what was pinned
  * NoInternetError  Kubespray downloads, and nothing is in reach
"""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.errors import ProvisionError


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong: where, what, and what to do."""

    where: str
    what: str
    todo: str

    def __str__(self) -> str:
        end = "" if self.todo.endswith("?") else "."
        return f"{self.where}: {self.what}. {self.todo}{end}"


class FaultsError(ProvisionError):
    """Kubespray would refuse this, some of it after twenty minutes."""

    code = 1

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = f"{len(faults)} faults" if len(faults) > 1 else "one fault"
        lines = "\n".join(f"✗ {fault}" for fault in faults)
        super().__init__(f"kubespray: {count}, and nothing was started:\n{lines}")


class CheckoutError(ProvisionError):
    """Kubespray itself is not there, or is not what was pinned."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"kubespray: {what}. {todo}.")


class NoInternetError(ProvisionError):
    """Kubespray downloads, and nothing is in reach."""

    def __init__(self, who: str, what: str, why: str) -> None:
        super().__init__(
            f"kubespray: {who} cannot reach {what} ({why}). Kubespray downloads Kubernetes, "
            "containerd and images on every node. Open the way, or name proxies as http_proxy "
            "and https_proxy in playbooks/kubespray/group_vars/all.yml; nothing was started."
        )

"""What one promise is: a name, who it holds for, a judgement and a remedy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.nodes.audit.facts import Node

# Takes a node and yields what is wrong with it.
Judge = Callable[[Node], Iterator[str]]

PREPARE = "invoke provision --only prepare sets it right"
KUBESPRAY = "invoke provision --only kubespray sets it right"


@dataclass(frozen=True)
class Check:
    """One promise of a site.

    Attributes:
        name: As it stands in reports and waivers.
        promise: What holds, in a sentence.
        judge: Yields what is wrong on a node.
        remedy: What a person does about it.
        roles: The nodes it is for; none: all.
        kubernetes: Whether there is nothing to ask before Kubernetes is installed.
    """

    name: str
    promise: str
    judge: Judge
    remedy: str
    roles: tuple[str, ...] = ()
    kubernetes: bool = False

    def concerns(self, node: Node) -> bool:
        """Say whether a node makes this promise."""
        if self.kubernetes and not node.facts.kubernetes:
            return False
        return not self.roles or bool(set(self.roles) & set(node.roles))

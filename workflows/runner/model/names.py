"""How Argo names nodes, pods and workflows."""

import random
import re

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_POD_NAME_PREFIX = 253 - 10 - 1
_GENERATE_NAME_BASE = 58
_SEPARATOR = re.compile(r"^(\[\d+\])?\.")


def fnv32a(text: str) -> int:
    """Hash text as Go's hash/fnv New32a does."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def node_id(workflow: str, node_name: str) -> str:
    """Give the id of a node: the workflow's name itself for the root."""
    return workflow if node_name == workflow else f"{workflow}-{fnv32a(node_name)}"


def pod_name(workflow: str, node_name: str, template: str | None) -> str:
    """Give the name that a node's pod would have."""
    if node_name == workflow:
        return workflow
    prefix = f"{workflow}-{template}" if template else workflow
    return f"{prefix[:_POD_NAME_PREFIX]}-{fnv32a(node_name)}"


def display_name(node_name: str, boundary_name: str | None) -> str:
    """Give the last part of a node's name, below the template that called it."""
    if boundary_name is None:
        return node_name
    return _SEPARATOR.sub("", node_name.removeprefix(boundary_name))


def step_name(node_name: str) -> str:
    """Give the step or task that a node belongs to, without loop and retry suffixes."""
    end, opener = len(node_name), ""
    for index in range(len(node_name) - 1, -1, -1):
        character = node_name[index]
        if opener:
            opener = "" if character == opener else opener
        elif character in ")]":
            opener = "(" if character == ")" else "["
        else:
            end = index + 1
            break
    return node_name[:end].rpartition(".")[2]


def generate(base: str) -> str:
    """Give a name as the API server makes it from `generateName`."""
    return base[:_GENERATE_NAME_BASE] + "".join(random.choices(_LETTERS, k=5))

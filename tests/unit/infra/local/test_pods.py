"""From a pod template to a process: what is put where."""

from pathlib import Path

import pytest

from infra.local.errors import PodError
from infra.local.processes import pods
from infra.local.processes.images import Image
from infra.local.processes.volumes import Mount

FOLDER = Path("/store/rootfs/app")
CONFIG = pods.Config({"facts": {"where": "/var/lib/x and /tmp/host"}}, {})


def pod(*mounts, **ports):
    return pods.Pod(
        "p-1", "ns", {"app": "a"}, {}, ports or {"8000": 20001}, Path("/home/p"), mounts
    )


def image(*command, entrypoint=()):
    return Image("registry.local/app@sha256:0", FOLDER, tuple(entrypoint), command)


def launch(container, of=None, inside=None):
    container = {"ports": [{"name": "http", "containerPort": 8000}], **container}
    return pods.launch(container, of or image("serve"), inside or pod(), CONFIG)


@pytest.mark.parametrize(
    ("container", "argv"),
    [
        ({}, ("enter", "serve")),
        ({"args": ["other"]}, ("enter", "other")),
        ({"command": ["mine"]}, ("mine",)),
        ({"command": ["mine"], "args": ["--port=$(PORT)"]}, ("mine", "--port=20001")),
    ],
)
def test_command_and_args_replace_entrypoint_and_cmd_as_in_kubernetes(container, argv):
    assert launch(container, image("serve", entrypoint=["enter"])).argv == argv


def test_the_port_of_the_manifest_becomes_the_port_of_this_replica():
    env = launch({"env": [{"name": "PORT", "value": "8000"}]}).env

    assert (env["PORT"], env["PORT_HTTP"], env["HOST"]) == ("20001", "20001", "127.0.0.1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("$(A)$(B)", "1$(B)"),
        ("$$(A)", "$(A)"),
        ("$A ${A}", "$A ${A}"),
        ("$$", "$"),
        ("$(A", "$(A"),
    ],
)
def test_references_are_expanded_as_kubernetes_does(text, expected):
    assert pods.expand(text, {"A": "1"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/var/lib/x", "/s/x"),
        ("/var/lib/x/deep", "/s/x/deep"),
        ("sqlite:////var/lib/x/db", "sqlite:////s/x/db"),
        ("--dir=/var/lib/x,/tmp", "--dir=/s/x,/s/tmp"),
        ("/var/lib/xy", "/var/lib/xy"),
        ("/srv/var/lib/x", "/srv/var/lib/x"),
        ("/var/lib/x.db", "/var/lib/x.db"),
    ],
)
def test_mount_paths_are_replaced_only_where_a_path_begins_with_them(text, expected):
    mounts = [Mount("/var/lib/x", Path("/s/x")), Mount("/tmp", Path("/s/tmp"))]

    assert pods.placed(text, mounts) == expected


def test_a_folder_below_tmp_is_not_taken_for_the_mount_at_tmp():
    mounts = (Mount("/var/lib/x", Path("/tmp/state/x")), Mount("/tmp", Path("/tmp/state/t")))
    source = {"configMapKeyRef": {"name": "facts", "key": "where"}}
    container = {
        "env": [{"name": "OWN", "value": "/var/lib/x"}],
        "envFrom": [{"configMapRef": {"name": "facts"}}],
    }
    container["env"].append({"name": "COPY", "valueFrom": source})

    env = launch(container, inside=pod(*mounts)).env

    assert env["OWN"] == "/tmp/state/x"
    assert env["where"] == "/tmp/state/x and /tmp/host"
    assert env["TMPDIR"] == "/tmp/state/t"


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"envFrom": [{"configMapRef": {"name": "gone"}}]}, "ConfigMap gone is not in Git"),
        (
            {
                "env": [
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "facts", "key": "no"}}}
                ]
            },
            "ConfigMap facts has no key no",
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIPs"}}}]},
            r"fieldRef status\.hostIPs has no meaning",
        ),
    ],
)
def test_what_is_not_there_is_said_in_kubernetes_words(container, said):
    with pytest.raises(PodError, match=said) as refusal:
        launch(container)

    assert refusal.value.reason == "CreateContainerConfigError"


def test_an_image_without_a_command_cannot_run():
    with pytest.raises(PodError, match="neither image nor manifest has a command"):
        launch({}, image())

"""A mirror that is there, one that is not, and what others wrote."""

import json
import re

MIRROR = "http://192.168.1.11:5000"
HUB = "https://registry-1.docker.io"
FILE = "/etc/containerd/certs.d/docker.io/hosts.toml"


def told(lab, mirror, *options, optional=True):
    return lab.play(
        "prepare", "--tags", "registry", "--limit", "node2", *options, registry_mirror=mirror,
        registry_mirror_optional=optional,
    )  # fmt: skip


def serve(lab):
    """Let node1 answer as a registry does."""
    lab.hosts["node1"].run(
        "mkdir -p /srv/mirror/v2 && systemctl is-active -q mirror || systemd-run -q --unit mirror "
        "python3 -m http.server 5000 -d /srv/mirror; "
        "until curl -sf -o /dev/null http://192.168.1.11:5000/v2/; do sleep 0.1; done"
    )


def test_a_mirror_that_answers_is_asked_first_and_the_registry_after_it(lab):
    serve(lab)

    said, done, again = told(lab, MIRROR, "--check"), told(lab, MIRROR), told(lab, MIRROR)

    text = lab.hosts["node2"].read(FILE)
    assert done.status == "done", done.log
    assert text.startswith(f'server = "{HUB}"\n')
    assert f'[host."{MIRROR}"]' in text
    assert said.changed == done.changed != set()
    assert again.changed == set()


def test_while_a_mirror_is_away_pulls_go_to_the_registry_itself(lab):
    serve(lab)
    told(lab, MIRROR)

    done = told(lab, "http://192.168.1.11:5999")

    assert done.status == "done", done.log
    assert lab.hosts["node2"].run(f"cat {FILE} 2>/dev/null || echo none") == "none\n"


def test_a_mirror_that_is_not_optional_stops_the_play_while_it_is_away(lab):
    done = told(lab, "http://192.168.1.11:5999", optional=False)

    assert done.status == "failed"
    assert re.search("refused|Connection", done.said("node2"))


def test_what_others_told_containerd_and_docker_stays(lab):
    serve(lab)
    node = lab.hosts["node2"]
    foreign = 'server = "https://other"\n\n[host."https://somebody"]\n  capabilities = ["pull"]\n'
    node.write(FILE, foreign)
    node.write("/etc/docker/daemon.json", '{"log-driver": "journald"}')

    done = told(lab, MIRROR)

    assert done.status == "done", done.log
    docker = json.loads(node.read("/etc/docker/daemon.json"))
    assert docker == {
        "log-driver": "journald",
        "registry-mirrors": [MIRROR],
        "insecure-registries": ["192.168.1.11:5000"],
    }
    assert node.read(FILE).startswith(foreign)
    assert f'[host."{MIRROR}"]' in node.read(FILE)

    without = told(lab, "")

    assert without.status == "done", without.log
    assert node.read(FILE) == foreign
    node.run(f"rm -r {FILE} /etc/docker")

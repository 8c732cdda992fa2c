"""The one-server play, against stand-ins of snap and microk8s that keep their state in files.

Neither runs here: snaps need a network and squashfs. What the play asks of them, in which order
and how often, is real.
"""

import pytest

COUNT = 1
SNAP = """#!/bin/sh
echo "snap $*" >> /srv/said
case $1 in
list) [ -f /srv/follows ] || exit 1
      printf 'Name Version Rev Tracking Publisher Notes\\n'
      printf 'microk8s v1.32.3 7964 %s canonical classic\\n' "$(cat /srv/follows)" ;;
*) echo "$*" | sed 's/.*--channel=//' > /srv/follows
   getent group microk8s > /dev/null || groupadd microk8s ;;
esac
"""
MICROK8S = """#!/bin/sh
echo "microk8s $*" >> /srv/said
case "$1 $2" in
"enable "*) echo $2 >> /srv/addons ;;
"config "*) echo 'kind: Config, token: HUSH-HUSH' ;;
"status --format") echo 'addons:'
    for addon in dns hostpath-storage ingress; do
        state=disabled; grep -qx $addon /srv/addons 2> /dev/null && state=enabled
        printf -- '- name: %s\\n  status: %s\\n' $addon $state
    done ;;
esac
"""


@pytest.fixture(scope="module")
def server(lab):
    node = lab.hosts["node1"]
    node.write("/usr/local/bin/snap", SNAP)
    node.write("/usr/local/bin/microk8s", MICROK8S)
    node.run("chmod +x /usr/local/bin/*")
    return node


def served(lab, *options, channel="1.32/stable"):
    return lab.play(
        "microk8s", "--tags", "microk8s", "--diff", *options, microk8s_channel=channel,
        microk8s_addons=["dns", "ingress"],
    )  # fmt: skip


def test_the_server_gets_what_its_site_names_and_nothing_twice(lab, server):
    done, again = served(lab), served(lab)
    moved = served(lab, channel="1.33/stable")

    assert done.status == again.status == moved.status == "done", done.log + again.log + moved.log
    assert again.changed == set()
    assert {task for _host, _role, task in moved.changed} == {"Follow the channel of the site"}
    changes = [line for line in server.read("/srv/said").splitlines() if "list" not in line]
    assert [line for line in changes if "status" not in line and "config" not in line] == [
        "snap install microk8s --classic --channel=1.32/stable",
        "microk8s enable dns",
        "microk8s enable ingress",
        "snap refresh microk8s --channel=1.33/stable",
    ]
    assert server.run("stat -c '%U %a' /home/cc/.kube/config").strip() == "cc 600"
    assert "microk8s" in server.run("id -nG cc")
    assert "HUSH-HUSH" not in done.log + str(done.events)

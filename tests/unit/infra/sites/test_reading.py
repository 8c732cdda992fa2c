"""Reading a site's file: what we ship is fine, and every mistake is said at once with its line."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import SiteFileError, UnknownSiteError
from infra.sites import reading, rules

SOUND = """\
name: mine
kind: hosts
ssh:
  user: ubuntu
nodes:
  - name: node1
    address: 10.0.0.1
    roles: [control-plane, etcd, worker]
    jump: true
  - name: node2
    address: 10.0.0.2
    roles: [worker]
network:
  private: 10.0.0.0/24
needs:
  memory_gib: 4
"""


@pytest.fixture
def write(tmp_path):
    def as_site(text):
        file = tmp_path / "mine.yaml"
        file.write_text(text)
        return file

    return as_site


def mistakes(file):
    with pytest.raises(SiteFileError) as refusal:
        reading.read(file)
    return list(refusal.value.mistakes)


@pytest.mark.parametrize("name", ["hosts", "kvm", "local", "microk8s"])
def test_every_site_that_we_ship_reads(name):
    assert reading.load(name).name == name


def test_the_sites_we_know_are_these():
    assert reading.known() == ("hosts", "kvm", "local", "microk8s")


def test_a_sound_file_becomes_a_site(write):
    site = reading.read(write(SOUND))

    assert [node.name for node in site.nodes] == ["node1", "node2"]
    assert site.jump == site.nodes[0]
    assert site.needs.memory_gib == 4
    assert site.needs.cpus == 2
    assert site.port_of(site.nodes[1]) == 22


def test_a_site_may_be_named_by_the_path_of_its_file(write, tmp_path):
    file = write(SOUND)

    assert reading.load("mine.yaml", relative_to=tmp_path) == reading.read(file)


def test_a_misspelt_site_names_the_nearest():
    with pytest.raises(UnknownSiteError) as refusal:
        reading.load("kvmm")

    assert str(refusal.value) == (
        "There is no site 'kvmm': did you mean kvm? A path of a site file will do as well."
    )


def test_every_mistake_is_said_at_once_with_its_line(write):
    file = write(
        SOUND.replace("kind: hosts", "kind: host")
        .replace("user: ubuntu", "usr: ubuntu")
        .replace("10.0.0.2", "10.0.0.999")
        .replace("[worker]", "[workr]")
        .replace("memory_gib: 4", "memory: 4")
    )

    assert mistakes(file) == [
        (2, "kind: 'host' is not known here; did you mean hosts?"),
        (4, "ssh.user: it is missing"),
        (4, "ssh.usr: no such key; did you mean user?"),
        (11, "nodes[1].address: '10.0.0.999' is no IP address"),
        (12, "nodes[1].roles[0]: 'workr' is not known here; did you mean worker?"),
        (16, "needs.memory: no such key; did you mean memory_gib?"),
    ]


def test_the_message_is_a_line_for_each_mistake(write):
    file = write(SOUND.replace("kind: hosts", "kind: host"))

    with pytest.raises(SiteFileError) as refusal:
        reading.read(file)

    assert str(refusal.value) == f"{file}:2: kind: 'host' is not known here; did you mean hosts?"


SEEDED = {
    "other name": (("name: mine", "name: yours"),
                   "name: 'yours' is not the name of its file, mine"),
    "capitals": (("name: node2", "name: Node2"),
                 "nodes[1].name: 'Node2' has capitals, which Kubernetes refuses in the name of a "
                 "node"),
    "no name at all": (("name: node2", "name: node_2"),
                       "nodes[1].name: 'node_2' is no name: small letters, digits and dashes"),
    "same name": (("name: node2", "name: node1"),
                  "nodes[1].name: node1 is the name of nodes[0] already"),
    "same address": (("10.0.0.2", "10.0.0.1"),
                     "nodes[1].address: 10.0.0.1 is the address of nodes[0] already"),
    "outside": (("10.0.0.2", "10.9.0.2"),
                "nodes[1].address: 10.9.0.2 is not in network.private, 10.0.0.0/24"),
    "even etcd": (("roles: [worker]", "roles: [etcd]"),
                  "nodes: 2 of them have the role etcd: an even number survives no more failures "
                  "than 1, and Kubespray refuses it"),
    "no control plane": (("control-plane, ", ""), "nodes: none of them has the role control-plane"),
    "no etcd": (("etcd, ", ""), "nodes: none of them has the role etcd"),
    "no role": (("roles: [worker]", "roles: []"),
                "nodes[1].roles: it is empty: a node without a role does nothing"),
    "two ways in": (("roles: [worker]", "roles: [worker]\n    jump: true"),
                    "nodes[1].jump: nodes[0] is the way in already; there is one"),
    "bits of a host": (("10.0.0.0/24", "10.0.0.1/24"),
                       "network.private: '10.0.0.1/24' is no range of addresses (10.0.0.1/24 has "
                       "host bits set)"),
    "overlap": (("10.0.0.0/24", "10.0.0.0/24\n  pods: 10.0.0.0/16"),
                "network.pods: 10.0.0.0/16 overlaps private, 10.0.0.0/24"),
    "services overlap": (("10.0.0.0/24", "10.0.0.0/24\n  services: 10.233.64.0/24"),
                         "network.services: 10.233.64.0/24 overlaps pods, 10.233.64.0/18"),
    "twice": (("memory_gib: 4", "memory_gib: 4\n  memory_gib: 8"),
              "needs.memory_gib: it stands on line 16 already"),
    "text for a number": (("memory_gib: 4", "memory_gib: plenty"),
                          "needs.memory_gib: 'plenty' is not a number above zero"),
    "a value for a list": (("roles: [worker]", "roles: worker"), "nodes[1].roles: it is a list"),
    "a list for a value": (("user: ubuntu", "user: [ubuntu]"), "ssh.user: it is one value"),
    "a value for a mapping": (("  memory_gib: 4", "  4"), "needs: it is a mapping of keys to "
                                                          "values"),
    "openstack of nobody": (("needs:\n", "openstack: {}\nneeds:\n"),
                            "openstack: a site of kind hosts has none"),
    "no openstack": (("kind: hosts", "kind: openstack"),
                     "openstack: it is missing: a site of kind openstack needs it"),
    "nodes of this machine": (("kind: hosts", "kind: local"),
                              "nodes: the local site is this machine; it has no nodes"),
    "port": (("user: ubuntu", "user: ubuntu\n  port: 70000"),
             "ssh.port: 70000 is not between 1 and 65535"),
    "not whole": (("memory_gib: 4", "cpus: 1.5"), "needs.cpus: 1.5 is not a whole number"),
    "flag": (("jump: true", "jump: maybe"), "nodes[0].jump: 'maybe' is not true or false"),
    "mirror": (("needs:\n", "registry: {mirror: 'mirror:5000'}\nneeds:\n"),
               "registry.mirror: 'mirror:5000' is no http:// or https:// address"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), SEEDED.values(), ids=SEEDED)
def test_a_seeded_mistake_is_said(write, change, sentence):
    assert change[0] in SOUND

    assert sentence in [what for _line, what in mistakes(write(SOUND.replace(*change, 1)))]


def test_an_empty_file_says_what_it_needs(write):
    assert mistakes(write("")) == [(1, "it is empty; it needs at least name and kind")]


def test_a_file_that_is_not_yaml_says_where(write):
    ((line, what),) = mistakes(write("name: [\nkind: hosts\n"))

    assert line == 3
    assert what.startswith("not YAML: ")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["name", "kind", "ssh", "nodes", "network", "address", "roles", "jump", "private",
             "pods", "user", "openstack", "ssh_address", "ssh_port"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JUNK)
def test_no_file_whatever_makes_the_reader_stumble(tmp_path_factory, junk):
    file = tmp_path_factory.mktemp("junk") / "mine.yaml"
    file.write_text(yaml.safe_dump(junk))

    with pytest.raises(SiteFileError) as refusal:
        reading.read(file)

    assert refusal.value.mistakes


@given(st.dictionaries(st.sampled_from(["name", "nodes", "ssh", "network", "kind"]), JUNK))
def test_no_data_whatever_makes_the_rules_stumble(data):
    assert isinstance(list(rules.mistakes(data, "mine")), list)

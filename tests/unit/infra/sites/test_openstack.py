"""What a site of OpenStack may say: all that provisioning honours, and nothing by mistake."""

import pytest

from infra.errors import SiteFileError
from infra.provision.cloud import clouds, lease, terraform
from infra.provision.setting import Setting
from infra.sites import reading
from infra.sites.site import User

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHCZcv2ykJzJmYv3XvJmY5OqZ0yY8b1uJ9mV6n1T3lqX ada@home"
WHOLE = f"""\
name: lab
kind: openstack
ssh:
  user: cc
nodes:
  - name: node1
    address: 192.168.1.11
    roles: [control-plane, etcd, worker]
    jump: true
users:
  - name: ada
    keys: ["{KEY}"]
    sudo: true
  - name: grace
    keys: ["{KEY}"]
network:
  private: 192.168.1.0/24
openstack:
  cloud: kvm
  lease_cloud: kvm-lease
  image: CC-Ubuntu24.04
  flavor: m1.large
  key_pair: mine
  shared_network: sharednet1
  floating_pool: public
  security_groups: [allow-ssh]
  suffix: project-38
  open_ports: [8080, 8443]
  lease_hours: 8
  volume_gib: 20
  container: food
  backend:
    s3: {{bucket: states, key: lab}}
  gpu:
    cloud: uc
    lease_cloud: uc-lease
    flavor: g1.h100.pci.1
    image: CC-Ubuntu24.04-CUDA
    count: 1
    shared_network: sharednet2
    lease_hours: 4
"""


@pytest.fixture
def write(tmp_path):
    def as_site(text):
        file = tmp_path / "lab.yaml"
        file.write_text(text)
        return file

    return as_site


def said(file):
    with pytest.raises(SiteFileError) as refusal:
        reading.read(file)
    return list(refusal.value.mistakes)


def test_everything_that_terraform_and_the_lease_honour_can_be_written(write, tmp_path):
    site = reading.read(write(WHOLE))
    setting = Setting(site, tmp_path, clouds.Clouds(tmp_path / "clouds.yaml", {}))
    results = {"lease": {"nodes": {"reservation": "n"}, "gpu": {"reservation": "g"}}}

    values = terraform.variables(setting, results)

    assert values["suffix"] == "project-38"
    assert values["open_ports"] == [8080, 8443]
    assert (values["volume_gib"], values["container"]) == (20, "food")
    assert values["gpu"]["cloud"] == "uc"
    assert values["gpu"]["shared_network"] == "sharednet2"
    assert terraform.backend(setting) == {"s3": {"bucket": "states", "key": "lab"}}
    pools = lease.pools(setting)
    assert (pools["nodes"].cloud, pools["nodes"].hours) == ("kvm-lease", 8)
    assert (pools["gpu"].cloud, pools["gpu"].hours) == ("uc-lease", 4)


def test_people_are_a_list_with_keys_and_rights(write):
    assert reading.read(write(WHOLE)).users == (
        User("ada", (KEY,), sudo=True),
        User("grace", (KEY,)),
    )


SEEDED = {
    "suffix": (("suffix: project-38", "suffix: project_38"),
               (27, "openstack.suffix: 'project_38' is no suffix: 1 to 32 small letters, digits "
                    "and dashes")),
    "port": (("8080, 8443", "8080, 84430"),
             (28, "openstack.open_ports[1]: 84430 is not between 1 and 65535")),
    "backend": (("    s3: {", "    htp: {"),
                (33, "openstack.backend.htp: no such key; did you mean http?")),
    "two backends": (("    s3: {", "    http: {address: a}\n    s3: {"),
                     (32, "openstack.backend: it names 2 places for the state, and there is one")),
    "a secret": (("key: lab}", "key: lab, secret_key: x}"),
                 (33, "openstack.backend.s3.secret_key: a secret must not stand in a site's file, "
                      "which Git keeps; its program reads it from the environment or from a file "
                      "of its own")),
    "path of a volume": (("volume_gib: 20", "volume_path: /etc"),
                         (30, "openstack.volume_path: '/etc' belongs to the system; choose one "
                              "such as /mnt/data or /srv/data")),
    "misspelt": (("volume_gib", "volume_gb"),
                 (30, "openstack.volume_gb: no such key; did you mean volume_gib?")),
    "gpu": (("    shared_network: sharednet2", "    shared_net: sharednet2"),
            (40, "openstack.gpu.shared_net: no such key; did you mean shared_network?")),
    "no way in": (("    jump: true\n", ""),
                  (5, "nodes: none of them has `jump: true`: which one gets the floating IP?")),
    "no network": (("  private: 192.168.1.0/24", "  ipv6: any"),
                   (16, "network.private: it is missing: Terraform makes this network")),
    "IPv6": (("192.168.1.11", "fd00::11"),
             (7, "nodes[0].address: Terraform gives fixed addresses of IPv4 only")),
    "closed": (("[allow-ssh]\n", "[]\n"), None),
    "nobody's keys": ((f'  - name: grace\n    keys: ["{KEY}"]', "  - name: grace\n    keys: []"),
                      (15, "users[1].keys: it is empty: nobody could log in; take the user out "
                           "instead")),
    "the same twice": (("name: grace", "name: ada"),
                       (14, "users[1].name: ada is the name of users[0] already")),
    "capitals": (("name: grace", "name: Grace"),
                 (14, "users[1].name: 'Grace' is no login: small letters, digits, dashes and "
                      "underscores, a letter first")),
    "root": (("name: grace", "name: root"),
             (14, "users[1].name: root is nobody's login here: give people logins of their own")),
    "the operator": (("name: grace", "name: cc"),
                     (14, "users[1].sudo: cc is ssh.user, and without sudo no stage can go on")),
    "no key": ((f'["{KEY}"]\n    sudo', '["~/.ssh/id.pub"]\n    sudo'),
               (12, "users[0].keys[0]: '~/.ssh/id.pub' is no public key: the one line of a file "
                    "that ends in .pub")),
    "sudoo": (("sudo: true", "sudoo: true"),
              (13, "users[0].sudoo: no such key; did you mean sudo?")),
}  # fmt: skip


@pytest.mark.parametrize(("change", "mistake"), SEEDED.values(), ids=SEEDED)
def test_a_seeded_mistake_is_said_with_its_line(write, change, mistake):
    assert change[0] in WHOLE
    text = WHOLE.replace(*change, 1)
    if mistake is None:  # open_ports still let somebody in
        reading.read(write(text))
        text = text.replace("  open_ports: [8080, 8443]\n", "")
        mistake = (26, "openstack.security_groups: it is empty, and no open_ports: nobody could "
                       "reach the nodes, not even by SSH")  # fmt: skip

    assert mistake in said(write(text))


def test_a_private_key_is_refused_and_not_repeated(write):
    private = "-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaC1rZXk"

    ((_line, sentence), *_) = said(write(WHOLE.replace(KEY, private, 1)))

    assert "it is a private key, which must never stand here" in sentence
    assert "b3BlbnNzaC1rZXk" not in sentence


def test_a_name_that_terraform_would_refuse_needs_a_suffix_in_its_place(tmp_path):
    name = "a-name-of-more-than-thirty-two-letters"
    text = WHOLE.replace("name: lab", f"name: {name}", 1)
    file = tmp_path / f"{name}.yaml"
    file.write_text(text)
    assert reading.read(file).name == name

    file.write_text(text.replace("  suffix: project-38\n", ""))

    ((line, sentence),) = said(file)
    assert line == 1
    assert sentence.endswith("and no openstack.suffix is given in its place")

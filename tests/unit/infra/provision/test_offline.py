"""What this machine gets wrong, told before any cloud is asked."""

import dataclasses
import os
import subprocess
import sys
import time

import pytest
import yaml

from infra.provision.cloud import clouds
from infra.provision.preflight import offline, programs
from infra.provision.preflight.pins import KUBECTL, TERRAFORM, how_to_get
from infra.sites.site import Ssh


@pytest.fixture
def environ(tmp_path):
    """A PATH with a Terraform of the pinned version in front."""
    folder = tmp_path / "bin"
    folder.mkdir()
    terraform(folder, TERRAFORM.version)
    kubectl(folder, KUBECTL.version)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def terraform(folder, version):
    program = folder / "terraform"
    program.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    program.chmod(0o755)


def kubectl(folder, version):
    program = folder / "kubectl"
    facts = f'{{"clientVersion": {{"gitVersion": "v{version}"}}}}'
    program.write_text(f"#!/bin/sh\necho '{facts}'\n")
    program.chmod(0o755)


def said(setting, environ):
    return [finding.sentence for finding in offline.look(setting, environ) if finding.bad]


def entry(setting, **entries):
    known = {**setting.clouds.entries, **entries}
    return dataclasses.replace(setting, clouds=dataclasses.replace(setting.clouds, entries=known))


def test_a_good_machine_has_no_finding(setting, environ):
    assert said(setting, environ) == []


def test_another_terraform_is_refused_with_the_command_that_gets_the_right_one(
    setting, environ, tmp_path
):
    terraform(tmp_path / "bin", "1.14.4")

    (sentence,) = said(setting, environ)

    assert "terraform is 1.14.4. It must be 1.11.4: " in sentence
    assert how_to_get(TERRAFORM) in sentence


def test_the_command_checks_what_it_fetched(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.system", lambda: "Linux")

    command = how_to_get(TERRAFORM)

    assert f"{TERRAFORM.sha256['linux_amd64']}  /tmp/terraform.zip' | sha256sum -c" in command


def test_a_plain_binary_is_checked_before_it_is_put_on_the_path(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr("platform.system", lambda: "Linux")

    fetch, check, put = how_to_get(KUBECTL).split(" && ")

    assert fetch.endswith("/bin/linux/arm64/kubectl")
    assert check == f"echo '{KUBECTL.sha256['linux_arm64']}  /tmp/kubectl' | sha256sum -c"
    assert put == "install -D -m 755 /tmp/kubectl ~/.local/bin/kubectl"


def test_no_terraform_and_no_clouds_file_are_told_together_within_two_seconds(setting, tmp_path):
    began = time.monotonic()

    found = said(dataclasses.replace(setting, clouds=None), {"PATH": str(tmp_path)})

    assert time.monotonic() - began < 2
    assert found[0].startswith("it is not on the PATH.")
    assert how_to_get(KUBECTL) in found[1]
    assert found[2] == "it is not on the PATH: apt-get install openssh-client"
    assert "Make an application credential in Horizon" in found[3]


def test_a_clouds_file_that_others_can_read_is_refused(setting, environ):
    setting.clouds.file.chmod(0o644)

    assert said(setting, environ) == [
        f"others can read {setting.clouds.file}: chmod 600 {setting.clouds.file}"
    ]


def test_a_clouds_file_that_git_tracks_is_refused(setting, environ):
    folder = setting.clouds.file.parent
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "-C", folder, "add", "clouds.yaml"], check=True)

    (sentence,) = said(setting, environ)

    assert "its secret is in the history: git rm --cached clouds.yaml" in sentence


def test_an_entry_that_is_not_there_is_told_with_the_nearest(setting, environ):
    setting.openstack["cloud"] = "kmv"

    (sentence,) = said(setting, environ)

    assert "has no entry kmv (openstack.cloud of the site); did you mean kvm?" in sentence


def test_an_application_credential_for_the_lease_is_refused(setting, environ):
    delegated = entry(setting, **{"kvm-lease": setting.clouds.entries["kvm"]})

    (sentence,) = said(delegated, environ)

    assert "Keystone refuses leases to those" in sentence


def test_a_password_for_terraform_is_only_noted(setting, environ):
    found = offline.look(entry(setting, kvm=setting.clouds.entries["kvm-lease"]), environ)

    assert [(finding.bad, "your password" in finding.sentence) for finding in found] == [
        (False, True)
    ]


def test_a_file_that_is_no_yaml_is_told(setting, environ, tmp_path):
    setting.clouds.file.write_text("clouds: [")

    broken = dataclasses.replace(setting, clouds=clouds.read(setting.clouds.file))

    assert "it is not YAML" in said(broken, environ)[0]


def test_variables_that_would_override_are_noted_and_not_handed_on(setting, environ, monkeypatch):
    monkeypatch.setenv("OS_AUTH_URL", "http://elsewhere")
    monkeypatch.setenv("TF_VAR_suffix", "old")

    (finding,) = offline.look(setting, {**environ, "OS_AUTH_URL": "x", "TF_VAR_suffix": "old"})
    handed = clouds.environment(setting.clouds.file)

    assert not finding.bad
    assert finding.sentence.startswith("OS_AUTH_URL, TF_VAR_suffix would override")
    assert "OS_AUTH_URL" not in handed
    assert "TF_VAR_suffix" not in handed
    assert handed["OS_CLIENT_CONFIG_FILE"] == str(setting.clouds.file)


def key(setting, tmp_path, passphrase):
    file = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", file], check=True)
    site = dataclasses.replace(setting.site, ssh=Ssh("cc", str(file)))
    return dataclasses.replace(setting, site=site), file


def test_a_key_without_a_passphrase_needs_no_agent(setting, environ, tmp_path):
    keyed, file = key(setting, tmp_path, "")

    assert said(keyed, environ) == []
    assert offline.public_key(keyed) == " ".join(file.with_suffix(".pub").read_text().split()[:2])


def test_a_key_that_no_agent_has_is_told_with_the_command(setting, environ, tmp_path):
    keyed, file = key(setting, tmp_path, "secret")

    assert said(keyed, environ) == [f"{file} has a passphrase and no agent has it: ssh-add {file}"]


def test_a_key_that_others_can_read_is_refused(setting, environ, tmp_path):
    keyed, file = key(setting, tmp_path, "")
    file.chmod(0o644)

    assert said(keyed, environ) == [f"others can read {file}, and ssh refuses it: chmod 600 {file}"]


def test_a_key_that_is_not_there_is_told(setting, environ, tmp_path):
    site = dataclasses.replace(setting.site, ssh=Ssh("cc", str(tmp_path / "none")))

    (sentence,) = said(dataclasses.replace(setting, site=site), environ)

    assert f"ssh-keygen -t ed25519 -f {tmp_path}/none" in sentence


def test_the_named_file_comes_first_and_then_the_folder_of_the_person(tmp_path):
    (tmp_path / "clouds.yaml").write_text("clouds: {here: {}}")
    (tmp_path / "mine.yaml").write_text("clouds: {mine: {}}")

    assert set(clouds.find({}, tmp_path).entries) == {"here"}
    named = clouds.find({"OS_CLIENT_CONFIG_FILE": "mine.yaml"}, tmp_path)
    assert set(named.entries) == {"mine"}


def test_a_program_that_this_walk_does_not_use_is_only_noted(setting, environ, tmp_path):
    kubectl(tmp_path / "bin", "1.32.4-dispatcher")

    (finding,) = offline.look(setting.on(("preflight", "lease", "terraform")), environ)

    assert not finding.bad
    assert finding.sentence.startswith(f"{tmp_path}/bin/kubectl is 1.32.4-dispatcher. It must be ")
    assert len(said(setting, environ)) == 1


@pytest.fixture
def kubespray(tmp_path):
    """What the pinned Kubespray takes, and a lock that fits it."""
    (tmp_path / "accepts.yaml").write_text("ansible: [2.18.0, 2.19.0]\n")
    (tmp_path / "pin.yaml").write_text('version: v2.31.0\npython: "3.11"\n')
    (tmp_path / "requirements.txt").write_text("ansible-core==2.18.11 \\\n    --hash=sha256:0\n")
    return tmp_path


def window(folder, python=(3, 12)):
    found = programs.ansible(folder, folder / "requirements.txt", python)
    return [finding.sentence for finding in found]


def test_an_ansible_that_kubespray_takes_is_no_finding(kubespray):
    assert window(kubespray) == []


@pytest.mark.parametrize("version", ["2.17.14", "2.19.0", "2.9.27"])
def test_an_ansible_outside_the_window_is_told_before_it_starts(kubespray, version):
    (kubespray / "requirements.txt").write_text(f"ansible-core=={version}\n")

    assert window(kubespray) == [
        f"requirements.txt holds ansible-core {version}, and Kubespray v2.31.0 takes 2.18.0 up "
        "to, and not with, 2.19.0. Set ansible-core in playbooks/requirements.in and lock it: "
        "nox -s lock"
    ]


def test_a_python_that_is_too_old_for_that_ansible_is_told(kubespray):
    assert window(kubespray, (3, 10)) == ["it needs Python 3.11, and this is 3.10"]


def test_the_ansible_that_we_lock_is_one_that_kubespray_takes():
    assert list(programs.ansible(programs.KUBESPRAY, programs.ANSIBLE, sys.version_info[:2])) == []


def test_kubectl_is_one_minor_version_from_every_kubernetes_that_kubespray_installs():
    taken = yaml.safe_load((programs.KUBESPRAY / "accepts.yaml").read_text())["kubernetes"]
    ours = int(KUBECTL.version.split(".")[1])

    assert max(abs(int(str(version).split(".")[1]) - ours) for version in taken) <= 1


def test_both_clouds_of_the_gpu_pool_are_looked_at(setting, environ):
    setting.openstack["gpu"] = {"cloud": "uc", "lease_cloud": "kvm"}

    found = said(setting, environ)

    assert "has no entry uc (openstack.gpu.cloud of the site)" in found[0]
    assert "entry kvm is an application credential" in found[1]
    assert "name it in openstack.gpu.lease_cloud" in found[1]


def test_a_site_of_hosts_needs_no_cloud(setting, environ):
    site = dataclasses.replace(setting.site, kind="hosts", openstack=None)

    assert said(dataclasses.replace(setting, site=site, clouds=None), environ) == []


def test_what_kubespray_would_refuse_is_told_before_any_machine_is_made(setting, environ):
    nodes = tuple(dataclasses.replace(node, roles=("worker",)) for node in setting.site.nodes)
    headless = dataclasses.replace(setting, site=dataclasses.replace(setting.site, nodes=nodes))

    found = said(headless, environ)

    assert any("group kube_control_plane is empty, and nobody would run the API" in one
               for one in found)  # fmt: skip
    assert said(headless.on(("preflight", "lease", "terraform")), environ) == []

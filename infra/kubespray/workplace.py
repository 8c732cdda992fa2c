"""Lay out what Ansible reads for Kubespray: inventory, group_vars and its configuration."""

import shutil
from pathlib import Path

from infra.inventory import files
from infra.kubespray import own, pin
from infra.sites.site import Site

# Kubespray's own configuration looks at no host key; ours does, and differs in nothing else
# that its roles rely on. Facts are kept, so that a part of the nodes can be run alone.
CONFIG = """\
; Made by `invoke provision`; what you write here is written over.
[defaults]
roles_path = {home}/roles
library = {home}/library
force_valid_group_names = ignore
host_key_checking = True
gathering = smart
fact_caching = jsonfile
fact_caching_connection = {folder}/facts
fact_caching_timeout = 86400
timeout = 300
forks = 20
deprecation_warnings = False
display_skipped_hosts = False
retry_files_enabled = False

[inventory]
ignore_patterns = artifacts, credentials
unparsed_is_failed = True

[privilege_escalation]
become = True

[ssh_connection]
; One connection per host for all tasks: ssh_config holds it (ControlMaster).
ssh_args =
pipelining = True
retries = 3
"""


class Workplace:
    """The folder of one site in which Kubespray runs."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder / "kubespray"
        self.inventory = self.folder / "inventory.yaml"
        self.config = self.folder / "ansible.cfg"
        self.variables = (
            self.folder / "group_vars" / "all",
            self.folder / "group_vars" / "k8s_cluster",
        )

    def lay_out(self, texts_for: Path) -> None:
        """Write the inventory and the variables.

        Args:
            texts_for: The site's folder, where its ssh_config and known hosts lie.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "group_vars", ignore_errors=True)
        _write(self.inventory, files.texts(self.site, texts_for)["inventory.yaml"])
        for folder in self.variables:
            folder.mkdir(parents=True)
            shutil.copy(pin.GROUP_VARS / f"{folder.name}.yml", folder / "ours.yml")
        own.write(self.site, self.variables[0])

    def configure(self, home: Path) -> None:
        """Write Ansible's configuration for a checkout of Kubespray."""
        _write(self.config, CONFIG.format(home=home.absolute(), folder=self.folder.absolute()))


def _write(file: Path, text: str) -> None:
    half = file.with_name(f".{file.name}.new")
    half.write_text(text, encoding="utf-8")
    half.replace(file)

"""The configuration files of the test cloud, as small as the services accept."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from tests.openstack.layout import COMPUTE, HOST, PASSWORD, REGION, Layout

Sections = Mapping[str, Mapping[str, object]]

BIND_EVERYTHING = '''"""Bind every port of every host at once, as no agent runs here."""

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class Bind(api.MechanismDriver):
    def initialize(self):
        pass

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        segment = context.segments_to_bind[0][api.ID]
        details = {portbindings.CAP_PORT_FILTER: True}
        context.set_binding(
            segment, portbindings.VIF_TYPE_OVS, details, status=constants.PORT_STATUS_ACTIVE
        )
'''


def write(layout: Layout) -> None:
    """Write the files of every service, fresh keys for Keystone, and the drivers of our own."""
    for name, sections in _services(layout).items():
        _ini(layout.etc / name, sections)
        service = name.partition("/")[0]
        # While there is none they look for it everywhere, for each attribute that they show.
        (layout.etc / service / "policy.yaml").write_text("{}\n")
        (layout.state / service / "lock").mkdir(parents=True, exist_ok=True)
    for host in COMPUTE:
        _ini(
            layout.etc / "nova" / f"{host}.conf",
            {"DEFAULT": {"host": host, "state_path": layout.state / host}},
        )
        (layout.state / host).mkdir(exist_ok=True)
    _keys(layout.state / "fernet")
    _keys(layout.state / "credential")
    _driver(layout.home / "plugins")
    layout.consoles.mkdir()
    layout.servers.mkdir()


def _services(at: Layout) -> dict[str, Sections]:
    return {
        "keystone/keystone.conf": _keystone(at),
        "placement/placement.conf": _placement(at),
        "glance/glance-api.conf": _glance(at),
        "nova/nova.conf": _nova(at),
        "neutron/neutron.conf": _neutron(at),
        "cinder/cinder.conf": _cinder(at),
        "blazar/blazar.conf": _blazar(at),
    }


def _keystone(at: Layout) -> Sections:
    return {
        "database": _database(at, "keystone"),
        "token": {"provider": "fernet"},
        "fernet_tokens": {"key_repository": at.state / "fernet"},
        "fernet_receipts": {"key_repository": at.state / "fernet"},
        "credential": {"key_repository": at.state / "credential"},
        "cache": {"enabled": True, "backend": "oslo_cache.dict"},
        "identity": {"password_hash_rounds": 4},
    }


def _placement(at: Layout) -> Sections:
    return {
        "api": {"auth_strategy": "keystone"},
        "placement_database": _database(at, "placement"),
        "keystone_authtoken": _checks_tokens(at, "placement"),
    }


def _glance(at: Layout) -> Sections:
    folder = at.state / "glance"
    return {
        "DEFAULT": {"enabled_backends": "store:file"},
        "database": _database(at, "glance"),
        "glance_store": {"default_backend": "store"},
        "store": {"filesystem_store_datadir": folder / "images"},
        "os_glance_staging_store": {"filesystem_store_datadir": folder / "staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": folder / "tasks"},
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": at.packages / "etc/glance/glance-api-paste.ini",
        },
        "keystone_authtoken": _checks_tokens(at, "glance"),
    }


def _nova(at: Layout) -> Sections:
    return {
        "DEFAULT": {
            "state_path": at.state / "nova",
            "transport_url": _queue(at),
            # Nova's fake one, with a console (hypervisor.py).
            "compute_driver": "hypervisor.Hypervisor",
            "concurrency_backend": "threading",
            "periodic_fuzzy_delay": 0,
            # Nobody changes a port behind Nova's back here.
            "heal_instance_info_cache_interval": -1,
            "use_cow_images": False,
            "vif_plugging_is_fatal": False,
            "vif_plugging_timeout": 0,
            "my_ip": HOST,
            "reserved_host_memory_mb": 0,
        },
        "api_database": _database(at, "nova_api"),
        "database": _database(at, "nova"),
        "api": {"auth_strategy": "keystone"},
        "wsgi": {"api_paste_config": at.packages / "etc/nova/api-paste.ini"},
        "conductor": {"workers": 1},
        # Enough for all journeys and whoever is refused meanwhile.
        "quota": {"cores": 40, "instances": 40, "ram": 200_000},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 2},
        "oslo_concurrency": {"lock_path": at.state / "nova/lock"},
        "filter_scheduler": {
            "enabled_filters": "ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter,"
            "ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter,"
            "AggregateInstanceExtraSpecsFilter"
        },
        "key_manager": {"backend": "nova.keymgr.conf_key_mgr.ConfKeyManager"},
        "glance": {"api_servers": at.url("glance"), **_asks_as(at, "nova")},
        "placement": _asks_as(at, "placement"),
        "neutron": _asks_as(at, "neutron"),
        "cinder": _asks_as(at, "nova"),
        "service_user": {**_asks_as(at, "nova"), "send_service_user_token": True},
        "keystone_authtoken": _checks_tokens(at, "nova"),
    }


def _neutron(at: Layout) -> Sections:
    return {
        "DEFAULT": {
            "state_path": at.state / "neutron",
            "transport_url": _queue(at),
            "core_plugin": "ml2",
            "service_plugins": "router",
            "auth_strategy": "keystone",
            "api_paste_config": at.packages / "etc/neutron/api-paste.ini",
            "dhcp_agent_notification": False,
            "api_workers": 0,
            "rpc_workers": 0,
        },
        "database": _database(at, "neutron"),
        "oslo_concurrency": {"lock_path": at.state / "neutron/lock"},
        "ml2": {
            "type_drivers": "local,flat,vlan",
            "tenant_network_types": "local",
            "mechanism_drivers": "bind_everything",
            "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": "*"},
        "nova": _asks_as(at, "nova"),
        "placement": _asks_as(at, "placement"),
        "keystone_authtoken": _checks_tokens(at, "neutron"),
    }


def _cinder(at: Layout) -> Sections:
    return {
        "DEFAULT": {
            "state_path": at.state / "cinder",
            "transport_url": _queue(at),
            "auth_strategy": "keystone",
            "api_paste_config": at.packages / "etc/cinder/api-paste.ini",
            "enabled_backends": "fake",
            "default_volume_type": "__DEFAULT__",
            "host": "cinder1",
            # What the scheduler and the volume service tell one another while the other is not
            # there yet, neither hears; they tell it again this often.
            "periodic_interval": 5,
            "backend_stats_polling_interval": 5,
            "glance_api_servers": at.url("glance"),
        },
        "fake": {
            "volume_backend_name": "fake",
            "volume_driver": "cinder.tests.fake_driver.FakeLoggingVolumeDriver",
        },
        "database": _database(at, "cinder"),
        "oslo_concurrency": {"lock_path": at.state / "cinder/lock"},
        "nova": _asks_as(at, "nova"),
        "service_user": _asks_as(at, "cinder"),
        "keystone_authtoken": _checks_tokens(at, "cinder"),
    }


def _blazar(at: Layout) -> Sections:
    return {
        "DEFAULT": {
            "host": HOST,
            "transport_url": _queue(at),
            "os_auth_host": HOST,
            "os_auth_port": at.ports["keystone"],
            "os_admin_username": "blazar",
            "os_admin_password": PASSWORD,
            "os_admin_project_name": "service",
            "os_region_name": REGION,
            "state_path": at.state / "blazar",
        },
        "database": _database(at, "blazar"),
        "manager": {"plugins": "physical.host.plugin,flavor.instance.plugin"},
        "nova": {"aggregate_freepool_name": "freepool"},
        "oslo_concurrency": {"lock_path": at.state / "blazar/lock"},
        "keystone_authtoken": _checks_tokens(at, "blazar"),
    }


def _database(at: Layout, name: str) -> dict[str, object]:
    address = f"{HOST}:{at.ports['mariadb']}"
    return {"connection": f"mysql+pymysql://root@{address}/{name}?charset=utf8"}


def _queue(at: Layout) -> str:
    return f"rabbit://guest:guest@{HOST}:{at.ports['rabbit']}/"


def _asks_as(at: Layout, user: str) -> dict[str, object]:
    return {
        "auth_url": at.identity,
        "auth_type": "password",
        "username": user,
        "password": PASSWORD,
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
        "region_name": REGION,
    }


def _checks_tokens(at: Layout, user: str) -> dict[str, object]:
    own = {key: value for key, value in _asks_as(at, user).items() if key != "region_name"}
    own["www_authenticate_uri"] = at.identity
    return {**own, "service_token_roles_required": False}


def _ini(file: Path, sections: Sections) -> None:
    blocks = []
    for name, options in sections.items():
        blocks.append("\n".join([f"[{name}]", *(f"{key} = {val}" for key, val in options.items())]))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _keys(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in ("0", "1"):
        (folder / number).write_bytes(base64.urlsafe_b64encode(os.urandom(32)))


def _driver(folder: Path) -> None:
    known = folder / "bind_everything-1.dist-info"
    known.mkdir(parents=True, exist_ok=True)
    (folder / "bind_everything.py").write_text(BIND_EVERYTHING, encoding="utf-8")
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: bind_everything\nVersion: 1\n")
    (known / "entry_points.txt").write_text(
        "[neutron.ml2.mechanism_drivers]\nbind_everything = bind_everything:Bind\n"
    )

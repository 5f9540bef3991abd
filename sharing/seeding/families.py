"""What images are called and what they are, as in real clouds."""

import json
from typing import NamedTuple

from sharing.imagedata import licences


class Family(NamedTuple):
    name: str
    properties: str
    snapshot_properties: str
    licence: str
    disk_format: str
    min_disk: int
    gigabytes: float


def _family(
    name: str,
    distro: str,
    version: str,
    min_disk: int,
    gigabytes: float,
    disk_format: str = "qcow2",
) -> Family:
    properties = {
        "architecture": "aarch64" if "arm64" in name else "x86_64",
        "os_type": "windows" if distro == "windows" else "linux",
        "os_distro": distro,
        "os_version": version,
    }
    licence = licences.licence_by_rule(properties)
    of_snapshot = json.dumps(properties | {"image_type": "snapshot"})
    return Family(
        name, json.dumps(properties), of_snapshot, licence, disk_format, min_disk, gigabytes
    )


def families() -> tuple[Family, ...]:
    """Each as likely as the others; what a licence restricts is as LICENCE_RULES says."""
    return (
        _family("debian-12-genericcloud-amd64", "debian", "12", 2, 0.4),
        _family("debian-12-generic-arm64", "debian", "12", 2, 0.4),
        _family("debian-13-genericcloud-amd64", "debian", "13", 3, 0.5),
        _family("debian-11-nocloud-amd64", "debian", "11", 2, 0.3, "raw"),
        _family("ubuntu-24.04-server-cloudimg-amd64", "ubuntu", "24.04", 4, 0.6),
        _family("ubuntu-22.04-minimal-cloudimg-amd64", "ubuntu", "22.04", 3, 0.3),
        _family("Rocky-9-GenericCloud-Base-x86_64", "rocky", "9", 10, 0.6),
        _family("AlmaLinux-9-GenericCloud-x86_64", "almalinux", "9", 10, 0.5),
        _family("Fedora-Cloud-Base-Generic-42", "fedora", "42", 5, 0.5),
        _family("openSUSE-Leap-15.6-Minimal-VM", "opensuse", "15.6", 4, 0.3),
        _family("cirros-0.6.2-x86_64-disk", "cirros", "0.6.2", 1, 0.02),
        _family("k8s-node-1.33-flatcar-stable", "flatcar", "4230", 8, 0.7),
        _family("web-frontend-golden", "debian", "12", 8, 1.5),
        _family("gpu-node-cuda-12.8", "ubuntu", "22.04", 40, 9.5, "raw"),
        _family("rhel-9.4-x86_64-kvm", "rhel", "9.4", 10, 0.9),
        _family("windows-server-2022-standard-eval", "windows", "2022", 32, 6.0, "vhdx"),
    )


TAGS = ("lts", "weekly", "golden", "hardened", "gpu", "nightly", "approved", "eol")
# So rare in names that a search has to look at most of them.
RARE = ("canary", "hotfix", "bisect", "airgap")

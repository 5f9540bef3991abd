"""Image API v2 lists to load, and what loading them says."""

import json

import pytest

from sharing.errors import BadInput
from sharing.loading import Loaded, load_images
from tests.refusals import unchanged

ID = "747d9f20-6d11-4bb3-98dd-2af24916a6ee"
RECORD = {
    "id": ID,
    "name": "web-01 snapshot",
    "status": "active",
    "visibility": "shared",
    "disk_format": "qcow2",
    "container_format": "bare",
    "size": 99559936,
    "virtual_size": 629145600,
    "checksum": "95376952c78a565c99a10659d6b1b8c3",
    "os_hash_algo": "sha512",
    "os_hash_value": "8aa463661569",
    "min_disk": 1,
    "min_ram": 256,
    "protected": False,
    "os_hidden": False,
    "owner": "426677aad16841e68a993f3b58951615",
    "created_at": "2026-11-23T10:38:39Z",
    "updated_at": "2026-11-23T10:38:39Z",
    "tags": ["web"],
    "os_distro": "debian",
    "base_image_ref": "5d912aaa-d023-4f6f-ad93-13f4a7733c72",
    "self": f"/v2/images/{ID}",
    "file": f"/v2/images/{ID}/file",
    "schema": "/v2/schemas/image",
}
NEW, CHANGED, UNCHANGED = Loaded(1, 0, 0, 0), Loaded(0, 1, 0, 0), Loaded(0, 0, 1, 0)


def as_list(*records: object) -> bytes:
    return json.dumps({"images": records}).encode()


def load(owner, *records: object) -> Loaded:
    return load_images(as_list(*records), owner.tenant)


def refusal(owner, data: bytes) -> str:
    """The sentence with which the list is refused; nothing changed."""
    with unchanged(), pytest.raises(BadInput) as told:
        load_images(data, owner.tenant)
    assert str(told.value).endswith(". Nothing was loaded.")
    return str(told.value)

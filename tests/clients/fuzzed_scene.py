"""The images that schemathesis asks for, and how they are made again. Like `fuzzed`, it knows nothing of the portal."""

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha512
from typing import Any

import requests
import schemathesis
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

DATA = b"a disk of no known format".ljust(1024, b".")
ETAG = f'"{sha512(DATA).hexdigest()}"'
PATCH = "application/openstack-images-v2.1-json-patch"
DEBIAN = {"name": "Debian", "disk_format": "raw", "container_format": "bare", "tags": ["stable"]}
PATIENCE = 60
# How many changes of its record an image takes before it is made anew.
WORN = 4


@dataclass(frozen=True)
class Image:
    """An image of the scene. `members`: the status of each party that it is offered to."""

    number: int
    owner: str
    members: dict[str, str] = field(default_factory=dict)
    has_data: bool = True
    is_deactivated: bool = False
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"00000000-0000-4000-8000-{self.number:012d}"


ALL = {"consumer1": "accepted", "consumer2": "pending", "producer": "rejected"}
SCENE = (
    Image(1, "owner", ALL),
    Image(2, "owner", {**ALL, "consumer1": "pending"}, record={"redistributable": "true"}),
    Image(3, "owner", {"consumer1": "accepted"}, is_deactivated=True),
    Image(4, "owner", has_data=False),
    Image(5, "owner", has_data=False, record={"visibility": "private", "os_hidden": True}),
    Image(6, "owner", {"consumer1": "rejected"}, record={"protected": True}),
    Image(7, "consumer1", {"owner": "accepted"}, record={"redistributable": "true"}),
    Image(8, "consumer1", {"owner": "pending"}),
    Image(9, "consumer1", {"owner": "rejected"}),
    Image(10, "consumer1", {"consumer2": "accepted"}, has_data=False),
    Image(11, "consumer2"),
)


class Scene:
    """The images, as they stand in the portal. `parties`: tenant ID, credential and its secret, by name."""

    def __init__(self, url: str, parties: dict[str, list[str]]) -> None:
        self.url = url
        self.session = requests.Session()
        # A server under load may turn a connection away before it reads anything.
        retried = Retry(total=5, backoff_factor=0.2, allowed_methods=None, status=0)
        self.session.mount("http://", HTTPAdapter(max_retries=retried))
        self.parties = parties
        self.tokens = {name: self.new_token(name) for name in parties}
        self.by_id = {image.id: image for image in SCENE}
        self.wear: Counter[str] = Counter()

    def sign_in(self, name: str) -> dict[str, Any]:
        _, credential, secret = self.parties[name]
        method = "application_credential"
        return {
            "auth": {
                "identity": {"methods": [method], method: {"id": credential, "secret": secret}}
            }
        }

    def new_token(self, name: str) -> str:
        address = f"{self.url}/identity/v3/auth/tokens"
        answer = self.session.post(address, json=self.sign_in(name), timeout=PATIENCE)
        return answer.headers["X-Subject-Token"]

    def call(self, name: str, method: str, path: str, **body: Any) -> int:
        headers = {"X-Auth-Token": self.tokens[name], **body.pop("headers", {})}
        address = f"{self.url}/image/v2/{path}"
        answer = self.session.request(method, address, headers=headers, timeout=PATIENCE, **body)
        return answer.status_code

    def make(self, image: Image) -> None:
        """Whatever became of it, it stands as the scene has it."""
        self.wear[image.id] = 0
        self.delete(image.owner, image.id)
        record = {"id": image.id} | DEBIAN | image.record
        told = self.call(image.owner, "POST", "images", json=record)
        assert told == 201, f"{image} could not be made: {told}"
        if image.has_data:
            kind = {"Content-Type": "application/octet-stream"}
            self.call(image.owner, "PUT", f"images/{image.id}/file", data=DATA, headers=kind)
        for name, status in image.members.items():
            self.offer(image, name, status)
        if image.is_deactivated:
            self.call(image.owner, "POST", f"images/{image.id}/actions/deactivate")

    def offer(self, image: Image, name: str, status: str) -> None:
        tenant = self.parties[name][0]
        members = f"images/{image.id}/members"
        self.call(image.owner, "POST", members, json={"member": tenant, "checklist": True})
        self.call(name, "PUT", f"{members}/{tenant}", json={"status": status})

    def delete(self, owner: str, image_id: str) -> None:
        body = json.dumps([{"op": "replace", "path": "/protected", "value": False}])
        self.call(owner, "PATCH", f"images/{image_id}", data=body, headers={"Content-Type": PATCH})
        self.call(owner, "DELETE", f"images/{image_id}")

    def repair(self, case: schemathesis.Case, answer: schemathesis.Response, caller: str) -> None:
        """After a call that changed something."""
        name = case.operation.definition.raw["operationId"]
        image = self.by_id.get(str((case.path_parameters or {}).get("image_id", "")))
        if name == "create_image":
            self.delete(caller, answer.json()["id"])
        elif name == "prune_all":
            for each in SCENE:
                self.offer_again(each)
        elif image and name == "prune_image":
            self.offer_again(image)
        elif image:
            self.wear[image.id] += 1
            if (
                name in ("delete_image", "upload_data", "withdraw_image")
                or self.wear[image.id] >= WORN
            ):
                self.make(image)

    def offer_again(self, image: Image) -> None:
        for name, status in image.members.items():
            if status == "rejected":
                self.offer(image, name, status)

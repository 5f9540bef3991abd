"""What the bench of the API acts on, and the requests that it sends."""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import count, cycle, product
from typing import Any, NamedTuple

OWNER, READER = "4471021", "4471022"
# Tenant IDs of members: those that exist and accept, and those that are just written down.
CONSUMERS_FROM, MEMBERS_FROM = 5_000_000, 6_000_000_000
IMAGES, LISTED, TAGS = "/image/v2/images", 30, ("gold", "hardened", "lts")
PROPERTIES = {
    "os_distro": "debian", "os_version": "13", "os_type": "linux", "hw_disk_bus": "scsi", "architecture": "x86_64",
}  # fmt: skip


class Operation(NamedTuple):
    """A call, and how often an answer to it came from Glance in a second, by the number of clients."""

    name: str
    status: int
    glance: dict[int, float]
    # How many times as many are wanted at 8 clients.
    wanted: int
    requests: Iterator[bytes]


class Scene(NamedTuple):
    operations: list[Operation]
    # Makes accepted offers pending again, so that there are enough to accept.
    reset: str


def scene(size: int) -> Scene:
    """Fills the database. `size`: how many images are offered in the bench, and ten times as many offers accepted."""
    from sharing import credentials
    from sharing.models import Image, Membership, Tenant, TenantUser, User

    def tenant(tenant_id: str) -> tuple[str, dict[str, str]]:
        """A token of its manager's application credential, and the credential."""
        user = User.objects.create(email=f"manager@{tenant_id}.example", password="!")
        owner = Tenant.objects.create(pk=tenant_id, name=f"Tenant {tenant_id}")
        holder = TenantUser.objects.create(user=user, tenant=owner, role=TenantUser.Role.MANAGER)
        made, secret = credentials.create(holder, name="bench", role=holder.role)
        return token_of(holder, made), {"id": made.pk.hex, "secret": secret}

    def images(number: int) -> list[Image]:
        return Image.objects.bulk_create(
            Image(
                owner_id=OWNER, name=f"Debian 13 {at}", status=Image.Status.ACTIVE, disk_format="qcow2",
                container_format="bare", size=2**30, virtual_size=2**33, checksum="0" * 32, os_hash_algo="sha512",
                os_hash_value="0" * 128, properties=PROPERTIES,
            )
            for at in range(number)
        )  # fmt: skip

    def offer(images: list[Image], member_ids: Iterable[str], status: str = "pending") -> None:
        by = f"manager@{OWNER}.example"
        rows = [
            Membership(image=image, member_id=member_id, offered_by=by, status=status)
            for image, member_id in product(images, member_ids)
        ]
        Membership.objects.bulk_create(rows, batch_size=2000)

    token, credential = tenant(OWNER)
    reader, _ = tenant(READER)
    consumers = {str(CONSUMERS_FROM + at): "" for at in range(10)}
    consumers = {tenant_id: tenant(tenant_id)[0] for tenant_id in consumers}
    offered, accepted = images(size), images(size)
    offer(accepted, consumers)
    [ten, thousand] = images(2)
    for image, number in ((ten, 10), (thousand, 1000)):
        offer([image], [str(MEMBERS_FROM + at) for at in range(number)])
    listed = images(LISTED)
    _tag(listed)
    offer(listed, [READER], "accepted")

    numbers = count(MEMBERS_FROM)
    shares = (
        request("POST", f"{IMAGES}/{image.pk}/members", token, {"member": str(next(numbers))})
        for image in cycle(offered)
    )
    accepts = (
        request("PUT", f"{IMAGES}/{image.pk}/members/{consumer}", its_token, {"status": "accepted"})
        for _ in cycle([0])
        for consumer, its_token in consumers.items()
        for image in accepted
    )
    sign_in = {
        "identity": {"methods": ["application_credential"], "application_credential": credential}
    }
    return Scene(
        [
            Operation("share", 200, {1: 89, 8: 185}, 10, shares),
            Operation("accept", 200, {8: 226}, 10, accepts),
            _read("members-10", {8: 218}, 10, f"{IMAGES}/{ten.pk}/members", token),
            _read("members-1000", {8: 5.9}, 50, f"{IMAGES}/{thousand.pk}/members", token),
            _read("images", {8: 143}, 10, IMAGES, reader),
            Operation(
                "token", 201, {8: 4}, 10,
                cycle([request("POST", "/identity/v3/auth/tokens", "", {"auth": sign_in})]),
            ),
        ],
        f"UPDATE sharing_membership SET status = 'pending' WHERE status = 'accepted' AND member_id <> '{READER}'",  # noqa: S608
    )  # fmt: skip


def _read(name: str, glance: dict[int, float], wanted: int, path: str, token: str) -> Operation:
    return Operation(name, 200, glance, wanted, cycle([request("GET", path, token)]))


def token_of(holder: Any, credential: Any) -> str:
    from sharing.api import tokens

    claims = tokens.new_claims(holder, holder.role, "application_credential", credential=credential)
    return tokens.written(claims)


def _tag(images: list[Any]) -> None:
    from sharing.models import ImageTag

    ImageTag.objects.bulk_create(
        ImageTag(image=image, name=name) for image in images for name in TAGS
    )


def request(method: str, path: str, token: str, body: Any = None) -> bytes:
    raw = b"" if body is None else json.dumps(body).encode()
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        head.append(f"X-Auth-Token: {token}")
    if raw:
        head += ["Content-Type: application/json", f"Content-Length: {len(raw)}"]
    return "\r\n".join([*head, "", ""]).encode() + raw


def set_up(environment: dict[str, str]) -> None:
    """Django in this process, on the database of the portal, with all its tables."""
    os.environ.update(environment)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)

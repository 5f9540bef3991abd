"""The image list of the API in each order, and with each filter."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.bench.scale.operation import DEEP, Operation, read
from tests.bench.scale.pages import NOTHING, TAG
from tests.bench.scale.scene import Scene, Side

IMAGES = "/image/v2/images"
SORTS = ("name:asc", "size:desc", "updated_at:desc", "status:asc", "created_at:asc")


def image_lists(scene: Scene, side: Side) -> Iterator[Operation]:
    from sharing.models import Image

    for who, party, image, rows in (
        ("owner", side.owner, side.image, Image.objects.owned_by(side.owner.tenant)),
        ("consumer", side.consumer, side.accepted.image, Image.objects.accepted_by(side.consumer.tenant)),
    ):  # fmt: skip
        name = f"list_images of {who}"
        middle = scene.middle(rows.filter(os_hidden=False), "-created_at", "-id").pk
        for query, has_deep in _queries(who, image):
            title = (
                f"{name} {query}".strip()
                .replace(str(image.pk), "UUID")
                .replace(quote(image.name), "NAME")
            )
            title = title.replace(image.owner_id, "ID")
            how = {"tenant": side.label, "status": 400 if _refused(party.tenant, query) else 200}
            yield read("api", title, party.call("GET", f"{IMAGES}?{query}"), **how)
            if has_deep and side.is_hottest:
                path = f"{IMAGES}?{query}&marker={middle}"
                yield read("api", title, party.call("GET", path), position=DEEP, **how)


def _refused(tenant: str, query: str) -> bool:
    """Whether the list is too long to be sorted so."""
    from sharing.api.parameters import SORTED_MAX
    from sharing.models import Image

    own, accepted = (rows[SORTED_MAX:][:1].exists() for rows in Image.objects.listed_for(tenant))
    return ("sort=status" in query and (own or accepted)) or (
        "sort=updated_at" in query and accepted
    )


def _queries(who: str, image: Any) -> Iterator[tuple[str, bool]]:
    """And whether a deep page is measured, too: the marker may be an image that the filter leaves out."""
    yield from (("", True), ("limit=100", True))
    yield from ((f"sort={sort}", True) for sort in SORTS)
    yield from ((f"sort={sort}&status=deactivated", False) for sort in SORTS[:2])
    yield from (
        (f"visibility={one}", who == "owner" or one == "shared") for one in ("private", "shared")
    )
    if who == "consumer":
        yield from (
            (f"member_status={one}", one == "all") for one in ("pending", "rejected", "all")
        )
    for query in (
        f"name={quote(image.name)}", f"name={NOTHING}", f"tag={TAG}", f"tag={NOTHING}", f"id={image.pk}",
        "status=active", "status=deactivated", f"owner={image.owner_id}", "disk_format=qcow2", "disk_format=vdi",
        "disk_format=vhdx", "protected=true", "os_hidden=true", "size_min=1000000000",
        "created_at=lt:2024-01-01T00:00:00Z", f"base_image_ref={image.pk}", "redistributable=true",
        "os_distro=rocky", "os_distro=plan9",
    ):  # fmt: skip
        yield query, False

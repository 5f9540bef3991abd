"""Image records: make one, show it, change it, delete it; its tags; deactivate, reactivate and prune."""

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse

from sharing import handshake
from sharing.api import reads
from sharing.api.calls import Call, answer, uuid_of
from sharing.api.fields import known, properties_of, refuse_read_only
from sharing.api.parameters import TAG_MAX
from sharing.api.patches import PATCH_TYPE, Operation, apply
from sharing.api.wire import (
    ACKNOWLEDGED,
    BASE_IMAGE,
    REDISTRIBUTABLE,
    NewImage,
    Pruned,
    PrunedMember,
    image_out,
)
from sharing.errors import BadInput, NotVisible
from sharing.imagedata.changes import Draft, change_image, check_limits, flag_of
from sharing.imagedata.records import Facts, create_image, parent_id
from sharing.models import Image, Tenant
from sharing.models.membership import Touched
from sharing.models.prepared import Prepared
from sharing.shapes import explain
from sharing.tenancy import may_act, owner_acts


def create(call: Call) -> HttpResponse:
    may_act(by=call.actor)
    said = call.body(dict[str, Any])
    refuse_read_only(said, call.actor.tenant_id)
    try:
        new = msgspec.convert({name: said[name] for name in said if name in known()}, NewImage)
    except msgspec.ValidationError as error:
        raise BadInput(f"{explain(error, NewImage)}.") from error
    image = create_image(
        _facts(new, said),
        owner=Tenant(pk=call.actor.tenant_id),
        image_id=UUID(new.id) if new.id else None,
        by=call.actor,
    )
    place = call.request.build_absolute_uri(f"/image/v2/images/{image.pk}")
    return answer(201, _told(image), {"Location": place})


def _facts(new: NewImage, said: dict[str, Any]) -> Facts:
    properties = properties_of(said)
    if ACKNOWLEDGED in properties:
        raise BadInput(f"{ACKNOWLEDGED}: an image without data has nothing to acknowledge yet.")
    parent = properties.pop(BASE_IMAGE, "")
    redistributable = flag_of(REDISTRIBUTABLE, properties.pop(REDISTRIBUTABLE, "false"))
    check_limits(properties, set(new.tags))
    return Facts(
        name=new.name or "", disk_format=new.disk_format or "", container_format=new.container_format or "",
        visibility=new.visibility, os_hidden=new.os_hidden, min_disk=new.min_disk, min_ram=new.min_ram,
        protected=new.protected, redistributable=redistributable, base_image_ref=parent_id(parent),
        properties=properties, tags=new.tags,
    )  # fmt: skip


def show(call: Call, image_id: str) -> HttpResponse:
    return answer(200, _told(visible_image(call, image_id)))


def _told(image: Image) -> dict[str, Any]:
    return image_out(image, reads.tags_of([image.pk])[image.pk])


def patch(call: Call, image_id: str) -> HttpResponse:
    image = owned_image(call, image_id)
    operations = call.body(list[Operation], PATCH_TYPE)
    changed = change_image(
        image, lambda draft: apply(operations, draft, call.actor.tenant_id), by=call.actor
    )
    return answer(200, _told(changed))


def delete(call: Call, image_id: str) -> HttpResponse:
    handshake.delete_image(owned_image(call, image_id), by=call.actor)
    return answer(204)


def deactivate(call: Call, image_id: str) -> HttpResponse:
    handshake.deactivate(owned_image(call, image_id), by=call.actor)
    return answer(204)


def reactivate(call: Call, image_id: str) -> HttpResponse:
    handshake.reactivate(owned_image(call, image_id), by=call.actor)
    return answer(204)


def prune(call: Call, image_id: str) -> HttpResponse:
    """Proffer's own: deletes the memberships of the image that are rejected at this moment. Answered once all are."""
    return _pruned(handshake.prune(image=owned_image(call, image_id), by=call.actor))


def prune_all(call: Call) -> HttpResponse:
    """Proffer's own: the same over all images of the tenant."""
    return _pruned(handshake.prune(by=call.actor))


def _pruned(touched: list[Touched]) -> HttpResponse:
    return answer(200, Pruned([PrunedMember(str(row.image_id), row.member_id) for row in touched]))


def add_tag(call: Call, image_id: str, tag: str) -> HttpResponse:
    image = owned_image(call, image_id)
    if not 0 < len(tag) <= TAG_MAX or "\x00" in tag:
        raise BadInput(f"tag: 1 to {TAG_MAX} characters, none of them NUL.")
    change_image(image, lambda draft: draft.tags.add(tag), by=call.actor)
    return answer(204)


def remove_tag(call: Call, image_id: str, tag: str) -> HttpResponse:
    def remove(draft: Draft) -> None:
        if tag not in draft.tags:
            raise NotVisible("No such tag on this image.")
        draft.tags.remove(tag)

    change_image(owned_image(call, image_id), remove, by=call.actor)
    return answer(204)


def visible_image(call: Call, image_id: str) -> Image:
    return image_of(call, image_id, reads.visible)


def image_of(call: Call, image_id: str, read: Prepared[Image]) -> Image:
    """What `read` finds of the image for the tenant. NotVisible where it finds none, or the ID is none."""
    image = read.first(call.actor.tenant_id, uuid_of(image_id))
    if image is None:
        raise NotVisible("No image found with this ID.")
    return image


def owned_image(call: Call, image_id: str) -> Image:
    """The tenant's own image: NotVisible to strangers, NotAllowed for a member and a reader."""
    image = visible_image(call, image_id)
    owner_acts(image, by=call.actor)
    return image

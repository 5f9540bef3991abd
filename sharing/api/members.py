"""The members of an image: the five calls of the Image API. All of the handshake but the pages' words."""

from typing import Any

from django.http import HttpResponse

from sharing import handshake
from sharing.api.calls import Call, answer, uuid_of
from sharing.api.links import link
from sharing.api.query import Query
from sharing.api.wire import Answer, NewMember, member_out
from sharing.errors import BadInput, Gone, NotAllowed, NotVisible
from sharing.models import Image, Membership
from sharing.models.tenant import is_tenant_id
from sharing.tenancy import may_act, owner_acts

SCHEMA = "/v2/schemas/members"


def create(call: Call, image_id: str) -> HttpResponse:
    image = party_image(call, image_id)
    owner_acts(image, by=call.actor)
    body = call.body(NewMember)
    membership = handshake.offer_one(
        image, body.member, note=body.note, checklist=body.checklist, by=call.actor
    )
    return answer(200, member_out(membership))


def index(call: Call, image_id: str) -> HttpResponse:
    """All rows to the owner and its readers, to a member its own; a page of them where the query asks for one."""
    image = party_image(call, image_id)
    query = Query(call, "limit", "marker", "status")
    rows = _rows_for(call, image)
    if status := query.one_of("status", Membership.Status.values):
        rows = rows.filter(status=status)
    limit, marker = query.number("limit"), query.text("marker")
    if marker:
        after = rows.filter(member_id=marker).values_list("pk", flat=True).first()
        if after is None:
            raise BadInput("marker: the member_id of a row of this list.")
        rows = rows.filter(pk__gt=after)
    found = list(rows.order_by("pk")[: limit + 1] if limit is not None else rows.order_by("pk"))
    shown = found[:limit]
    told: dict[str, Any] = {"members": [member_out(row) for row in shown], "schema": SCHEMA}
    if limit and len(found) > limit:
        told["next"] = link(call, marker=shown[-1].member_id)
    return answer(200, told)


def show(call: Call, image_id: str, member_id: str) -> HttpResponse:
    image = party_image(call, image_id)
    return answer(200, member_out(_row(call, image, member_id)))


def update(call: Call, image_id: str, member_id: str) -> HttpResponse:
    """The member answers; the owner cannot answer for it."""
    image = party_image(call, image_id)
    _row(call, image, member_id)
    may_act(by=call.actor)
    if member_id != call.actor.tenant_id:
        raise NotAllowed("Only the tenant that an image is offered to answers the offer.")
    body = call.body(Answer)
    return answer(200, member_out(handshake.answer_one(image, body.status, by=call.actor)))


def delete(call: Call, image_id: str, member_id: str) -> HttpResponse:
    image = party_image(call, image_id)
    owner_acts(image, by=call.actor)
    try:
        handshake.withdraw(image, [member_id], by=call.actor)
    except Gone as gone:
        raise NotVisible(f"{member_id} is no member of image {image.pk}.") from gone
    return answer(204)


def party_image(call: Call, image_id: str) -> Image:
    """The image, if its memberships concern the tenant: its own, or one offered to it, whatever it answered."""
    rows = Image.objects.party_to(call.actor.tenant_id).filter(pk=uuid_of(image_id))
    image = rows.first()
    if image is None:
        raise NotVisible("No image found with this ID.")
    return image


def _rows_for(call: Call, image: Image) -> Any:
    rows = Membership.objects.filter(image_id=image.pk)
    tenant_id = call.actor.tenant_id
    return rows if image.owner_id == tenant_id else rows.of_member(tenant_id)


def _row(call: Call, image: Image, member_id: str) -> Membership:
    known = is_tenant_id(member_id)
    membership: Membership | None = (
        _rows_for(call, image).filter(member_id=member_id).first() if known else None
    )
    if membership is None:
        raise NotVisible("No such member of this image.")
    return membership

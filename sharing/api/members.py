"""The members of an image: the five calls of the Image API. All of the handshake but the pages' words."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.http import HttpResponse

from sharing import handshake
from sharing.api import reads
from sharing.api.calls import Call, answer
from sharing.api.images import image_of
from sharing.api.links import link
from sharing.api.parameters import MEMBER_LIST, NUMBER_MAX
from sharing.api.query import Query
from sharing.api.reads import MemberRow
from sharing.api.wire import Answer, NewMember, member_out, member_rows_out
from sharing.errors import BadInput, Gone, NotAllowed, NotVisible
from sharing.models import Image, Membership
from sharing.models.tenant import is_tenant_id
from sharing.replica import read_list
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
    return read_list(lambda: _index(call, image, Query(call, *MEMBER_LIST)), by=call.actor)


def _index(call: Call, image: Image, query: Query) -> HttpResponse:
    if not query.values and image.owner_id == call.actor.tenant_id:
        return answer(200, _list(image, reads.members(image.pk)))
    rows = standing = _rows_for(call, image)
    if status := query.one_of("status", Membership.Status.values):
        rows = rows.filter(status=status)
    limit, marker = query.number("limit"), query.text("marker")
    if "marker" in query.values:
        # Its status may have changed since, as by an answer; and a replica may lack it.
        marked = standing.using(DEFAULT_DB_ALIAS).filter(member_id=marker)
        after = marked.values_list("pk", flat=True).first()
        if after is None:
            raise BadInput("marker: the member_id of a row of this list.")
        rows = rows.filter(pk__gt=after)
    most = None if limit is None else min(limit, NUMBER_MAX - 1) + 1
    found = list(rows.order_by("-within", "pk").values_list(*reads.MEMBER_ROW)[:most])
    told = _list(image, found[:limit])
    if limit and len(found) > limit:
        told["next"] = link(call, marker=found[limit - 1][0])
    return answer(200, told)


def _list(image: Image, rows: list[MemberRow]) -> dict[str, Any]:
    return {"members": member_rows_out(image.pk, rows), "schema": SCHEMA}


def show(call: Call, image_id: str, member_id: str) -> HttpResponse:
    image = party_image(call, image_id)
    return answer(200, member_out(_row(call, image, member_id)))


def update(call: Call, image_id: str, member_id: str) -> HttpResponse:
    """The member answers; the owner cannot answer for it."""
    image = party_image(call, image_id)
    if call.actor.tenant_id != member_id or call.actor.tenant_id == image.owner_id:
        _row(call, image, member_id)
        raise NotAllowed("Only the tenant that an image is offered to answers the offer.")
    may_act(by=call.actor)
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
    return image_of(call, image_id, reads.party)


def _rows_for(call: Call, image: Image) -> Any:
    rows = Membership.objects.of_image(image.pk)
    tenant_id = call.actor.tenant_id
    return rows if image.owner_id == tenant_id else rows.of_member(tenant_id)


def _row(call: Call, image: Image, member_id: str) -> Membership:
    concerns = call.actor.tenant_id in (image.owner_id, member_id) and is_tenant_id(member_id)
    membership = reads.membership.first(image.pk, member_id) if concerns else None
    if membership is None:
        raise NotVisible("No such member of this image.")
    return membership

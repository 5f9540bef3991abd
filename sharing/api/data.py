"""Image data over the API: upload in one go, download whole or in part."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from sharing.api.calls import Call, answer
from sharing.api.errors import failure
from sharing.api.images import owned_image, visible_image
from sharing.errors import BadInput, Conflict
from sharing.imagedata.direct import receive_whole
from sharing.imagedata.exports import may_use
from sharing.imagedata.handin import body_of
from sharing.imagedata.handout import hand_out
from sharing.imagedata.imports import HAS_ITS_DATA
from sharing.models import Image, Membership

DATA_TYPE = "application/octet-stream"
UNMET = "A header of the request asks for a part that the data does not have, or for other data."


def upload(call: Call, image_id: str) -> HttpResponse:
    image = owned_image(call, image_id)
    call.expect(DATA_TYPE)
    if image.status != Image.Status.QUEUED:
        raise Conflict(HAS_ITS_DATA)
    if not (image.disk_format and image.container_format):
        raise BadInput("disk_format and container_format: set both before the data.")
    read, length = body_of(call.request)
    announced = _announced(call)
    if None not in (length, announced) and length != announced:
        raise BadInput("X-OpenStack-Image-Size: it is not the length of the body.")
    receive_whole(image, read, announced if length is None else length, by=call.actor)
    return answer(204)


def _announced(call: Call) -> int | None:
    """What openstack's clients say of a body in chunks."""
    size = call.request.headers.get("X-OpenStack-Image-Size")
    if size is None:
        return None
    if not (size.isascii() and size.isdigit()) or len(size) > 19:
        raise BadInput("X-OpenStack-Image-Size: a whole number of bytes.")
    return int(size)


def download(call: Call, image_id: str) -> HttpResponseBase:
    image = visible_image(call, image_id)
    own = Membership.objects.of_member(call.actor.tenant_id).filter(image=image)
    status = own.values_list("status", flat=True).first()
    if image.status == Image.Status.QUEUED and may_use(image, by=call.actor, status=status):
        return answer(204)
    answered = hand_out(call.request, image, status=status, by=call.actor)
    if answered.status_code < 400:
        return answered
    return failure(call.request.path_info, answered.status_code, UNMET, _kept(answered))


def _kept(answered: HttpResponseBase) -> dict[str, str]:
    return {name: answered[name] for name in ("ETag", "Content-Range") if name in answered}

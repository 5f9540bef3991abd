"""Resumable upload of image data: the tus protocol 1.0.0 with creation, expiration and termination.

https://tus.io/protocols/resumable-upload
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import http_date

from sharing.errors import Conflict, Refused
from sharing.imagedata import imports
from sharing.imagedata.handin import body_of
from sharing.imagedata.intake import arrived
from sharing.imagedata.store import part_of
from sharing.models import Image, Upload
from sharing.models.tenant import is_well_formed
from sharing.tenancy import Actor, Request, acting_for, may_act

VERSION = "1.0.0"
ABLE_TO = {"Tus-Version": VERSION, "Tus-Extension": "creation,expiration,termination"}
CHUNK_TYPE = "application/offset+octet-stream"

type Verb = Callable[..., HttpResponse]


class NotTus(Refused):
    """A request that is not of the protocol; the text names the header and what is allowed."""

    def __init__(self, html_status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.html_status = html_status


def spoken(**verbs: Verb) -> Verb:
    """The view of one address: a verb for each method, called with the actor and what the URL names.

    404 for whoever does not act for the tenant, 403 for its readers. What is refused is a sentence in plain text.
    """

    def view(request: Request, tenant_id: str, **ids: UUID) -> HttpResponse:
        try:
            answer = _spoken(verbs, request, tenant_id, ids)
        except Http404:
            answer = _sentence(404, "There is no such upload, or it has ended.")
        except Refused as refused:
            answer = _sentence(refused.html_status, str(refused))
        answer.headers["Tus-Resumable"] = VERSION
        return answer

    return view


def _spoken(
    verbs: dict[str, Verb], request: Request, tenant_id: str, ids: dict[str, UUID]
) -> HttpResponse:
    method = request.method
    if method == "POST":
        method = request.headers.get("X-HTTP-Method-Override", method).upper()
    if method == "OPTIONS":
        return HttpResponse(status=204, headers=ABLE_TO)
    if method not in verbs:
        answer = _sentence(405, f"This address speaks tus: {', '.join(verbs)}, OPTIONS.")
        answer.headers["Allow"] = ", ".join([*verbs, "OPTIONS"])
        return answer
    if request.headers.get("Tus-Resumable") != VERSION:
        answer = _sentence(412, f"Tus-Resumable: this server speaks version {VERSION} alone.")
        answer.headers["Tus-Version"] = VERSION
        return answer
    actor = acting_for(request, tenant_id)
    may_act(by=actor)
    return verbs[method](request, actor, **ids)


def _sentence(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _create(request: Request, actor: Actor, image_id: UUID) -> HttpResponse:
    image = get_object_or_404(Image.objects.owned_by(actor.tenant_id), pk=image_id)
    length = _whole_number(request, "Upload-Length")
    filename, modified = _metadata(request)
    upload = imports.begin(image, length, filename=filename, modified=modified, by=actor)
    place = reverse("upload", args=[actor.tenant_id, image_id, upload.pk])
    return HttpResponse(status=201, headers={"Location": place, "Upload-Expires": _expires()})


def _tell(request: Request, actor: Actor, image_id: UUID, upload_id: UUID) -> HttpResponse:
    upload = _upload(actor, image_id, upload_id)
    metadata = {"filename": upload.filename, "modified": upload.modified}
    headers = {
        "Upload-Offset": str(arrived(part_of(upload.pk))),
        "Upload-Length": str(upload.length),
        "Upload-Metadata": ",".join(
            f"{key} {b64encode(str(value).encode()).decode()}"
            for key, value in metadata.items()
            if value not in ("", None)
        ),
    }
    return HttpResponse(headers=headers, content_type="text/plain")


def _append(request: Request, actor: Actor, image_id: UUID, upload_id: UUID) -> HttpResponse:
    if request.content_type != CHUNK_TYPE:
        raise NotTus(415, f"Content-Type: {CHUNK_TYPE}, as tus has it.")
    offset = _whole_number(request, "Upload-Offset")
    upload = _upload(actor, image_id, upload_id)
    if offset > upload.length:
        raise Conflict(
            f"Offset: this upload stands at {arrived(part_of(upload.pk))} bytes, not {offset}."
        )
    read = _reader(request, upload.length - offset)
    offset = imports.receive(upload, read, offset, by=actor)
    headers = {"Upload-Offset": str(offset)}
    if offset < upload.length:
        headers["Upload-Expires"] = _expires()
    return HttpResponse(status=204, headers=headers)


def _end(request: Request, actor: Actor, image_id: UUID, upload_id: UUID) -> HttpResponse:
    imports.cancel(_upload(actor, image_id, upload_id), by=actor)
    return HttpResponse(status=204)


upload = spoken(HEAD=_tell, PATCH=_append, DELETE=_end)
uploads = spoken(POST=_create)


def _upload(actor: Actor, image_id: UUID, upload_id: UUID) -> Upload:
    rows = Upload.objects.of_owner(actor.tenant_id).select_related("image")
    return get_object_or_404(rows, pk=upload_id, image=image_id)


def _reader(request: Request, most: int) -> Callable[[int], bytes]:
    """Reads the body; of one in chunks, what is beyond `most` is not read."""
    if request.META.get("CONTENT_LENGTH"):
        _whole_number(request, "Content-Length")
    elif not request.META.get("wsgi.input_terminated"):
        raise NotTus(411, "Content-Length: say how many bytes come.")
    read, length = body_of(request)
    if length is not None and length > most:
        raise NotTus(413, "Content-Length: more bytes than were announced. None was taken.")
    return read


def _whole_number(request: Request, name: str) -> int:
    value = request.headers.get(name, "")
    if not re.fullmatch(r"[0-9]{1,19}", value):
        raise NotTus(400, f"{name}: a whole number of bytes.")
    return int(value)


def _metadata(request: Request) -> tuple[str, int | None]:
    """The file's name and last change, as far as `Upload-Metadata` tells them; other keys are passed over."""
    told = {}
    for pair in filter(None, request.headers.get("Upload-Metadata", "").split(",")):
        key, _, value = pair.strip().partition(" ")
        try:
            told[key] = b64decode(value, validate=True).decode()
        except ValueError as error:
            raise NotTus(400, f"Upload-Metadata: {key} is not UTF-8 in Base64.") from error
    filename, modified = told.get("filename", ""), told.get("modified")
    if not is_well_formed(filename):
        raise NotTus(400, "Upload-Metadata: filename is no text.")
    if modified is not None and not re.fullmatch(r"-?[0-9]{1,18}", modified):
        raise NotTus(400, "Upload-Metadata: modified is a whole number of milliseconds since 1970.")
    return filename, None if modified is None else int(modified)


def _expires() -> str:
    return http_date(imports.expires_at().timestamp())

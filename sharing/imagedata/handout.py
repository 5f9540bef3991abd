"""Hands image data out over HTTP: preconditions, the part that is asked for, headers and bytes, for every door."""

import logging
import re
from base64 import b64encode
from collections.abc import Generator, Iterator
from typing import cast
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from sharing.errors import Refused
from sharing.imagedata.exports import permit, take_out
from sharing.imagedata.intake import HASH_ALGORITHM
from sharing.imagedata.store import LocalImages, image_store
from sharing.models import Image
from sharing.tenancy import Actor
from sharing.transactions import rest_connection

# RFC 9110, 14.1.2. What has more digits than any length is in another form.
ONE_PART = re.compile(r"bytes=([0-9]{0,30})-([0-9]{0,30})", re.IGNORECASE)
EXTENSIONS = {"raw": (".img", ".raw")}
FILENAME_MAX = 200

log = logging.getLogger(__name__)


class Unavailable(Refused):
    """The image store cannot give data that the portal promised. 503: the fault is here, and may pass."""

    html_status = 503


def hand_out(
    request: HttpRequest, image: Image, *, status: str | None = None, by: Actor
) -> HttpResponseBase:
    """Answers GET with the data, or the one part of it that the request asks for; HEAD with what GET would say of it.

    The download is recorded before the first byte leaves; HEAD, 304, 412 and 416 leave nothing, and record nothing.
    `status`: of the actor's membership, as `exports.ruling` takes it; the caller keeps out who may not see the image.
    Refused: whatever `exports.ruling` refuses (NotAllowed); the store cannot give the data (Unavailable).
    """
    permit(image, by=by, status=status)
    headers = _headers(image)
    met = HttpResponse(headers=headers)
    answer = get_conditional_response(request, etag=headers["ETag"], response=met) or met
    if answer is not met:
        return answer
    part = _part_asked(request, image.size, headers["ETag"])
    if part is not None and not part:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{image.size}"})
    if part is None:
        headers["Content-MD5"] = image.checksum
    if request.method == "HEAD":
        Opened(image, range(1)).close()
        return HttpResponse(headers=headers | {"Content-Length": str(image.size)})
    sent, handed_over = part or range(image.size), _handed_over(image)
    data = Opened(image, range(1) if handed_over else sent)
    take_out(image, start=sent.start, status=status, by=by)
    if handed_over:
        data.close()
        # The front server answers for parts, and says so itself.
        del headers["Accept-Ranges"]
        return HttpResponse(headers=headers | handed_over)
    headers["Content-Length"] = str(len(sent))
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{image.size}"
    return StreamingHttpResponse(data, status=206 if part else 200, headers=headers)


def filename_of(image: Image) -> str:
    """The name that the data is saved under: the image's, without what a file system refuses, and its extension."""
    name = "".join(char for char in image.name if char.isprintable() and char not in "/\\")
    name = name.strip(" .")[:FILENAME_MAX] or str(image.pk)
    extensions = EXTENSIONS.get(image.disk_format, (f".{image.disk_format}",))
    return name if name.lower().endswith(extensions) else f"{name}{extensions[0]}"


def _headers(image: Image) -> dict[str, str]:
    """What the answers have in common. Content-MD5 is hexadecimal, as the Image API has it."""
    digest = b64encode(bytes.fromhex(image.os_hash_value)).decode()
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": _attached(filename_of(image)),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "ETag": f'"{image.os_hash_value}"',
        "Repr-Digest": f"{HASH_ALGORITHM.replace('sha', 'sha-')}=:{digest}:",
    }


def _attached(name: str) -> str:
    """With a plain name beside one in other letters, for clients that read that alone (RFC 6266, appendix D)."""
    header = content_disposition_header(True, name) or "attachment"
    plain = "".join(char if char.isascii() and char not in '"%' else "_" for char in name)
    return header.replace("filename*=", f'filename="{plain}"; filename*=', 1)


def _part_asked(request: HttpRequest, size: int, etag: str) -> range | None:
    """The bytes that a GET asks for; empty: none that there are. None for all of them, which also answers what asks
    for several parts or is in another form (RFC 9110, 14.2), and what goes on from other data (If-Range).
    """
    asked = ONE_PART.fullmatch(request.headers.get("Range", "").strip())
    same = request.headers.get("If-Range", etag).strip() == etag
    if request.method != "GET" or asked is None or not same:
        return None
    first, last = asked.groups()
    if not first:
        return range(size)[size - min(int(last), size) :] if last else None
    if last and int(last) < int(first):
        return None
    return range(size)[int(first) : int(last) + 1 if last else None]


def _handed_over(image: Image) -> dict[str, str]:
    """The header that lets the front server send the file, where it can."""
    header, location = settings.SENDFILE
    store = image_store()
    if not header or not store.is_local():
        return {}
    path = location + image.data if location else cast(LocalImages, store).path(image.data)
    return {header: quote(path)}


class Opened:
    """The bytes of a part, the first of them read already: what cannot be read fails before anything is sent."""

    def __init__(self, image: Image, part: range) -> None:
        self.length = len(part)
        self.stream = cast(
            Generator[bytes], image_store().stream(image.data, part.start, part.stop)
        )
        try:
            self.first = next(self.stream)
        except (OSError, StopIteration) as error:
            log.error("The data of image %s cannot be read: %s: %s", image.pk, image.data, error)
            raise Unavailable(
                "The data of this image cannot be read at the moment. Try again later, or tell the operators."
            ) from error

    def __iter__(self) -> Iterator[bytes]:
        """Where the store gives too few, an error ends the connection, so that nobody takes them for all."""
        rest_connection()
        sent = len(self.first)
        yield self.first
        for chunk in self.stream:
            sent += len(chunk)
            yield chunk
        if sent != self.length:
            raise OSError(f"The image store gave {sent} bytes of {self.length}.")

    def close(self) -> None:
        self.stream.close()

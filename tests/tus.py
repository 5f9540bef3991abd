"""Speaks tus through the test client, as the manager of a tenant."""

from base64 import b64encode

from django.urls import reverse

from sharing.imagedata import store
from sharing.imagedata.intake import arrived
from tests.imported import RAW

HALF = len(RAW) // 2
CHUNK = "application/offset+octet-stream"


def metadata(**told):
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in told.items())


def tus(party, method, name, *ids, data=b"", client=None, content_type=CHUNK, **headers):
    headers = {"Tus-Resumable": "1.0.0"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return (client or party.client()).generic(
        method,
        reverse(name, args=[party.id, *ids]),
        data,
        content_type,
        headers={k: str(v) for k, v in headers.items() if v is not None},
    )


def begin(party, image, length=65536, **headers):
    return tus(party, "POST", "uploads", image.pk, Upload_Length=length, **headers)


def on(party, upload, method, data=b"", **how):
    return tus(party, method, "upload", upload.image_id, upload.pk, data=data, **how)


def append(party, upload, data, offset, **how):
    return on(party, upload, "PATCH", data, Upload_Offset=offset, **how)


def kept(upload):
    return arrived(store.part_of(upload.pk))


def assert_refused(answer, status, words):
    """A sentence in plain text, whatever the portal's pages look like."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Tus-Resumable"] == "1.0.0"
    assert words in answer.content.decode()
    assert answer.content.decode().endswith(".")

"""Bodies as a server passes them on: in chunks, without a length, cut off in the middle."""

import hashlib
import random
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, RemoteDisconnected

import pytest
from django.conf import settings as django_settings

from sharing.models import Image, Tenant, Upload
from tests.api.client import api
from tests.api.refusing import at
from tests.crashing import database_url
from tests.imported import leftovers, queued
from tests.serving import PATIENCE, Portal

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = random.Random(2026).randbytes(3 * 2**20)
PIECE = 50_000


@pytest.fixture
def portal(tmp_path):
    with Portal(tmp_path, database_url(), django_settings.SECRET_KEY).running() as portal:
        yield portal


@pytest.fixture
def image(producer):
    return queued(producer, disk_format="raw", container_format="bare")


class Put:
    """A PUT of the image's data by the producer's manager, which has begun."""

    def __init__(self, portal, producer, image, **headers):
        self.connection = HTTPConnection("127.0.0.1", portal.port, timeout=PATIENCE)
        self.connection.putrequest("PUT", at(image, "file"))
        told = {"X-Auth-Token": api(producer).token, "Content-Type": "application/octet-stream"}
        for name, value in (told | headers).items():
            self.connection.putheader(name.replace("_", "-"), value)
        self.connection.endheaders()

    def chunk(self, data):
        self.connection.send(b"%x\r\n%b\r\n" % (len(data), data))

    def chunks(self, data):
        for start in range(0, len(data), PIECE):
            self.chunk(data[start : start + PIECE])

    def status(self):
        """Of the answer; None where it is lost: a server that refuses early breaks the connection."""
        with closing(self.connection), suppress(OSError, RemoteDisconnected):
            answer = self.connection.getresponse()
            answer.read()
            return answer.status

    def cut_off(self):
        self.connection.sock.close()
        self.connection.close()


CHUNKED = {"Transfer_Encoding": "chunked"}


def in_chunks(portal, producer, image, data=LARGE, **headers):
    put = Put(portal, producer, image, **CHUNKED, **headers)
    with suppress(OSError):
        put.chunks(data)
        put.connection.send(b"0\r\n\r\n")
    return put.status()


def soon(condition):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


def nothing_is_kept(image):
    image.refresh_from_db()
    return (image.status, Upload.objects.count(), leftovers()) == ("queued", 0, [])


def is_whole(image):
    image.refresh_from_db()
    return (image.status, image.size, image.checksum) == (
        "active",
        len(LARGE),
        hashlib.md5(LARGE).hexdigest(),
    )


def test_a_body_in_chunks_is_taken_with_and_without_its_length(portal, producer, image):
    assert in_chunks(portal, producer, image) == 204
    assert is_whole(image)
    other = queued(producer, disk_format="raw", container_format="bare")
    assert in_chunks(portal, producer, other, X_OpenStack_Image_Size=str(len(LARGE))) == 204
    assert is_whole(other)


def test_a_body_in_chunks_of_another_length_than_announced_is_refused(portal, producer, image):
    for announced in (len(LARGE) - 1, len(LARGE) + 1, 1):
        size = str(announced)
        assert in_chunks(portal, producer, image, X_OpenStack_Image_Size=size) in (400, None)
        assert nothing_is_kept(image)
    assert in_chunks(portal, producer, image, b"") == 400
    assert nothing_is_kept(image)
    assert in_chunks(portal, producer, image) == 204


@pytest.mark.parametrize(
    "headers",
    [{"Content_Length": str(len(LARGE))}, CHUNKED | {"X_OpenStack_Image_Size": str(len(LARGE))}],
)
def test_a_body_that_is_cut_off_leaves_nothing_and_the_next_one_is_taken(
    portal, producer, image, headers
):
    put = Put(portal, producer, image, **headers)
    if "Content_Length" in headers:
        put.connection.send(LARGE[: 2**20])
    else:
        put.chunks(LARGE[: 2**20])
    assert soon(leftovers)
    put.cut_off()
    assert soon(lambda: nothing_is_kept(image))
    assert in_chunks(portal, producer, image) == 204
    assert is_whole(image)
    assert leftovers() == [image.data]


def test_a_body_in_chunks_ends_where_the_quota_does(portal, producer, image):
    Tenant.objects.update(byte_quota=2**20)
    assert in_chunks(portal, producer, image) in (413, None)
    assert soon(lambda: nothing_is_kept(image))
    Tenant.objects.update(byte_quota=len(LARGE))
    assert in_chunks(portal, producer, image) == 204
    assert is_whole(image)


def test_a_quota_holds_for_two_bodies_in_chunks_at_once(portal, producer, image):
    Tenant.objects.update(byte_quota=len(LARGE) + PIECE)
    other = queued(producer, disk_format="raw", container_format="bare")
    puts = [Put(portal, producer, one, **CHUNKED) for one in (image, other)]
    for data in (LARGE[:PIECE], LARGE[PIECE:]):
        for put in puts:
            with suppress(OSError):
                put.chunks(data)
    for put in puts:
        with suppress(OSError):
            put.connection.send(b"0\r\n\r\n")
        put.status()
    assert soon(lambda: not Upload.objects.exists())
    stored = Image.objects.filter(status="active")
    assert stored.count() <= 1
    assert sum(stored.values_list("size", flat=True)) <= len(LARGE) + PIECE
    assert len(leftovers()) == stored.count()

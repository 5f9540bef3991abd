"""A real tus client, tuspy, over HTTP: with the cookie and the token of a page it uploads as a browser does."""

from hashlib import sha512
from io import BytesIO

import pytest
from django.urls import reverse
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from sharing.models import Image, Upload
from tests.imported import RAW, queued
from tests.pages import read
from tests.refusals import unchanged
from tests.tus import HALF, kept

pytestmark = pytest.mark.django_db(transaction=True)

CHUNK = 10_000


@pytest.fixture
def image(producer) -> Image:
    return queued(producer)


@pytest.fixture
def disk() -> BytesIO:
    return BytesIO(RAW)


@pytest.fixture
def speak(live_server, producer, image):
    """A tus client that is signed in as the producer's manager."""
    client = producer.client()
    page = read(client.get(reverse("image", args=[producer.id, image.pk])))
    token = page.one("#import form.choosing input[name=csrfmiddlewaretoken]")["value"]
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())

    def with_headers(**changed: str) -> TusClient:
        url = live_server.url + reverse("uploads", args=[producer.id, image.pk])
        return TusClient(url, {"Cookie": cookies, "X-CSRFToken": token} | changed)

    return with_headers


def assert_imported(image: Image) -> None:
    image.refresh_from_db()
    assert (image.status, image.size) == ("active", len(RAW))
    assert image.os_hash_value == sha512(RAW).hexdigest()


def test_a_file_is_uploaded_in_one_go(speak, disk, image):
    speak().uploader(file_stream=disk, metadata={"filename": "disk.img"}).upload()
    assert_imported(image)


def test_a_file_is_uploaded_in_several_chunks(speak, disk, image):
    speak().uploader(file_stream=disk, chunk_size=CHUNK).upload()
    assert_imported(image)


def test_another_run_of_the_client_goes_on_where_the_first_was_broken_off(speak, disk, image):
    broken = speak().uploader(file_stream=disk, chunk_size=CHUNK)
    broken.upload(stop_at=HALF)
    upload = Upload.objects.get()
    assert kept(upload) == HALF
    resumed = speak().uploader(file_stream=disk, url=broken.url, chunk_size=CHUNK)
    assert resumed.offset == HALF
    resumed.upload()
    assert_imported(image)


def test_a_client_that_lost_the_address_finds_the_upload_by_the_same_file(speak, disk, image):
    same = {"file_stream": disk, "chunk_size": CHUNK, "metadata": {"modified": "1700000000000"}}
    speak().uploader(**same).upload(stop_at=HALF)
    again = speak().uploader(**same)
    again.set_url(again.create_url())
    again.offset = again.get_offset()
    assert again.offset == HALF
    again.upload()
    assert_imported(image)


@pytest.mark.parametrize(
    ("changed", "status"), [({"X-CSRFToken": "x" * 32}, 403), ({"Cookie": ""}, 403)]
)
def test_a_client_without_the_token_or_the_cookie_uploads_nothing(speak, disk, changed, status):
    with unchanged(), pytest.raises(TusCommunicationError) as failed:
        speak(**changed).uploader(file_stream=disk).upload()
    assert failed.value.status_code == status


def test_a_client_that_is_refused_is_told_the_sentence(speak, disk, image):
    Image.objects.update(disk_format="qcow2")
    with pytest.raises(TusUploadFailed) as failed:
        speak().uploader(file_stream=disk).upload()
    assert failed.value.status_code == 422
    assert b"This is no qcow2 image" in failed.value.response_content
    image.refresh_from_db()
    assert (image.status, image.data) == ("queued", "")
    assert not Upload.objects.exists()

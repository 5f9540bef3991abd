"""Image data in a bucket: a real S3-compatible server on this machine."""

import hashlib
import logging
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.management import call_command
from moto.server import ThreadedMotoServer

from portal.image_settings import image_store
from sharing import handshake
from sharing.imagedata import housekeeping, store
from sharing.imagedata.imports import begin, receive, settle_later
from sharing.models import Image, Upload
from tests.housekept import said
from tests.imported import RAW, imported, leftovers, queued, sending

pytestmark = pytest.mark.django_db(transaction=True)

HALF = len(RAW) // 2
DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture(scope="module")
def server():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(server, settings):
    """The bucket, empty, that the portal is set to."""
    service = boto3.resource(
        "s3", endpoint_url=f"http://{server}", region_name="eu-north-1",
        aws_access_key_id="key", aws_secret_access_key="sec/ret",
    )  # fmt: skip
    bucket = service.Bucket("images")
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    address = f"http+s3://key:sec%2Fret@{server}/images?region=eu-north-1&prefix=proffer/data"
    settings.STORAGES = settings.STORAGES | {"images": image_store(address)}
    yield bucket
    for upload in bucket.multipart_uploads.all():
        upload.abort()
    bucket.objects.delete()
    bucket.delete()


@pytest.fixture
def image(bucket, producer):
    return imported(producer)


def keys(bucket):
    return [found.key for found in bucket.objects.all()]


@contextmanager
def failing(bucket):
    """The bucket is not there for a while."""
    objects = [(found.key, found.get()["Body"].read()) for found in bucket.objects.all()]
    bucket.objects.delete()
    bucket.delete()
    yield
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    for key, body in objects:
        bucket.put_object(Key=key, Body=body)


def test_data_goes_into_the_bucket_and_its_part_file_away(bucket, image):
    assert (image.status, image.checksum) == ("active", hashlib.md5(RAW).hexdigest())
    assert keys(bucket) == [f"proffer/data/{image.data}"]
    assert bucket.Object(keys(bucket)[0]).get()["Body"].read() == RAW
    assert leftovers() == [image.data]


def test_a_task_stores_it_not_the_request_that_brings_the_last_byte(bucket, producer, settings):
    settings.TASKS = DATABASE
    upload = begin(queued(producer), len(RAW), by=producer.by)
    receive(upload, sending(), 0, by=producer.by)
    assert keys(bucket) == []
    assert Upload.objects.get().settling
    settle_later.func(str(upload.pk), producer.by.user, producer.id, producer.by.role)
    assert keys(bucket) == [f"proffer/data/{Image.objects.get().data}"]


@pytest.mark.parametrize(
    ("start", "stop"), [(0, len(RAW)), (0, 1), (1000, 1001), (511, 5000), (len(RAW) - 1, len(RAW))]
)
def test_any_range_can_be_read(image, start, stop):
    assert b"".join(store.image_store().stream(image.data, start, stop)) == RAW[start:stop]


def test_reading_what_is_not_there_is_an_error_of_the_disk(bucket):
    with pytest.raises(OSError, match="not-there: the bucket failed"):
        next(store.image_store().stream("ab/not-there", 0, 10))
    assert not store.image_store().exists("ab/not-there")


def test_data_goes_once_the_deletion_of_its_image_is_committed(bucket, image, producer):
    handshake.delete_image(image, by=producer.by)
    assert keys(bucket) == []


def test_a_bucket_that_fails_leaves_the_bytes_and_the_upload_goes_on_from_there(
    bucket, producer, settings
):
    settings.TASKS = DATABASE
    upload = begin(queued(producer), len(RAW), by=producer.by)
    receive(upload, sending(), 0, by=producer.by)
    task = (str(upload.pk), producer.by.user, producer.id, producer.by.role)
    with failing(bucket), pytest.raises(OSError, match="the bucket failed"):
        settle_later.func(*task, attempt=99)
    upload.refresh_from_db()
    assert not upload.settling
    assert store.part_of(upload.pk).read_bytes() == RAW
    receive(upload, sending(b""), len(RAW), by=producer.by)
    settle_later.func(*task)
    assert leftovers() == [Image.objects.get().data]


def test_a_connection_that_breaks_in_the_middle_leaves_nothing_in_the_bucket(
    bucket, producer, settings
):
    settings.TASKS = DATABASE
    data = RAW * 280  # more than two parts of 8 MiB
    upload = begin(queued(producer), len(data), by=producer.by)
    receive(upload, sending(data), 0, by=producer.by)

    def breaks(params, **details):
        if params["query_string"]["partNumber"] > 1:
            raise EndpointConnectionError(endpoint_url="http://gone")

    events = store.image_store().connection.meta.client.meta.events
    events.register("before-call.s3.UploadPart", breaks)
    task = (str(upload.pk), producer.by.user, producer.id, producer.by.role)
    with pytest.raises(OSError, match="the bucket failed"):
        settle_later.func(*task, attempt=99)
    assert keys(bucket) == list(bucket.multipart_uploads.all()) == []
    events.unregister("before-call.s3.UploadPart", breaks)
    upload.refresh_from_db()
    receive(upload, sending(b""), len(data), by=producer.by)
    settle_later.func(*task)
    assert leftovers() == [Image.objects.get().data]


def test_a_second_attempt_stores_under_the_same_name(bucket, producer, settings):
    settings.TASKS = DATABASE
    upload = begin(queued(producer), len(RAW), by=producer.by)
    receive(upload, sending(), 0, by=producer.by)
    # The first stored the data, and fell before its commit.
    bucket.put_object(Key=f"proffer/data/{store.name_for(upload)}", Body=RAW)
    settle_later.func(str(upload.pk), producer.by.user, producer.id, producer.by.role)
    assert keys(bucket) == [f"proffer/data/{Image.objects.get().data}"]


def test_importimage_stores_in_the_bucket_without_a_worker(bucket, producer, settings, tmp_path):
    settings.TASKS = DATABASE
    disk = tmp_path / "disk.img"
    disk.write_bytes(RAW)
    call_command("importimage", str(disk), "--owner", producer.id, stdout=StringIO())
    assert keys(bucket) == [f"proffer/data/{Image.objects.get().data}"]


def test_housekeeping_verifies_what_is_in_the_bucket(bucket, image):
    assert said("--verify")[1] == ""
    bucket.put_object(Key=keys(bucket)[0], Body=RAW[::-1])
    assert "its MD5 is not that of the record" in said("--verify")[0]
    bucket.objects.delete()
    assert "MISSING: image" in said()[0]


def test_housekeeping_removes_leftovers_and_leaves_what_is_others(
    bucket, image, producer, monkeypatch
):
    monkeypatch.setattr(housekeeping, "GRACE", timedelta(0))
    stray = image.data[:-1] + ("0" if image.data[-1] != "0" else "1")
    for key in (f"proffer/data/{stray}", f"other/{stray}", "proffer/data/notes"):
        bucket.put_object(Key=key, Body=b"x")
    for key in (f"proffer/data/{stray}", f"other/{stray}"):
        bucket.Object(key).initiate_multipart_upload()
    printed, ended = said()
    assert printed.count("Removed") == 2
    assert ended == ""
    assert sorted(keys(bucket)) == sorted(
        [f"other/{stray}", f"proffer/data/{image.data}", "proffer/data/notes"]
    )
    assert [begun.object_key for begun in bucket.multipart_uploads.all()] == [f"other/{stray}"]


def test_data_of_many_parts_arrives_whole(bucket, producer, settings):
    data = RAW * 280  # more than two parts of 8 MiB
    image = imported(producer, data)
    assert bucket.Object(keys(bucket)[0]).e_tag.endswith('-3"')
    whole = b"".join(store.image_store().stream(image.data, 0, image.size))
    assert hashlib.sha512(whole).hexdigest() == image.os_hash_value


def test_a_portal_whose_store_is_a_folder_does_not_load_the_client_of_a_bucket():
    script = (
        "import sys, django; django.setup(); from django.urls import get_resolver;"
        "get_resolver().url_patterns; from django.core.files.storage import storages; storages['images'];"
        "sys.exit(any(name in sys.modules for name in ('boto3', 'botocore', 'storages')))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)

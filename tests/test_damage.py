"""`manage.py housekeeping` tells data that is missing or damaged; with --verify it reads all of it."""

import pytest

from sharing import handshake
from sharing.imagedata import store
from sharing.models import Image
from tests.factories import ImageFactory
from tests.housekept import said, stored_file
from tests.imported import RAW, imported
from tests.refusals import unchanged

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def image(producer):
    return imported(producer, name="Golden Debian")


def test_missing_data_is_told(image, producer):
    imported(producer)
    stored_file(image).unlink()
    printed, ended = said()
    assert f"MISSING: image {image.pk} “Golden Debian” of tenant 4471021" in printed
    assert ended.startswith("1 finding of data that is missing or damaged")


def test_an_image_whose_data_is_in_the_cloud_is_not_missing(image, producer):
    ImageFactory(owner=producer.tenant)
    assert said("--verify")[1] == ""


def test_data_of_another_size_is_told_without_reading_it(image):
    stored_file(image).write_bytes(RAW[:-1])
    printed, ended = said()
    assert "DAMAGED: image" in printed
    assert f"it has {len(RAW) - 1} bytes, its record says {len(RAW)}" in printed
    assert ended


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (
            lambda path: path.write_bytes(RAW[::-1]),
            "its MD5 is not that of the record, its SHA-512",
        ),
        (lambda path: path.write_bytes(b""), f"0 bytes instead of {len(RAW)}"),
        (lambda path: path.unlink(), "it cannot be read: "),
    ],
)
def test_verifying_names_each_image_whose_data_is_not_what_its_record_says(
    image, producer, spoil, wrong
):
    good = imported(producer)
    spoil(stored_file(image))
    with unchanged():
        printed, ended = said("--verify")
    assert f"DAMAGED: image {image.pk} “Golden Debian” of tenant 4471021: {wrong}" in printed
    assert str(good.pk) not in printed
    assert ended


@pytest.mark.parametrize("column", ["checksum", "os_hash_value"])
def test_each_of_the_two_hashes_is_compared(image, column):
    Image.objects.filter(pk=image.pk).update(**{column: "0" * 32})
    assert "DAMAGED" in said("--verify")[0]


def test_an_image_that_is_deleted_while_its_data_is_read_is_not_damaged(
    image, producer, monkeypatch
):
    def deleted_meanwhile(images, name, start, stop):
        handshake.delete_image(Image.objects.get(pk=image.pk), by=producer.by)
        yield b"half"

    monkeypatch.setattr(store.LocalImages, "stream", deleted_meanwhile)
    assert said("--verify")[1] == ""

"""Downloads in parts and under conditions (RFC 9110), and the name that data is saved under."""

import pytest

from sharing.imagedata.handout import filename_of
from sharing.models import Image
from tests.downloading import ETAG, SIZE, bytes_of, downloads, get, head
from tests.imported import RAW, imported
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return imported(producer, name="Golden disk")


# RFC 9110, 14.1.2 and 14.2
PARTS = {
    "bytes=0-0": (0, 1),
    "bytes=0-": (0, SIZE),
    "bytes=5-9": (5, 10),
    "Bytes=5-9": (5, 10),
    f"bytes={SIZE - 1}-": (SIZE - 1, SIZE),
    f"bytes=5-{SIZE}": (5, SIZE),
    "bytes=5-" + "9" * 30: (5, SIZE),
    "bytes=-1": (SIZE - 1, SIZE),
    f"bytes=-{SIZE}": (0, SIZE),
    "bytes=-" + "9" * 30: (0, SIZE),
}
UNMET = (f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 1}", "bytes=" + "9" * 30 + "-", "bytes=-0")
WHOLE = (
    "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "bytes=0-1,5-6", "bytes=0-0,", "bytes= 0-1",
    "bytes=0-1 x", "bytes=٣-٤", "lines=0-1", "bytes=--1", "bytes=1.5-2", "bytes=" + "9" * 31 + "-",
)  # fmt: skip


@pytest.mark.parametrize(("asked", "part"), PARTS.items())
def test_a_part_is_answered_with_that_part(producer, image, asked, part):
    answer = get(producer, image, Range=asked)

    start, stop = part
    assert answer.status_code == 206
    assert bytes_of(answer) == RAW[start:stop]
    assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert answer["Content-Length"] == str(stop - start)
    assert answer["ETag"] == ETAG
    assert "Content-MD5" not in answer
    assert downloads() == 1


@pytest.mark.parametrize("asked", UNMET)
def test_a_part_that_there_is_not_is_416_and_no_download(producer, image, asked):
    with unchanged():
        answer = get(producer, image, Range=asked)

    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("asked", WHOLE)
def test_what_is_no_single_part_is_answered_with_the_whole(producer, image, asked):
    answer = get(producer, image, Range=asked.encode().decode("latin-1"))

    assert answer.status_code == 200
    assert bytes_of(answer) == RAW


def test_head_takes_no_notice_of_parts(producer, image):
    for asked in ("bytes=5-9", UNMET[0]):
        assert (head(producer, image, Range=asked).status_code) == 200


@pytest.mark.parametrize(
    ("held", "status"),
    [
        (ETAG, 206),
        (f"W/{ETAG}", 200),
        ('"of other data"', 200),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 200),
    ],
)
def test_a_download_goes_on_only_with_the_same_data(producer, image, held, status):
    answer = get(producer, image, Range="bytes=5-9", If_Range=held)

    assert answer.status_code == status
    assert bytes_of(answer) == (RAW[5:10] if status == 206 else RAW)


@pytest.mark.parametrize("method", [get, head])
@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If_None_Match", ETAG, 304),
        ("If_None_Match", f"W/{ETAG}", 304),
        ("If_None_Match", f'"other", {ETAG}', 304),
        ("If_None_Match", "*", 304),
        ("If_None_Match", '"other"', 200),
        ("If_Match", ETAG, 200),
        ("If_Match", "*", 200),
        ("If_Match", '"other"', 412),
    ],
)
def test_a_condition_is_kept_before_anything_is_recorded(
    producer, image, method, header, value, status
):
    before = downloads()
    answer = method(producer, image, **{header: value})

    assert answer.status_code == status
    assert downloads() - before == (method is get and status == 200)
    if status == 304:
        assert answer["ETag"] == ETAG
        assert bytes_of(answer) == b""


@pytest.mark.parametrize(
    ("name", "disk_format", "filename"),
    [
        ("Debian 12", "qcow2", "Debian 12.qcow2"),
        ("debian.QCOW2", "qcow2", "debian.QCOW2"),
        ("disk.img", "raw", "disk.img"),
        ("disk.raw", "raw", "disk.raw"),
        ("disk.img", "qcow2", "disk.img.qcow2"),
        ("../../etc/passwd", "raw", "etcpasswd.img"),
        ("a\r\nSet-Cookie: b=c\x00\x7f", "iso", "aSet-Cookie: b=c.iso"),
        ("C:\\windows", "vhdx", "C:windows.vhdx"),
        (" .. ", "vdi", ""),
        ("", "vmdk", ""),
        ("/\\", "vhd", ""),
        ("gpj\u202e.exe", "raw", "gpj.exe.img"),
        ("n" * 255, "raw", "n" * 200 + ".img"),
    ],
)
def test_data_is_saved_under_the_images_name(name, disk_format, filename):
    image = Image(name=name, disk_format=disk_format)
    assert filename_of(image) == (filename or f"{image.pk}.{disk_format}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "Büro ✓",
            "attachment; filename=\"B_ro _.img\"; filename*=utf-8''B%C3%BCro%20%E2%9C%93.img",
        ),
        ('the "best"', r'attachment; filename="the \"best\".img"'),
        ("a; filename=evil.exe", 'attachment; filename="a; filename=evil.exe.img"'),
    ],
)
def test_no_name_breaks_out_of_its_header(producer, name, said):
    image = imported(producer, name=name)
    assert get(producer, image)["Content-Disposition"] == said

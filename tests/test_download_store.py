"""Downloads and the image store: data that is gone, files that are open, and a front server that sends them."""

import os
from pathlib import Path

import pytest
from django.core.signals import request_finished
from django.db import connection

from portal.image_settings import handed_over
from sharing.imagedata import store
from sharing.models import Image
from tests.downloading import ETAG, SIZE, bytes_of, downloads, get, head, said
from tests.imported import RAW, imported
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return imported(producer, name="Golden disk")


def open_files():
    """The files of the image store that this process has open."""
    links = [Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    root = str(store.image_store().location)
    return [link for link in links if link.exists() and os.readlink(link).startswith(root)]


class TestDataThatIsGone:
    @pytest.fixture
    def gone(self, image):
        store.image_store().delete(image.data)
        return image

    @pytest.fixture
    def cut(self, image):
        os.truncate(store.image_store().path(image.data), 1000)
        return image

    @pytest.mark.parametrize("headers", [{}, {"Range": "bytes=5-9"}])
    def test_is_told_and_is_no_download(self, producer, gone, caplog, headers):
        with unchanged():
            answer = get(producer, gone, **headers)
        assert answer.status_code == 503
        assert "The data of this image cannot be read at the moment." in said(answer)
        assert str(gone.pk) in caplog.text
        assert gone.data not in said(answer)

    def test_is_told_by_head_too(self, producer, gone):
        assert head(producer, gone).status_code == 503

    def test_is_told_where_the_front_server_would_send_it(self, producer, gone, settings):
        settings.SENDFILE = ("X-Sendfile", "")
        with unchanged():
            assert get(producer, gone).status_code == 503

    def test_in_part_ends_the_connection_rather_than_pass_for_the_whole(self, producer, cut):
        answer = get(producer, cut)
        with pytest.raises(OSError, match="gave 1000 bytes of 65536"):
            bytes_of(answer)

    def test_behind_its_end_is_told(self, producer, cut):
        with unchanged():
            assert get(producer, cut, Range="bytes=2000-").status_code == 503


def test_no_file_stays_open(producer, image, settings, monkeypatch):
    # Closing an answer ends the request, and with it the connection to the database.
    monkeypatch.setattr(request_finished, "send", lambda **sender: None)
    answers = [get(producer, image), get(producer, image, Range="bytes=5-")]
    assert len(open_files()) == 2
    next(iter(answers[0].streaming_content))
    for answer in answers:
        answer.close()
    head(producer, image)
    settings.SENDFILE = ("X-Sendfile", "")
    get(producer, image)
    del answers, answer
    assert open_files() == []


@pytest.mark.django_db(transaction=True)
def test_a_download_holds_no_connection_to_the_database_while_bytes_move(producer, image):
    answer = get(producer, image)
    assert connection.connection is not None
    next(iter(answer.streaming_content))
    assert connection.connection is None


def test_data_leaves_in_pieces(producer, settings):
    data = RAW * 40
    answer = get(producer, imported(producer, data=data))
    pieces = list(answer.streaming_content)
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= store.READ < len(data)


class TestFrontServer:
    """SENDFILE: the portal decides and records, the server in front sends the file and answers for its parts."""

    @pytest.fixture
    def accel(self, settings):
        settings.SENDFILE = handed_over("X-Accel-Redirect:/image-data/")

    @pytest.mark.usefixtures("accel")
    def test_is_told_the_place_below_its_location(self, producer, image):
        answer = get(producer, image)
        assert answer.status_code == 200
        assert answer["X-Accel-Redirect"] == f"/image-data/{image.data}"
        assert answer.content == b""
        assert answer["Content-Length"] == "0"
        assert answer["ETag"] == ETAG
        assert answer["Content-Disposition"] == 'attachment; filename="Golden disk.img"'
        assert downloads() == 1

    def test_is_told_the_path_of_the_file(self, producer, image, settings):
        settings.SENDFILE = handed_over("X-Sendfile")
        path = get(producer, image)["X-Sendfile"]
        assert Path(path).read_bytes() == RAW
        assert path == str(store.image_store().path(image.data))

    def test_is_told_a_place_that_is_quoted(self, producer, image, settings, tmp_path):
        folder = tmp_path / "Büro 100%"
        folder.mkdir()
        options = {"OPTIONS": {"location": str(folder)}}
        settings.STORAGES = settings.STORAGES | {"images": settings.STORAGES["images"] | options}
        settings.SENDFILE = handed_over("X-Sendfile")
        image = imported(producer)
        assert get(producer, image)["X-Sendfile"].endswith(f"/B%C3%BCro%20100%25/{image.data}")

    @pytest.mark.usefixtures("accel")
    def test_answers_for_the_part_but_the_portal_knows_where_it_begins(self, producer, image):
        whole = get(producer, image)
        part = get(producer, image, Range="bytes=1000-")
        assert part.status_code == 200
        assert part["X-Accel-Redirect"] == whole["X-Accel-Redirect"]
        assert "Content-MD5" not in part
        assert downloads() == 1
        assert get(producer, image, Range=f"bytes={SIZE}-").status_code == 416

    @pytest.mark.usefixtures("accel")
    @pytest.mark.parametrize(
        ("fields", "headers", "status"),
        [({"on_hold": True}, {}, 403), ({}, {"If_None_Match": ETAG}, 304)],
    )
    def test_is_told_nothing_of_what_is_not_sent(self, producer, image, fields, headers, status):
        Image.objects.update(**fields)
        with unchanged():
            answer = get(producer, image, **headers)
        assert answer.status_code == status
        assert "X-Accel-Redirect" not in answer

    @pytest.mark.usefixtures("accel")
    def test_is_not_asked_for_head_nor_for_a_store_far_away(self, producer, image, settings):
        with unchanged():
            answer = head(producer, image)
        assert "X-Accel-Redirect" not in answer
        assert answer["Content-Length"] == str(SIZE)
        far = settings.STORAGES["images"] | {"BACKEND": "tests.test_settling.FarStore"}
        settings.STORAGES = settings.STORAGES | {"images": far}
        assert bytes_of(get(producer, image)) == RAW

"""Files that come with forms: kept on the disk for the request alone, and only where a page awaits one."""

import os
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal import form_files
from sharing.imagedata import housekeeping, store
from tests.imported import RAW, queued

pytestmark = pytest.mark.django_db


@pytest.fixture
def spooled(monkeypatch):
    """The names of files that were begun on the disk."""
    names = []
    real = form_files.TemporaryFileUploadHandler.new_file

    def new_file(self, *args, **kwargs):
        names.append(args[1])
        return real(self, *args, **kwargs)

    monkeypatch.setattr(form_files.TemporaryFileUploadHandler, "new_file", new_file)
    return names


def send(client, name, *args):
    file = SimpleUploadedFile("disk.img", RAW)
    return client.post(reverse(name, args=args), {"file": file})


def test_the_file_of_a_manager_is_kept_where_a_page_awaits_one(producer, spooled):
    send(producer.client(), "new-image", producer.id)
    send(producer.client(), "import-data", producer.id, queued(producer).pk)
    assert spooled == ["disk.img", "disk.img"]


@pytest.mark.parametrize("caller", ["reader", "stranger", "anonymous"])
def test_the_file_of_whoever_may_not_import_is_not_kept(
    client, producer, stranger, spooled, caller
):
    clients = {"reader": producer.reader_client(), "stranger": stranger.client()}
    answer = send(clients.get(caller, client), "new-image", producer.id)
    assert answer.status_code in (302, 403, 404)
    assert spooled == []


def test_a_file_for_a_page_that_awaits_none_is_not_kept(producer, spooled):
    send(producer.client(), "prune-all", producer.id)
    send(producer.client(), "account_logout")
    assert spooled == []


def test_housekeeping_removes_what_a_killed_request_left(producer):
    old, fresh = (store.uploads_folder() / f"tmp{age}.upload.img" for age in ("old", "fresh"))
    for path in (old, fresh):
        path.write_bytes(RAW)
    long_ago = time.time() - 7 * 3600
    os.utime(old, (long_ago, long_ago))
    assert len(list(housekeeping.remove_stray_form_files(dry_run=True))) == 1
    assert old.exists()
    [found] = housekeeping.remove_stray_form_files()
    assert "tmpold.upload.img" in found.what
    assert (old.exists(), fresh.exists()) == (False, True)

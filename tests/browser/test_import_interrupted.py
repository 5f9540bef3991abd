"""Imports in a browser that are paused, cancelled, cut off or reloaded, and go on where they stopped."""

import os
import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from sharing.imagedata import imports, store
from sharing.imagedata.intake import arrived
from sharing.models import Image, Upload
from tests.browser.importing import (
    DISK,
    LENGTH,
    choose,
    heading,
    is_imported,
    kept,
    panel,
    slow,
    under_way,
)
from tests.factories import PASSWORD
from tests.imported import queued


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "debian-13.raw"
    path.write_bytes(DISK)
    return path


@pytest.fixture
def image(producer) -> Image:
    return queued(producer, name="Golden Debian")


@pytest.fixture
def page(new_page, producer, image) -> Page:
    """The page of the image that waits for its data."""
    return new_page(producer.manager, f"/t/4471021/images/{image.pk}/")


def test_an_import_is_paused_and_goes_on(page, disk):
    slow(page)
    choose(page, disk)
    under_way(page)
    panel(page).get_by_role("button", name="Pause").click()
    expect(heading(page)).to_have_text("The import is paused")
    expect(page.locator("#announce")).to_have_text(re.compile("The import is paused. What arrived"))
    assert 0 < kept() < LENGTH
    slow(page, -1)
    panel(page).get_by_role("button", name="Go on").click()
    is_imported(page)


def test_an_import_is_cancelled_once_that_was_asked(page, disk):
    slow(page)
    choose(page, disk)
    under_way(page)
    panel(page).get_by_role("button", name="Cancel the import").click()
    question = page.get_by_role("dialog", name="Cancel the import?")
    expect(question).to_contain_text("What arrived of debian-13.raw is forgotten.")
    question.get_by_role("button", name="Keep it").click()
    expect(heading(page)).to_have_text("Importing its data")
    panel(page).get_by_role("button", name="Cancel the import").click()
    question.get_by_role("button", name="Cancel the import").click()
    expect(heading(page)).to_have_text("This image waits for its data")
    expect(page.locator("#announce")).to_have_text("The import is cancelled.")
    assert not Upload.objects.exists()
    assert not list(store.uploads_folder().glob("*.part"))
    assert Image.objects.get().status == "queued"


def test_a_reload_warns_and_the_same_file_chosen_again_goes_on(page, disk):
    slow(page)
    choose(page, disk)
    under_way(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]
    expect(
        panel(page).get_by_text(re.compile(r"debian-13.raw: [\d.]+ \wiB of 6.0 MiB"))
    ).to_be_visible()
    before = kept()
    slow(page, -1)
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        choose(page, disk)
    assert int(sent.value.headers["upload-offset"]) >= before
    is_imported(page)


@pytest.mark.parametrize("differs", ["name", "size", "last change"])
def test_another_file_than_the_one_on_its_way_is_refused(page, disk, producer, image, differs):
    changed = int(disk.stat().st_mtime * 1000)
    upload = imports.begin(
        image, LENGTH, filename=disk.name, modified=changed, by=producer.by
    )  # fmt: skip
    store.part_of(upload.pk).write_bytes(DISK[:100])
    if differs == "name":
        disk = disk.rename(disk.with_name("other.raw"))
    elif differs == "size":
        disk.write_bytes(DISK + b"1")
    else:
        os.utime(disk, (0, 0))
    page.reload()
    choose(page, disk)
    sentence = (
        "its name, size or time of last change differs. Choose debian-13.raw of 6.0 MiB as it was"
    )
    expect(panel(page).get_by_text(sentence)).to_be_visible()
    expect(page.locator("#announce")).to_have_text(re.compile(sentence))
    assert arrived(store.part_of(upload.pk)) == 100


def test_an_import_goes_on_by_itself_when_the_network_is_back(page, disk):
    slow(page)
    choose(page, disk)
    under_way(page)
    page.context.set_offline(True)
    expect(heading(page)).to_have_text("The connection broke")
    expect(
        panel(page).get_by_text("The import goes on as soon as this device is online.")
    ).to_be_visible()
    page.context.set_offline(False)
    slow(page, -1)
    is_imported(page)


def test_a_portal_that_fails_is_tried_again(page, disk, problems):
    answers = iter([lambda route: route.fulfill(status=503), lambda route: route.abort()])

    def fail(route):
        fails = route.request.method == "PATCH" and next(answers, None)
        fails(route) if fails else route.continue_()

    page.route("**/uploads/**", fail)
    choose(page, disk)
    expect(panel(page).get_by_text("What arrived is safe. Trying again in 1 s.")).to_be_visible()
    is_imported(page)
    problems[:] = [line for line in problems if not line.startswith("503 for")]


def test_after_the_session_ended_it_goes_on_once_its_user_signed_in_again(
    page, new_page, disk, producer
):
    slow(page)
    choose(page, disk)
    under_way(page)
    Session.objects.all().delete()
    panel(page).get_by_role("button", name="Pause").click()
    panel(page).get_by_role("button", name="Go on").click()
    expect(heading(page)).to_have_text("The import stopped")
    expect(panel(page).get_by_text("Your session ended. Sign in in another tab")).to_be_visible()
    other = page.context.new_page()
    other.goto("/accounts/login/")
    other.get_by_label("Email").fill(producer.manager.email)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Inbox")
    slow(page, -1)
    panel(page).get_by_role("button", name="Go on").click()
    is_imported(page)

"""Import of image data in a browser: chosen or dropped, shown, taken or refused; and without a script."""

import re

import pytest
from playwright.sync_api import Page, expect

from sharing.imagedata import imports, store
from sharing.models import Image, Upload
from tests.browser.importing import (
    DISK,
    LENGTH,
    MIB,
    choose,
    drop,
    heading,
    is_imported,
    panel,
    slow,
    under_way,
)
from tests.disks import HOSTILE
from tests.imported import queued

NEW = "/t/4471021/images/new/"


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


def test_a_new_image_is_made_and_imported_with_real_progress(new_page, producer, disk):
    page = new_page(producer.manager, NEW)
    choose(page, disk)
    expect(page.get_by_label("Name", exact=True)).to_have_value("debian-13")
    expect(page.get_by_text("6.0 MiB. Choose or drop another file")).to_be_visible()
    slow(page)
    page.get_by_role("button", name="Create and import").click()
    under_way(page)
    expect(page).to_have_url(re.compile(rf"/images/{Image.objects.get().pk}/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("debian-13")
    expect(panel(page)).to_be_focused()
    expect(panel(page).get_by_text(re.compile(r"^[\d.]+ \w+ of 6.0 MiB$"))).to_be_visible()
    expect(page.locator("#announce")).to_have_text(re.compile(r"^\d+ % arrived, \d+ s left$"))
    assert re.match(r"\d+ % · debian-13", page.title())
    slow(page, -1)
    is_imported(page)
    expect(page.locator("#announce")).to_have_text("The data is imported, verified and stored.")
    expect(page.locator("#messages")).to_contain_text("imported, verified and stored")
    expect(page.locator("#main")).to_be_focused()
    assert page.title() == "debian-13 · Proffer"


def test_what_is_wrong_in_the_form_is_said_in_place_and_the_chosen_file_stays(
    new_page, producer, disk
):
    page = new_page(producer.manager, NEW)
    choose(page, disk)
    page.get_by_label("Tags").fill("x" * 256)
    page.get_by_role("button", name="Create and import").click()
    expect(page.get_by_text("A tag has at most 255 characters.")).to_be_visible()
    expect(page.get_by_label("Tags")).to_be_focused()
    assert not Image.objects.exists()
    page.get_by_label("Tags").fill("golden")
    page.get_by_role("button", name="Create and import").click()
    is_imported(page)


def test_a_record_is_made_without_a_file_and_takes_one_later(new_page, producer, disk):
    page = new_page(producer.manager, NEW)
    page.get_by_label("Name", exact=True).fill("Later")
    page.get_by_role("button", name="Create image").click()
    expect(heading(page)).to_have_text("This image waits for its data")
    choose(page, disk)
    is_imported(page)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("New image")


def test_a_file_that_is_dropped_on_the_new_page_is_the_one_that_is_sent(new_page, producer):
    page = new_page(producer.manager, NEW)
    drop(page, page.locator("[data-drop]"), "dropped.qcow2", "a disk. " * 128)
    expect(page.get_by_text("dropped.qcow2")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("dropped")
    page.get_by_role("button", name="Create and import").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("dropped")
    expect(page.get_by_text("1.0 KiB", exact=False).first).to_be_visible()
    expect(panel(page)).to_have_count(0)


def test_a_file_that_is_dropped_anywhere_on_the_page_of_a_queued_image_is_imported(page):
    drop(page, page.locator("h1"), "dropped.img", "a disk. " * 128)
    expect(panel(page)).to_have_count(0)
    assert Image.objects.get().size == 1024


def test_a_hostile_file_is_refused_with_its_sentence_and_another_is_taken(page, tmp_path, disk):
    hostile = tmp_path / "hostile.qcow2"
    hostile.write_bytes(HOSTILE["qcow2 with a backing file"][0])
    choose(page, hostile)
    expect(panel(page).get_by_text("The last file was refused.")).to_be_visible()
    expect(panel(page)).to_contain_text("it refers to another file as its backing file")
    expect(page.locator("#announce")).to_have_text(re.compile("The last file was refused."))
    expect(panel(page)).to_be_focused()
    assert Image.objects.get().status == "queued"
    choose(page, disk)
    is_imported(page)


def test_a_file_beyond_the_quota_is_refused_before_a_byte_is_sent(page, disk, producer):
    producer.tenant.byte_quota = MIB
    producer.tenant.save()
    choose(page, disk)
    expect(panel(page).get_by_text("would exceed the quota of tenant 4471021")).to_be_visible()
    page.reload()
    choose(page, disk)
    expect(
        panel(page).get_by_text("6.0 MiB is more than your quota leaves: 1.0 MiB.")
    ).to_be_visible()
    assert not Upload.objects.exists()


def test_an_import_that_goes_on_elsewhere_is_followed_and_moves_no_focus(
    page, disk, producer, image
):
    changed = int(disk.stat().st_mtime * 1000)
    upload = imports.begin(
        image, LENGTH, filename=disk.name, modified=changed, by=producer.by
    )  # fmt: skip
    for sent in (MIB, 2 * MIB):
        store.part_of(upload.pk).write_bytes(DISK[:sent])
        if sent == MIB:
            page.reload()
        expect(panel(page)).to_contain_text(f"{sent // MIB}.0 MiB of 6.0 MiB arrived")
    assert page.evaluate("document.activeElement === document.body")
    page.locator("[data-drop] input").focus()
    with page.expect_request("**/uploads/**"):
        choose(page, disk)
    is_imported(page)


def test_data_that_a_task_verifies_is_shown_as_soon_as_it_is_there(page, disk, producer, image):
    upload = imports.begin(image, LENGTH, filename=disk.name, by=producer.by)
    store.part_of(upload.pk).write_bytes(DISK)
    Upload.objects.update(settling=True)
    page.reload()
    expect(heading(page)).to_have_text("Verifying its data")
    imports.settle_later.call(str(upload.pk), "task@producer.example", producer.id, "manager")
    is_imported(page)
    expect(page.locator("#announce")).to_have_text("The data is imported, verified and stored.")


def test_without_javascript_a_new_image_and_its_data_are_one_form(new_page, producer, disk):
    page = new_page(producer.manager, NEW, js=False)
    choose(page, disk)
    page.get_by_role("button", name="Create image").click()
    expect(page.get_by_text("debian-13.raw: imported, verified and stored.")).to_be_visible()
    is_imported(page)


def test_without_javascript_a_queued_image_takes_a_file_and_an_import_is_cancelled(
    new_page, producer, image, disk
):
    upload = imports.begin(image, LENGTH, filename="other.raw", by=producer.by)
    store.part_of(upload.pk).write_bytes(DISK[:100])
    page = new_page(producer.manager, f"/t/4471021/images/{image.pk}/", js=False)
    page.get_by_role("button", name="Cancel the import").click()
    expect(page.get_by_text("The import is cancelled.")).to_be_visible()
    choose(page, disk)
    page.get_by_role("button", name="Import", exact=True).click()
    is_imported(page)


class TestSound:
    def test_is_the_page_of_a_new_image(self, new_page, producer, disk, sound):
        page = new_page(producer.manager, NEW)
        sound(page)
        choose(page, disk)
        page.get_by_label("Tags").fill("x" * 256)
        page.get_by_label("Minimum disk").fill("-1")
        page.locator("#new-image").evaluate("form => (form.noValidate = true)")
        page.get_by_role("button", name="Create and import").click()
        expect(page.get_by_text("A tag has at most 255 characters.")).to_be_visible()
        sound(page)

    def test_is_the_panel_while_it_sends_and_while_it_does_not(self, page, disk, sound):
        sound(page)
        slow(page, 50_000)
        choose(page, disk)
        under_way(page)
        sound(page)
        panel(page).get_by_role("button", name="Cancel the import").click()
        sound(page)
        page.keyboard.press("Escape")
        panel(page).get_by_role("button", name="Pause").click()
        sound(page)
        panel(page).get_by_role("button", name="Go on").click()
        under_way(page)
        page.context.set_offline(True)
        expect(heading(page)).to_have_text("The connection broke")
        sound(page)

    def test_is_the_panel_that_takes_the_same_file_again_or_none(
        self, page, producer, image, sound
    ):
        upload = imports.begin(image, LENGTH, filename="W" * 200, by=producer.by)
        for settling in (False, True):
            Upload.objects.update(settling=settling)
            page.reload()
            sound(page)
        Upload.objects.update(settling=False)
        imports.refuse(upload, imports.BadData("This is no disk. " + "W" * 400), by=producer.by)
        page.reload()
        sound(page)

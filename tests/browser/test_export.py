"""Taking data out in a browser: the download, what comes before it, and what the owner says of it in place."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sharing.imagedata.exports import CONSIDERATIONS
from sharing.models import Event, Image, Membership
from tests.factories import MembershipFactory
from tests.imported import RAW, imported


@pytest.fixture
def image(producer, consumer) -> Image:
    image = imported(producer, name="Büro disk")
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


@pytest.fixture
def made(consumer, image) -> Image:
    return imported(consumer, name="Clinic disk", base_image_ref=image.pk)


def place(party, image: Image) -> str:
    return f"/t/{party.id}/images/{image.pk}/"


def panel(page: Page):
    return page.get_by_role("region", name="Made from, and export")


def download(page: Page) -> tuple[str, bytes]:
    with page.expect_download() as started:
        panel(page).get_by_role("link", name="Download 64.0 KiB").click()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


@pytest.mark.parametrize("js", [True, False])
def test_the_data_is_saved_under_the_images_name(new_page, producer, image, js):
    page = new_page(producer.manager, place(producer, image), js=js)
    assert download(page) == ("Büro disk.img", RAW)
    expect(page.get_by_role("heading", name="Büro disk")).to_be_visible()
    assert Event.objects.filter(verb="downloaded").count() == 1


def test_the_considerations_open_the_download_in_place(new_page, sound, consumer, made):
    page = new_page(consumer.manager, place(consumer, made))
    closed = panel(page).get_by_role("button", name="Download")
    expect(closed).to_be_disabled()
    expect(closed).to_have_accessible_description(
        "This image was made from one that was shared to you: two considerations come first. "
        "A manager of your tenant can acknowledge them."
    )
    sound(page)
    form = panel(page).get_by_role("form", name="Considerations before the export")
    form.get_by_label(CONSIDERATIONS[0]).check()
    # The browser's own check is passed over, as by a browser that has none.
    form.evaluate("form => (form.noValidate = true)")
    form.get_by_role("button").click()
    missing = panel(page).get_by_label(CONSIDERATIONS[1])
    expect(missing).to_be_focused()
    expect(missing).to_have_attribute("aria-invalid", "true")
    sound(page)
    missing.check()
    panel(page).get_by_role("button", name="I considered both").click()
    expect(page.locator("#messages")).to_contain_text("Recorded that you considered both.")
    expect(panel(page)).to_be_focused()
    assert download(page) == ("Clinic disk.img", RAW)


def test_what_the_owner_opens_a_member_downloads(new_page, sound, producer, consumer, image):
    mine = new_page(producer.manager, place(producer, image))
    theirs = new_page(consumer.manager, place(consumer, image))
    expect(panel(theirs).get_by_role("button", name="Download")).to_be_disabled()
    panel(mine).get_by_role("button", name="Mark as redistributable").click()
    expect(panel(mine)).to_contain_text("What they took stays with them.")
    sound(mine)
    theirs.reload()
    assert download(theirs) == ("Büro disk.img", RAW)
    panel(mine).get_by_role("button", name="Make it not redistributable").click()
    expect(panel(mine)).to_contain_text("Not redistributable.")
    # The page that was not reloaded still has its link; what it leads to says why it is closed.
    panel(theirs).get_by_role("link", name="Download").click()
    expect(theirs.get_by_text("has not marked it as redistributable")).to_be_visible()
    sound(theirs)


def test_what_an_image_was_made_from_is_registered_in_place(new_page, sound, producer, consumer):
    parent = imported(producer, name="Windows base", properties={"os_type": "windows"})
    MembershipFactory(image=parent, member_id=consumer.id, status="accepted")
    image = imported(consumer, name="Clinic disk")
    page = new_page(consumer.manager, place(consumer, image))
    panel(page).get_by_text("Register what it was made from").click()
    field = panel(page).get_by_label("UUID of the image that it was made from")
    field.fill("junk")
    panel(page).get_by_role("button", name="Register").click()
    expect(field).to_be_focused()
    sound(page)
    field.fill(str(parent.pk))
    panel(page).get_by_role("button", name="Register").click()
    expect(panel(page).get_by_role("listitem")).to_have_text(["Clinic disk", "Windows base"])
    expect(panel(page)).to_contain_text("Licence: Windows, inherited from Windows base.")
    expect(panel(page).get_by_role("button", name="Download")).to_be_disabled()
    sound(page)


def test_the_offer_says_what_may_be_exported_before_it_is_accepted(
    new_page, sound, consumer, image
):
    Membership.objects.update(status="pending")
    page = new_page(consumer.manager, f"/t/{consumer.id}/inbox/")
    expect(page.get_by_role("article")).to_contain_text("you will not be able to take its data out")
    sound(page)
    page.get_by_role("link", name="Büro disk").click()
    expect(page.get_by_role("region", name="Your membership")).to_contain_text(
        "you will not be able to take its data out"
    )
    sound(page)


def test_the_quota_is_sound_to_look_at(new_page, sound, producer, image, settings):
    settings.BYTE_QUOTA = 2**16
    page = new_page(producer.manager, f"/t/{producer.id}/images/")
    expect(page.get_by_text("64.0 KiB of 64.0 KiB")).to_be_visible()
    sound(page)


def test_an_operator_downloads_what_nobody_else_may(new_page, sound, producer, operator_user):
    image = imported(producer, name="Windows base", properties={"os_type": "windows"})
    page = new_page(operator_user, f"/admin/sharing/image/{image.pk}/change/")
    sound(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download 64.0 KiB").click()
    assert started.value.suggested_filename == "Windows base.img"

"""The owner's pages in place: offer, choose, ask before what cannot be undone, and the image list."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from sharing import handshake
from sharing.checklist import ITEMS
from sharing.models import Image, Membership
from tests.factories import ImageFactory

IMAGES = "/t/4471021/images/"
MEMBERS = ("5083310", "5083311", "5083312")


@pytest.fixture
def image(producer) -> Image:
    """Offered to three: the first pending, the second accepted, the third rejected."""
    image = ImageFactory(owner=producer.tenant, name="Golden Debian")
    handshake.offer(image, MEMBERS, by=producer.by)
    for member, status in zip(MEMBERS[1:], ("accepted", "rejected"), strict=True):
        Membership.objects.filter(member_id=member).update(status=status)
    return image


@pytest.fixture
def page(new_page, producer, image) -> Page:
    return new_page(producer.manager, f"{IMAGES}{image.pk}/")


def row(page: Page, member: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=member))


def question(page: Page) -> Locator:
    return page.get_by_role("dialog")


def results(page: Page) -> Locator:
    """The list that has the focus after an offer, so that it is read out."""
    return page.locator(":focus").get_by_role("listitem")


def members() -> set[str]:
    return set(Membership.objects.values_list("member_id", flat=True))


def test_an_offer_is_answered_in_place_with_a_line_for_each_tenant_id(page):
    page.get_by_label("Tenant IDs").fill("5083311, 4471021; nonsense\n6120047")
    page.get_by_role("button", name="Offer").click()
    expect(results(page)).to_have_text(
        [
            re.compile(r"^5083311: already offered, accepted on \d+ \w+ \d{4}$"),
            "4471021: your own ID",
            "“nonsense”: not a valid tenant ID",
            "6120047: offered",
        ]
    )
    expect(row(page, "6120047")).to_contain_text("Pending")
    expect(page.get_by_label("Tenant IDs")).to_have_value("")


def test_a_refused_offer_names_the_field_and_keeps_what_was_typed(page, producer):
    Image.objects.update(checklist_confirmed_at=None)
    page.reload()
    page.get_by_label("Tenant IDs").fill("6120047")
    page.get_by_role("textbox", name="Note").fill("For Monday")
    first, *others = ITEMS.values()
    for sentence in others:
        page.get_by_label(sentence).check()
    # The browser's own check is passed over, as by a browser that has none.
    page.get_by_role("form", name="Offer this image").evaluate("form => (form.noValidate = true)")
    page.get_by_role("button", name="Offer").click()
    expect(page.get_by_text("Confirm this before the first offer.")).to_be_visible()
    expect(page.get_by_label(first)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label(first)).to_be_focused()
    expect(page.get_by_label(others[0])).to_be_checked()
    expect(page.get_by_label("Tenant IDs")).to_have_value("6120047")
    expect(page.get_by_role("textbox", name="Note")).to_have_value("For Monday")
    assert members() == set(MEMBERS)


def test_an_image_put_on_hold_meanwhile_is_not_offered_and_says_why(page, image):
    page.get_by_label("Tenant IDs").fill("6120047")
    Image.objects.update(on_hold=True)
    page.get_by_role("button", name="Offer").click()
    expect(page.get_by_role("region", name="Members")).to_be_focused()
    expect(
        page.locator("[aria-live]").filter(has_text="An operator put this image on hold")
    ).to_be_visible()
    assert members() == set(MEMBERS)


@pytest.mark.parametrize(
    ("opener", "asks"),
    [
        ("Prune 1 rejected", "Prune 1 rejected of “Golden Debian”?"),
        ("Withdraw from 5083311", "Withdraw “Golden Debian” from 1 tenant?"),
        ("Delete image", "Delete “Golden Debian”?"),
    ],
)
def test_a_question_is_modal_and_every_way_out_leads_back(page, opener, asks):
    link = page.get_by_role("link", name=opener)
    ways_out = (
        lambda: page.keyboard.press("Escape"),
        lambda: question(page).get_by_role("link", name="Cancel").click(),
        lambda: page.mouse.click(5, 5),
    )
    for leave in ways_out:
        link.focus()
        page.keyboard.press("Enter")
        expect(question(page)).to_have_accessible_name(asks)
        assert question(page).evaluate("dialog => dialog.matches(':modal')")
        expect(question(page).get_by_role("link", name="Cancel")).to_be_focused()
        leave()
        expect(question(page)).to_have_count(0)
        expect(link).to_be_focused()
    assert members() == set(MEMBERS)
    assert Image.objects.exists()


def test_the_question_names_the_consequence_of_withdrawing_from_who_accepted(page):
    page.get_by_role("link", name="Withdraw from 5083311").click()
    expect(question(page)).to_contain_text("1 tenant has accepted this image and loses it at once")
    expect(question(page)).to_contain_text("what they built from it stays theirs")
    question(page).get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrew the image from 1 tenant.")).to_be_visible()
    expect(row(page, "5083311")).to_have_count(0)
    assert members() == {"5083310", "5083312"}


def test_chosen_members_are_counted_and_withdrawn_together(page):
    chosen = page.get_by_role("button", name="Withdraw chosen")
    expect(chosen).to_be_disabled()
    page.get_by_label("All on this page").check()
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_label("Choose 5083311").uncheck()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    chosen.click()
    expect(question(page)).to_have_accessible_name("Withdraw “Golden Debian” from 2 tenants?")
    expect(question(page)).to_contain_text("None of them has accepted it.")
    question(page).get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrew the image from 2 tenants.")).to_be_visible()
    assert members() == {"5083311"}


def test_withdraw_all_does_not_depend_on_what_is_chosen(page):
    page.get_by_role("button", name="Withdraw all").click()
    expect(question(page)).to_contain_text("1 tenant has accepted this image")
    question(page).get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Not offered to anybody yet.")).to_be_visible()
    assert members() == set()


def test_a_question_that_can_no_longer_be_asked_says_so_on_the_page(page, image):
    Image.objects.all().delete()
    page.get_by_role("link", name="Delete image").click()
    expect(
        page.locator("[aria-live]").filter(has_text="There is nothing at this address")
    ).to_be_visible()
    expect(question(page)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Golden Debian")


def test_deleting_names_who_loses_it_and_leads_to_the_list(page):
    page.get_by_role("link", name="Delete image").click()
    expect(question(page)).to_contain_text("1 tenant has accepted this image and loses it at once")
    expect(question(page)).to_contain_text("1 offer still waits for an answer and ends.")
    question(page).get_by_role("button", name="Delete image").click()
    expect(
        page.get_by_text("Deleted “Golden Debian” and ended its sharing to 3 tenants.")
    ).to_be_visible()
    expect(page.get_by_text("No image here yet.")).to_be_visible()


def test_a_closed_button_says_why_it_is_closed(page):
    Image.objects.update(protected=True)
    page.reload()
    delete = page.get_by_role("button", name="Delete image")
    expect(delete).to_be_disabled()
    expect(delete).to_have_accessible_description("Protected: lift the protection first.")


def test_all_images_are_pruned_from_the_list(new_page, producer, image):
    page = new_page(producer.manager, IMAGES)
    page.get_by_role("link", name="Prune 1 rejected").click()
    expect(question(page)).to_have_accessible_name("Prune 1 rejected, over all your images?")
    question(page).get_by_role("button", name="Prune 1 rejected").click()
    expect(
        page.get_by_text("Pruned 1 tenant that had rejected, over all your images.")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Prune")).to_have_count(0)
    assert members() == set(MEMBERS[:2])


def test_uuid_and_checksum_are_copied_and_announced(page, image):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for button, text in (("Copy UUID", str(image.pk)), ("Copy checksum", image.checksum)):
        page.get_by_role("button", name=button).click()
        expect(page.locator("[aria-live]").filter(has_text=f"Copied {text}")).to_have_count(1)
        assert page.evaluate("navigator.clipboard.readText()") == text


def test_filter_search_order_and_page_live_in_the_address(new_page, producer):
    for number in range(30):
        ImageFactory(owner=producer.tenant, name=f"Image {number:02}")
    page = new_page(producer.manager, IMAGES)
    page.get_by_role("link", name="Mine").click()
    search = page.get_by_role("search", name="Images", exact=True)
    search.get_by_label("Name, UUID or tag").fill("image")
    search.get_by_role("button", name="Search").click()
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    names = page.get_by_role("rowheader").get_by_role("link")
    expect(names.first).to_have_text("Image 00")
    page.get_by_role("link", name="Next").click()
    expect(names).to_have_text([f"Image {number}" for number in range(25, 30)])
    page.reload()
    expect(names).to_have_count(5)
    names.last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Image 29")
    page.go_back()
    expect(names).to_have_count(5)
    expect(page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "page")
    expect(search.get_by_label("Name, UUID or tag")).to_have_value("image")
    page.go_back()
    expect(names).to_have_count(25)

"""The operators' pages are sound: axe, both themes, a desk and a phone, and no error in the console."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from sharing.models import Event, Image, Membership
from tests.scene import Scene, build_scene
from tests.second_factor import give

ADDRESSES = {
    "credentials": (
        "sharing/applicationcredential/", "sharing/applicationcredential/{credential}/change/",
        "sharing/applicationcredential/{credential}/history/",
    ),
    "overview": ("", "sharing/", "no/such/page/"),
    "events": ("sharing/event/", "sharing/event/{event}/change/", "sharing/event/?verb__exact=pruned"),
    "images": (
        "sharing/image/", "sharing/image/{image}/change/", "sharing/image/?q=nothing", "sharing/image/{image}/history/",
    ),
    "memberships": (
        "sharing/membership/", "sharing/membership/add/", "sharing/membership/{membership}/change/",
        "sharing/membership/{membership}/history/",
    ),
    "tenants": (
        "sharing/tenant/", "sharing/tenant/add/", "sharing/tenant/4471021/change/", "sharing/tenant/4471021/history/",
    ),
    "users": (
        "sharing/user/", "sharing/user/add/", "sharing/user/{user}/change/", "sharing/user/{user}/password/",
        "sharing/user/{user}/history/",
    ),
    "groups": (
        "auth/group/", "auth/group/add/", "auth/group/{group}/change/", "auth/group/{group}/history/",
        "auth/group/{group}/delete/",
    ),
}  # fmt: skip


@pytest.fixture
def scene(db) -> Scene:
    return build_scene()


@pytest.fixture
def page(new_page, scene) -> Page:
    return new_page(scene.operator)


@pytest.mark.parametrize("screen", ADDRESSES)
def test_every_page_of_the_admin_is_sound(page, sound, scene, screen):
    keys = {
        "event": Event.objects.latest("pk").pk,
        "image": scene.image.pk,
        "credential": scene.credential.pk,
        "membership": Membership.objects.latest("pk").pk,
        "user": scene.producer.manager.pk,
        "group": Group.objects.create(name="Night shift").pk,
    }
    for address in ADDRESSES[screen]:
        page.goto("/admin/" + address.format(**keys))
        sound(page)


def act(page: Page, address: str, action: str) -> None:
    page.goto(address)
    page.get_by_label("Select this object for an action").first.check()
    page.get_by_role("combobox", name="Action").select_option(action)
    page.get_by_role("button", name="Run").click()


def test_what_an_action_asks_and_tells_is_sound(page, sound, scene):
    act(page, "/admin/sharing/membership/", "Withdraw")
    expect(page.get_by_role("heading", level=1)).to_have_text("Withdraw")
    sound(page)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn: 1 membership.")).to_be_visible()
    sound(page)
    act(page, "/admin/sharing/image/", "Put on hold")
    expect(page.get_by_text("Put on hold: 1 image.")).to_be_visible()
    sound(page)
    assert Image.objects.filter(on_hold=True).count() == 1
    assert Membership.objects.count() == 2
    give(scene.stranger.manager)
    act(page, "/admin/sharing/user/?q=manager@stranger", "Remove the second factor")
    expect(page.get_by_role("heading", level=1)).to_have_text("Remove the second factor")
    sound(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Second factor removed:")).to_be_visible()


def test_what_is_asked_before_a_credential_is_revoked_is_sound(page, sound, scene):
    act(page, "/admin/sharing/applicationcredential/", "Revoke")
    expect(page.get_by_text("1 application credential will be revoked.")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked: 1 credential.")).to_be_visible()


@pytest.mark.parametrize("model", ["tenant", "membership", "user"])
def test_what_a_form_refuses_is_sound(page, sound, model):
    page.goto(f"/admin/sharing/{model}/add/")
    page.locator("form").last.evaluate("form => (form.noValidate = true)")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Please correct the error")).to_be_visible()
    sound(page)

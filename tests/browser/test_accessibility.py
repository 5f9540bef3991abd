"""Every page of every caller is sound: axe, both themes, a desk and a phone, and no error in the console."""

import re

import pytest
from django.core import mail
from django.shortcuts import render
from django.utils import timezone
from playwright.sync_api import expect

from sharing import handshake
from sharing.models import ApplicationCredential, Image, Membership, User
from sharing.views import home
from tests.factories import (
    CredentialFactory,
    ImageFactory,
    TenantFactory,
    TenantUserFactory,
    UserFactory,
)
from tests.scene import Scene, build_scene

LONG = "W" * 200
UNFOLD_COMMANDS = "document.querySelectorAll('.commands').forEach(fold => (fold.open = true))"
KINDS = {
    "unshared": {"name": LONG, "checklist_confirmed_at": None},
    "private": {"visibility": "private"},
    "protected": {"protected": True, "status": "queued", "size": 0, "disk_format": ""},
    "held": {"on_hold": True, "status": "deactivated"},
    "rich": {
        "name": LONG, "virtual_size": 2**40, "os_hash_algo": "sha512", "os_hash_value": "ab" * 64, "min_disk": 10,
        "min_ram": 512, "properties": {"image_type": "snapshot", "os_distro": "debian", "os_version": "12", LONG: LONG},
    },
}  # fmt: skip


@pytest.fixture
def scene(db) -> Scene:
    """The scene of the access tables, with all that a page can show, much of it at its longest."""
    scene = build_scene()
    owner = scene.producer.tenant
    owner.name = owner.contact = owner.support_note = LONG
    owner.save()
    for kind, fields in KINDS.items():
        image = ImageFactory(owner=owner, **{"name": kind} | fields)
        image.tags.create(name=kind)
        setattr(scene, kind, image)
    scene.rich.base_image_ref = scene.image.pk
    scene.rich.save()
    shared = [*ImageFactory.create_batch(24, owner=owner), scene.rich, scene.held]
    Image.objects.update(on_hold=False)
    for image in shared:
        handshake.offer(image, [scene.pending.id], note=LONG, by=scene.producer.by)
    Image.objects.filter(pk=scene.held.pk).update(on_hold=True)
    there = TenantUserFactory(
        user=scene.producer.manager, tenant=TenantFactory(id="9" * 20, name=LONG)
    )
    used = {"expires_at": timezone.now(), "last_used_at": timezone.now()}
    CredentialFactory.create_batch(25, holder=there, role="manager")
    CredentialFactory(holder=there, name=LONG, **used)
    ApplicationCredential.objects.filter(pk=scene.credential.pk).update(name=LONG, **used)
    return scene


ADDRESSES = {
    "anonymous": (
        "/accounts/login/", "/accounts/signup/", "/accounts/inactive/", "/accounts/password/reset/",
        "/accounts/password/reset/done/", "/accounts/password/reset/key/1-no-such-key/",
        "/accounts/password/reset/key/done/", "/nowhere/",
    ),
    "owner": (
        "/t/{t}/inbox/", "/t/{t}/images/", "/t/{t}/images/?show=mine&sort=name", "/t/{t}/images/?show=shared",
        "/t/{t}/images/?q=nothing", "/t/{t}/images/{i}/", "/t/{t}/images/{i}/?status=rejected",
        "/t/{t}/images/{unshared}/", "/t/{t}/images/{private}/", "/t/{t}/images/{protected}/",
        "/t/{t}/images/{held}/", "/t/{t}/images/{rich}/", "/t/{t}/images/{i}/withdraw/confirm/?all=1",
        "/t/{t}/images/{i}/withdraw/confirm/?member=5083310", "/t/{t}/images/{i}/prune/confirm/",
        "/t/{t}/images/{i}/delete/confirm/", "/t/{t}/images/prune/confirm/", "/t/{t}/activity/", "/t/{t}/help/",
        "/t/{t}/credentials/", "/t/{t}/credentials/revoke/confirm/?credential={c}",
        "/t/{t}/help/api/",
        "/accounts/logout/", "/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/password/reset/",
        "/accounts/second-factor/",
    ),
    "owner reader": ("/t/{t}/credentials/", "/t/{t}/images/", "/t/{t}/images/{i}/", "/t/{t}/images/{unshared}/"),
    "pending": ("/t/{t}/inbox/", "/t/{t}/images/{i}/", "/t/{t}/images/{rich}/", "/t/{t}/images/{held}/"),
    "accepted": (
        "/t/{t}/inbox/?status=accepted", "/t/{t}/inbox/?answered={o}", "/t/{t}/images/?show=shared",
        "/t/{t}/images/{i}/", "/t/{t}/images/{i}/leave/confirm/", "/t/{t}/activity/",
    ),
    "rejected": ("/t/{t}/inbox/", "/t/{t}/inbox/?status=rejected", "/t/{t}/inbox/?answered={o}"),
    "stranger": (
        "/t/{t}/inbox/", "/t/{t}/inbox/?status=accepted", "/t/{t}/inbox/?status=rejected", "/t/{t}/images/",
        "/t/{t}/activity/", "/t/{t}/activity/?verb=pruned",
    ),
}  # fmt: skip


def user_of(scene: Scene, caller: str) -> User | None:
    if caller in ("anonymous", "operator"):
        return scene.operator if caller == "operator" else None
    if caller == "owner reader":
        return scene.producer.reader
    return (scene.producer if caller == "owner" else getattr(scene, caller)).manager


@pytest.mark.parametrize("caller", ADDRESSES)
def test_every_page_is_sound(new_page, sound, scene, caller):
    page = new_page(user_of(scene, caller))
    offer = Membership.objects.of_member(scene.tenant_of(caller)).first()
    places = {kind: getattr(scene, kind).pk for kind in KINDS} | {
        "t": scene.tenant_of(caller), "i": scene.image.pk, "o": offer and offer.pk, "c": scene.credential.pk,
    }  # fmt: skip
    for address in ADDRESSES[caller]:
        page.goto(address.format(**places))
        page.evaluate(UNFOLD_COMMANDS)
        sound(page)


def test_what_opens_on_the_owners_pages_is_sound(new_page, sound, scene):
    page = new_page(scene.producer.manager, f"/t/4471021/images/{scene.image.pk}/")
    page.get_by_label("All on this page").check()
    page.get_by_text("The owner confirmed the checklist").click()
    sound(page)
    openers = ("Withdraw from 5083311", "Prune 1 rejected", "Delete image", "Keys")
    for opener in openers:
        page.set_viewport_size(
            {"width": 1440, "height": 900}
        )  # on a phone there is no link to the keys
        page.get_by_role("link", name=opener).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        sound(page)
        page.keyboard.press("Escape")
    for menu in ("User menu, manager@producer.example", "Switch tenant"):
        page.locator("summary").filter(has_text=menu).or_(page.get_by_label(menu)).click()
        sound(page)
    page.get_by_label("Tenant IDs").fill(f"5083311 4471021 nonsense 6120047 {LONG}")
    page.get_by_role("button", name="Offer").click()
    expect(page.get_by_text("6120047: offered")).to_be_visible()
    sound(page)


def test_a_refused_offer_is_sound(new_page, sound, scene):
    page = new_page(scene.producer.manager, f"/t/4471021/images/{scene.unshared.pk}/")
    page.get_by_role("form", name="Offer this image").evaluate("form => (form.noValidate = true)")
    page.get_by_role("button", name="Offer").click()
    expect(page.get_by_text("Confirm this before the first offer.").first).to_be_visible()
    sound(page)


def test_what_answers_leave_in_the_inbox_is_sound(new_page, sound, scene):
    page = new_page(scene.pending.manager, "/t/5083310/inbox/")
    cards = page.get_by_role("article")
    Membership.objects.filter(image=scene.held, member_id="5083310").delete()
    for card, button, left in (
        (0, "Accept", "withdrawn meanwhile"),
        (1, "Accept", "Undo"),
        (2, "Reject", "Undo"),
    ):
        cards.nth(card).get_by_role("button", name=button, exact=True).click()
        expect(cards.nth(card)).to_contain_text(left)
    page.get_by_label("All on this page").check()
    sound(page)


def test_the_question_before_leaving_is_sound(new_page, sound, scene):
    page = new_page(scene.accepted.manager, f"/t/5083311/images/{scene.image.pk}/")
    page.get_by_role("link", name="Leave").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    sound(page)


def test_what_a_form_of_an_account_refuses_is_sound(new_page, sound, scene):
    page = new_page(address="/accounts/login/")
    page.get_by_label("Email").fill("nobody@nowhere.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("are not correct")).to_be_visible()
    sound(page)
    page = new_page(scene.producer.manager, "/accounts/password/change/")
    page.get_by_label("Current Password").fill("wrong")
    page.get_by_label("New Password").first.fill("1")
    page.get_by_label("New Password (again)").fill("2")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    sound(page)


def test_the_form_behind_the_mailed_link_is_sound(page, sound, scene):
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill(scene.producer.manager.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    page.goto(re.findall(r"https?://\S+/reset/key/\S+", mail.outbox[0].body)[0])
    sound(page)


def failing(*_, **__):
    raise RuntimeError("provoked by a test")


@pytest.mark.parametrize(
    ("caller", "status", "address"),
    [
        ("owner", 400, "/t/4471021/inbox/?" + "many=1&" * 2000),
        ("owner reader", 403, "/t/4471021/images/prune/confirm/"),
        ("owner", 403, "/admin/"),
        ("anonymous", 404, "/nowhere/"),
        ("owner", 404, "/t/4471021/images/00000000-0000-4000-8000-000000000000/"),
        ("owner", 422, "/t/4471021/images/?show=nonsense"),
        ("anonymous", 429, "/accounts/password/reset/"),
        ("owner", 500, "/t/4471021/help/"),
        ("nobody's", 200, "/"),
    ],
)
def test_an_error_page_is_sound(
    new_page, sound, scene, settings, monkeypatch, problems, caller, status, address
):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "0/m/ip"}
    monkeypatch.setattr(home, "render", failing if status == 500 else render)
    user = UserFactory() if caller == "nobody's" else user_of(scene, caller)
    page = new_page(user)
    answer = page.goto(address)
    if status == 429:
        page.get_by_label("Email").fill("manager@producer.example")
        with page.expect_navigation() as sent:
            page.get_by_role("button", name="Send the link").click()
        answer = sent.value
    assert answer.status == status
    problems[:] = [line for line in problems if not line.startswith("500 for")]
    sound(page)


def test_a_form_that_comes_too_late_gets_a_sound_page(new_page, sound, scene):
    address = f"/t/5083310/images/{scene.image.pk}/"
    page = new_page(scene.pending.manager, address)
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("is out of date")).to_be_visible()
    sound(page)
    page.goto(address)
    Membership.objects.all().delete()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    sound(page)

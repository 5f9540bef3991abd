"""Two hosts of one portal behind a proxy without sticky sessions: every next request goes to the other one.

They share database, keys, UPLOAD_DIR and IMAGE_STORE; each has its own VAR_DIR.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.conf import global_settings
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse

from portal import settings as production
from sharing.models import Membership, Upload
from tests.api.signing_in import TOKENS, by_password
from tests.crashing import database_url
from tests.factories import PASSWORD, ImageFactory
from tests.imported import RAW, queued
from tests.pages import told
from tests.serving import Portal
from tests.tus import CHUNK
from tests.visiting import BEHIND_PROXY, Visitor

pytestmark = pytest.mark.django_db(transaction=True)
SIGN_IN = "/accounts/login/"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def hosts(django_db_setup, tmp_path_factory) -> Iterator[list[int]]:
    """The ports of both."""
    shared = tmp_path_factory.mktemp("shared")
    with ExitStack() as stack:
        portals = []
        for name in ("first", "second"):
            portal = Portal(tmp_path_factory.mktemp(name), database_url(), production.SECRET_KEY)
            portal.environment |= BEHIND_PROXY | {
                "UPLOAD_DIR": str(shared / "uploads"),
                "IMAGE_STORE": str(shared / "images"),
            }
            portal.collect_static()
            portals.append(portal)
        yield [stack.enter_context(portal.running()).port for portal in portals]


@pytest.fixture(autouse=True)
def counters_of_rate_limits(db, settings):
    """In the database, as the hosts count; none left over."""
    settings.CACHES = production.CACHES
    call_command("createcachetable", verbosity=0)
    cache.clear()


@pytest.fixture
def signing_in(settings, hosts):
    """Gives the manager a password that the hosts know how to check; returns its browser, at the sign-in page."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS

    def visit(party):
        party.manager.set_password(PASSWORD)
        party.manager.save()
        visitor = Visitor(*hosts)
        return visitor, visitor.page(SIGN_IN).one("main form")

    return visit


def visiting(party, hosts):
    return Visitor(*hosts, session=party.client().session.session_key)


def test_who_signs_in_at_one_host_is_signed_in_at_the_other(producer, hosts, signing_in):
    visitor, form = signing_in(producer)

    start = visitor.send(form, login=producer.manager.email, password=PASSWORD)

    assert producer.id in start.words
    for _ in hosts:
        assert visitor.ask("GET", reverse("inbox", args=[producer.id])).status == 200


def test_an_offer_made_at_one_host_is_told_and_accepted_at_the_other(producer, consumer, hosts):
    image = ImageFactory(owner=producer.tenant, name="Golden Debian")
    owner, member = visiting(producer, hosts), visiting(consumer, hosts)
    page = reverse("image", args=[producer.id, image.pk])
    offer = owner.page(page).one(f"form[action={reverse('offer', args=[producer.id, image.pk])}]")

    results = owner.send(offer, tenant_ids=consumer.id).texts("#members .results li")

    assert results == [f"{consumer.id}: offered"]
    accept = reverse("accept", args=[consumer.id])
    card = member.page(reverse("inbox", args=[consumer.id])).one("article")
    assert "Accepted Golden Debian" in member.send(card.one(f"form[action={accept}]")).words
    assert Membership.objects.get().status == "accepted"
    for _ in hosts:
        assert "Accepted" in owner.page(page).one("#members table").words


def test_a_message_is_shown_by_the_host_that_the_redirect_leads_to(producer, hosts):
    image = ImageFactory(owner=producer.tenant)
    owner = visiting(producer, hosts)
    page = owner.page(reverse("image", args=[producer.id, image.pk]))

    shown = owner.send(page.one("#protection"))

    assert told(shown) == ["Protected: it cannot be deleted until you lift the protection."]


def test_a_token_of_one_host_is_good_at_the_other_and_dead_at_both_once_revoked(
    consumer, hosts, signing_in
):
    program, _ = signing_in(consumer)
    body = json.dumps(by_password(consumer)).encode()
    token = program.ask("POST", TOKENS, body, JSON).headers["X-Subject-Token"]
    shown = {"X-Auth-Token": token, "X-Subject-Token": token}

    used = [program.ask("GET", "/image/v2/images", headers=shown).status for _ in hosts]
    revoked = program.ask("DELETE", TOKENS, headers=shown).status
    after = [program.ask("GET", "/image/v2/images", headers=shown).status for _ in hosts]

    assert (used, revoked, after) == ([200, 200], 204, [401, 401])


def test_an_upload_goes_on_at_the_other_host_and_both_hand_its_data_out(producer, hosts):
    image = queued(producer)
    owner = visiting(producer, hosts)
    owner.page(reverse("image", args=[producer.id, image.pk]))
    tus = {"Tus-Resumable": "1.0.0", "X-CSRFToken": owner.cookies["csrftoken"]}
    uploads = reverse("uploads", args=[producer.id, image.pk])
    begun = owner.ask("POST", uploads, headers=tus | {"Upload-Length": str(len(RAW))})
    parts = range(0, len(RAW), len(RAW) // 4)

    for start in parts:
        stands = owner.ask("HEAD", begun.headers["Location"], headers=tus)
        assert stands.headers["Upload-Offset"] == str(start)
        # Without this request each host would be asked for one thing alone.
        owner.ask("GET", "/")
        here = tus | {"Content-Type": CHUNK, "Upload-Offset": str(start)}
        piece = RAW[start : start + parts.step]
        assert owner.ask("PATCH", begun.headers["Location"], piece, here).status == 204

    assert not Upload.objects.exists()
    data = reverse("data", args=[producer.id, image.pk])
    assert [owner.ask("GET", data).content for _ in hosts] == [RAW, RAW]


def test_wrong_passwords_are_counted_over_all_hosts(consumer, hosts, signing_in):
    visitor, form = signing_in(consumer)
    for _ in range(5):
        form = visitor.send(form, login=consumer.manager.email, password="wrong").one("main form")

    page = visitor.send(form, login=consumer.manager.email, password=PASSWORD)

    assert page.texts(".errorlist") == ["Too many failed login attempts. Try again later."]


def test_the_style_that_a_page_of_one_host_names_is_at_the_other(hosts):
    visitor = Visitor(*hosts)
    style = visitor.page(SIGN_IN).one("link[rel=stylesheet]")["href"]

    assert [visitor.ask("GET", style).status for _ in hosts] == [200, 200]

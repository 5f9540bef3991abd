"""The page of an offer to a tenant that exists is, byte for byte, the page of one to a tenant that does not."""

import re

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.checklist import ITEMS
from sharing.models import Event, Image, Membership
from tests.factories import ImageFactory, TenantUserFactory
from tests.pages import HTMX
from tests.scene import without_token
from tests.test_no_discovery import statements

pytestmark = pytest.mark.django_db
NOBODY = "5083311"
HOW = pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])


@pytest.fixture
def existing(consumer):
    """With users and images, and the same length of ID."""
    TenantUserFactory.create_batch(5, tenant=consumer.tenant)
    ImageFactory(owner=consumer.tenant)
    assert len(consumer.id) == len(NOBODY)
    return consumer.id


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, checklist_confirmed_at=None)


def masked(answer, member_id):
    """The page without what differs for every offer: ID, row's key, time, token."""
    text = without_token(answer).replace(member_id, "MEMBER")
    return re.sub(r'\d{1,2} \w{3,9} \d{4}(, [\d:]+)?|datetime="[^"]*"', "TIME", text)


def headers(answer):
    return {name: value for name, value in answer.headers.items() if name != "Expires"}


class TestPage:
    @pytest.fixture
    def told(self, producer, image):
        """Does the same to the image for a member, from the same start: all that the owner then gets, and the SQL."""
        client = producer.client()

        def do(verb, member_id, how, **data):
            with statements() as sent:
                answer = client.post(reverse(verb, args=[producer.id, image.pk]), data, **how)
            assert sent
            pages = [answer]
            for name in ("image", "images", "activity"):
                args = [producer.id, image.pk] if name == "image" else [producer.id]
                pages.append(client.get(reverse(name, args=args)))
            told = [(page.status_code, headers(page), masked(page, member_id)) for page in pages]
            Membership.objects.all().delete()
            Event.objects.all()._raw_delete(Event.objects.db)
            Image.objects.update(checklist_confirmed_at=None)
            return told, sent

        return do

    @HOW
    def test_of_an_offer(self, told, existing, how):
        first = {"note": "As agreed.", **dict.fromkeys(ITEMS, "on")}

        assert told("offer", existing, how, tenant_ids=existing, **first) == told(
            "offer", NOBODY, how, tenant_ids=NOBODY, **first
        )

    @HOW
    @pytest.mark.parametrize(
        ("verb", "field"), [("offer", "tenant_ids"), ("withdraw", "member"), ("prune", "x")]
    )
    def test_of_what_follows_an_offer(self, told, producer, image, existing, verb, field, how):
        def after_an_offer(member_id):
            handshake.offer(image, [member_id], checklist=True, by=producer.by)
            return told(verb, member_id, how, **{field: member_id})

        assert after_an_offer(existing) == after_an_offer(NOBODY)

    @HOW
    def test_of_an_offer_to_both_at_once(self, told, producer, image, existing, how):
        def both(*ids):
            pages, _ = told(
                "offer", "", how, tenant_ids=" ".join(ids), **dict.fromkeys(ITEMS, "on")
            )
            return [(page[0], page[1]) for page in pages]

        assert both(existing, NOBODY) == both(NOBODY, existing)

    def test_of_the_question_before_a_withdrawal(self, producer, image, existing):
        client = producer.client()
        handshake.offer(image, [existing, NOBODY], by=producer.by)

        def question(member_id):
            address = reverse("confirm-withdraw", args=[producer.id, image.pk])
            return masked(client.get(address, {"member": member_id}), member_id)

        assert question(existing) == question(NOBODY)


def test_nothing_that_the_owner_sees_afterwards_tells_them_apart(producer, image, existing):
    handshake.offer(image, [existing, NOBODY], note="As agreed.", by=producer.by)
    client = producer.client()

    for name in ("image", "activity"):
        args = [producer.id, image.pk] if name == "image" else [producer.id]
        page = client.get(reverse(name, args=args)).content.decode()
        rows = re.findall(r"<tr data-row.*?</tr>", page, re.DOTALL)

        shown = {
            re.sub(rf"{existing}|{NOBODY}|\d\d:\d\d(:\d\d)?|datetime=\S+", "", row) for row in rows
        }
        assert (len(rows), len(shown)) == (2, 1)


def test_rows_and_events_are_the_same_but_for_the_id(producer, image, existing):
    client = producer.client()
    for member_id in (existing, NOBODY):
        typed = {"tenant_ids": member_id, "note": "As agreed.", "checksum": image.checksum}
        data = typed | dict.fromkeys(ITEMS, "on")
        client.post(reverse("offer", args=[producer.id, image.pk]), data)

    for rows in (Membership.objects.all(), Event.objects.filter(verb="offered")):
        taken = {"id", "member_id", "offer_id", "created_at", "at"}
        kept = [{name: row[name] for name in row.keys() - taken} for row in rows.values()]
        assert len(kept) == 2
        assert kept[0] == kept[1]

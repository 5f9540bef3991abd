"""Each list page costs the same number of queries with one row and with sixty, and reads nothing lazily."""

from urllib.parse import urljoin
from uuid import uuid4

import pytest
from django.core.exceptions import FieldFetchBlocked
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sharing.models import Event, Image, ImageTag, Membership, TenantUser
from tests.factories import (
    CredentialFactory,
    ImageFactory,
    MembershipFactory,
    TenantFactory,
    TenantUserFactory,
)
from tests.pages import HTMX, read

pytestmark = pytest.mark.django_db
# Session, user, role with tenant; the waiting offers, for the frame.
FRAME = 4
# The first page of the offers that wait has counted them itself.
BADGE = 1
# To switch to, for whoever acts for several.
OTHER_TENANTS = 1
# Bytes stored, bytes on their way, images: in one.
QUOTA = 1


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


def offered(tenant_id, number):
    """Offers of images that each have an owner, tags and a parent of their own."""
    for status in Membership.Status.values:
        for _ in range(number):
            parent = ImageFactory(owner_id=tenant_id)
            image = ImageFactory(owner=TenantFactory(), base_image_ref=parent.pk)
            ImageTag.objects.create(image=image, name="gold")
            MembershipFactory(image=image, member_id=tenant_id, status=status)


def own(tenant_id, number):
    for _ in range(number):
        image = ImageFactory(owner_id=tenant_id)
        ImageTag.objects.create(image=image, name="gold")
        MembershipFactory(image=image, status="rejected")


def events(tenant_id, number):
    Event.objects.bulk_create(
        Event(
            verb="offered",
            image_id=uuid4(),
            owner_id=tenant_id,
            member_id=str(n),
            actor="x",
        )
        for n in range(number)
    )


def credentials(tenant_id, number):
    """Credentials of the manager, each for a tenant of its own."""
    manager = TenantUser.objects.get(tenant=tenant_id, role="manager").user
    for _ in range(number):
        CredentialFactory(holder=TenantUserFactory(user=manager, role="manager"))


def rows_of(page, selector):
    return len(read(page).all(selector))


PAGES = {
    "inbox": ("inbox", {}, offered, "article", FRAME - BADGE + 3),
    "inbox, answered": ("inbox", {"status": "accepted"}, offered, "article", FRAME + 3),
    # Neither tags nor what the images were made from.
    "inbox, rejected": ("inbox", {"status": "rejected"}, offered, "article", FRAME + 1),
    "images": ("images", {}, own, "tbody tr", FRAME + 4 + QUOTA),
    "images, shared": ("images", {"show": "shared"}, offered, "tbody tr", FRAME + 4),
    "images, found": ("images", {"q": "image", "sort": "name"}, own, "tbody tr", FRAME + 4 + QUOTA),
    "activity": ("activity", {}, events, "tbody tr", FRAME + 2),
    "credentials": ("credentials", {}, credentials, "tbody tr", FRAME + OTHER_TENANTS + 3),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_list_page_has_its_number_of_queries_however_many_rows(
    producer, django_assert_num_queries, case
):
    name, query, fill, selector, number = PAGES[case]
    client, address = producer.client(), reverse(name, args=[producer.id])
    fill(producer.id, 1)
    with django_assert_num_queries(number):
        few = client.get(address, query)
    fill(producer.id, 59)
    with django_assert_num_queries(number):
        many = client.get(address, query)

    assert (rows_of(few, selector), rows_of(many, selector)) == (1, 25)


@pytest.mark.parametrize("query", [{}, {"status": "pending"}])
def test_the_members_list_has_its_number_of_queries_however_many_members(
    producer, image, django_assert_num_queries, query
):
    client, address = producer.client(), reverse("image", args=[producer.id, image.pk])
    MembershipFactory(image=image)
    with django_assert_num_queries(FRAME + 5):
        few = client.get(address, query)
    MembershipFactory.create_batch(59, image=image)
    with django_assert_num_queries(FRAME + 5):
        many = client.get(address, query)

    assert (rows_of(few, "#members tbody tr"), rows_of(many, "#members tbody tr")) == (1, 25)


def test_what_members_may_export_later_costs_a_query_for_each_generation_that_images_were_made_from(
    producer, django_assert_num_queries
):
    client, address = producer.client(), reverse("inbox", args=[producer.id])
    for number in (1, 20):
        for _ in range(number):
            owner = TenantFactory()
            first = ImageFactory(owner=owner)
            second = ImageFactory(owner=owner, base_image_ref=first.pk)
            last = ImageFactory(owner=owner, base_image_ref=second.pk, redistributable=True)
            MembershipFactory(image=last, member_id=producer.id)
        # The offers, tags, what the tenant sees of the parents; and both generations.
        with django_assert_num_queries(FRAME - BADGE + 3 + 2):
            page = client.get(address)

    assert rows_of(page, "article") == 21


@pytest.mark.parametrize("case", PAGES)
def test_a_page_in_the_middle_costs_what_the_first_costs(producer, case):
    name, query, fill, _, _ = PAGES[case]
    client, address = producer.client(), reverse(name, args=[producer.id])
    fill(producer.id, 60)

    def cost(path):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path, query if path == address else {})
        return len(captured), answer

    first, answer = cost(address)
    second, _ = cost(urljoin(address, read(answer).one("a[rel=next]")["href"]))

    assert second - first == (BADGE if case == "inbox" else 0)
    assert not any("OFFSET" in query["sql"] for query in connection.queries_log)


@pytest.mark.parametrize(
    ("name", "shown", "fill"),
    [
        ("inbox", "offers", offered),
        ("images", "images", own),
        ("activity", "events", events),
        ("credentials", "credentials", credentials),
    ],
)
def test_the_rows_of_a_list_refuse_to_be_read_lazily(producer, name, shown, fill):
    fill(producer.id, 2)

    answer = producer.client().get(reverse(name, args=[producer.id]))

    rows = answer.context[shown]
    assert rows
    assert all(row._state.fetch_mode is models.FETCH_RAISE for row in rows)


def test_the_rows_of_a_members_list_refuse_to_be_read_lazily(producer, image):
    MembershipFactory(image=image)

    answer = producer.client().get(reverse("image", args=[producer.id, image.pk]))

    [row] = answer.context["members"]
    with pytest.raises(FieldFetchBlocked):
        assert row.image


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_answering_many_costs_the_queries_of_answering_one(producer, verb):
    offered(producer.id, 31)
    offers = [offer.pk for offer in Membership.objects.of_member(producer.id).pending()]
    client = producer.client()

    def cost(ids):
        with CaptureQueriesContext(connection) as captured:
            client.post(reverse(verb, args=[producer.id]), {"offer": ids, "tab": "pending"})
        return len(captured)

    assert cost(offers[:1]) == cost(offers[1:])


def test_offering_to_many_by_the_form_costs_the_queries_of_offering_to_one(producer, image):
    client = producer.client()

    def cost(ids):
        with CaptureQueriesContext(connection) as captured:
            client.post(
                reverse("offer", args=[producer.id, image.pk]),
                {"tenant_ids": " ".join(ids)},
                headers=HTMX,
            )
        return len(captured)

    assert cost(["1"]) == cost([str(n) for n in range(2, 502)])
    assert Image.objects.get().memberships.count() == 501

"""Statements that are made once give what the ORM gives."""

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import FETCH_RAISE

from sharing import reads
from sharing.models import Image, Membership
from sharing.models.prepared import Prepared, by_value
from sharing.models.statements import Count
from tests.factories import ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@Prepared
def pending(member_id: str, *, most: int) -> Count[int]:
    return Count(Membership.objects.of_member(member_id).pending()[:most])


@Prepared
def counted(member_id: str, status: str) -> Count[int]:
    return Count(Membership.objects.of_member(member_id).filter(status=status))


def test_a_count_is_of_the_rows_that_the_queryset_would_give():
    MembershipFactory.create_batch(3, member_id="5083310")
    MembershipFactory(member_id="5083310", status="rejected")

    assert pending("5083310", most=10) == [3]
    assert pending("5083310", most=2) == [2]
    assert pending("6120047", most=10) == [0]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite plans each statement anew")
@pytest.mark.skipif(bool(settings.DATABASE_POOLER), reason="a pooler's sessions keep nothing")
def test_it_is_prepared_and_planned_once_and_nothing_else_is():
    # Among many rows PostgreSQL would plan it anew, of itself: a plan for all members is reckoned dearer.
    for status in ("pending", "accepted", "rejected"):
        for _ in range(10):
            assert counted("5083310", status) == [0]
            assert by_value(counted.__wrapped__)("5083310", status) == [0]
            Membership.objects.of_member("5083310").filter(status=status).count()

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements")
        [(statement, generic, custom)] = cursor.fetchall()

    assert "$2" in statement
    assert (generic > 0, custom) == (True, 0)


def test_related_objects_come_along(producer, django_assert_num_queries):
    user = producer.reader
    with django_assert_num_queries(1):
        found = reads.role.first(user.pk, producer.id)
        assert (found.tenant, found.role) == (producer.tenant, "reader")
    assert reads.role.first(user.pk, "6120047") is None


def test_annotations_come_along(producer):
    image = ImageFactory(owner=producer.tenant)
    for status, number in (("pending", 2), ("accepted", 1)):
        MembershipFactory.create_batch(number, image=image, status=status)

    found = reads.image_rows(producer.id, [image.pk])[image.pk]

    assert (found, found._state.fetch_mode) == (image, FETCH_RAISE)
    assert found.counts == (2, 1, 0)


def test_a_listing_gives_the_pages_of_its_arms_both_ways(producer):
    ImageFactory.create_batch(30, owner=producer.tenant)
    for order in (("words", "id"), ("-created_at", "-id"), ("size", "id")):
        wanted = list(Image.objects.order_by(*order).values_list("pk", flat=True))

        def page(cursor, order=order):
            return reads.images_of.page(producer.id, order=order, cursor=cursor, show="all")

        first = page("")
        second = page(first.after)
        assert first.keys + second.keys == wanted
        assert page(second.before).keys == first.keys

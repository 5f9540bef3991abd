"""The admin at a million rows: no list counts, loads or offers without an end."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from sharing.admin.bounded import COUNT_CAP, FOUND_CAP
from sharing.models import ApplicationCredential, Event, Image, Membership, Tenant, User
from tests.factories import (
    CredentialFactory,
    ImageFactory,
    MembershipFactory,
    TenantFactory,
    UserFactory,
)
from tests.operating import list_url, page_of, run
from tests.pages import read

pytestmark = pytest.mark.django_db
SEARCHES = [(Image, "image"), (Membership, "4471021"), (Event, "4471021"), (Tenant, "70")]
MODELS = [ApplicationCredential, Event, Group, Image, Membership, Tenant, User]


def make(model: type, number: int) -> None:
    if model is Event:
        Event.objects.bulk_create(
            Event(verb="offered", image_id=uuid4(), owner_id="4471021", actor="x")
            for _ in range(number)
        )
    elif model is Group:
        Group.objects.bulk_create(Group(name=f"{Group.objects.count() + n}") for n in range(number))
    else:
        factories = {
            ApplicationCredential: CredentialFactory,
            Image: ImageFactory,
            Membership: MembershipFactory,
            Tenant: TenantFactory,
            User: UserFactory,
        }
        factories[model].create_batch(number)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("query", [{}, {"_popup": "1"}, {"p": "1"}], ids=str)
def test_a_list_takes_four_queries_however_many_rows_it_shows(
    operator_client, django_assert_num_queries, model, query
):
    for number in (3, 20):
        make(model, number)
        with django_assert_num_queries(4):  # session, user, count, rows
            operator_client.get(list_url(model), query)


@pytest.mark.parametrize(
    ("few", "index"),
    [
        ({"is_staff": True}, "user_staff"),
        ({"is_superuser": True}, "user_superuser"),
        ({"is_active": False}, "user_inactive"),
    ],
)
def test_the_few_users_that_a_filter_leaves_are_found_by_an_index(few, index):
    UserFactory.create_batch(200)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in User.objects.filter(**few).order_by("email").explain()


@pytest.mark.parametrize(("model", "term"), SEARCHES)
def test_a_search_takes_seven_queries_at_most_however_many_rows_it_finds(
    producer, operator_client, django_assert_max_num_queries, model, term
):
    image = ImageFactory(owner=producer.tenant)
    for number in (3, 20):
        make(model, number)
        if model is Membership:
            MembershipFactory.create_batch(number, image=image)
        with django_assert_max_num_queries(7):
            answer = operator_client.get(list_url(model), {"q": term})
        assert answer.context["cl"].result_count >= number


@pytest.mark.parametrize("model", [Image, Membership])
def test_the_query_count_of_a_records_page_does_not_grow(
    producer, operator_client, django_assert_max_num_queries, model
):
    image = ImageFactory(owner=producer.tenant)
    for number in (3, 20):
        MembershipFactory.create_batch(number, image=image)
        image.tags.create(name=str(number))
        address = page_of(model.objects.last())
        with django_assert_max_num_queries(10):
            operator_client.get(address)


@pytest.fixture
def many(producer):
    """More memberships of one image than a list counts."""
    image = ImageFactory(owner=producer.tenant)
    Membership.objects.bulk_create(
        Membership(image=image, member_id=str(8_000_000 + n), offered_by="x")
        for n in range(COUNT_CAP + 50)
    )
    return image


def test_a_list_counts_and_pages_through_the_first_thousand_rows(many, operator_client):
    answer = operator_client.get(list_url(Membership))

    assert (
        "The first 1000 memberships: search or filter to reach the others"
        in answer.content.decode()
    )
    assert answer.context["cl"].paginator.num_pages == 20
    assert operator_client.get(list_url(Membership), {"p": "20"}).status_code == 200
    assert operator_client.get(list_url(Membership), {"p": "21"}).status_code == 302


def test_a_search_that_finds_many_shows_some_and_says_so(many, operator_client):
    answer = operator_client.get(list_url(Membership), {"q": "4471021"})

    assert "More than 100 match: these are some of them." in answer.content.decode()
    assert answer.context["cl"].result_count == FOUND_CAP
    shown = answer.context["cl"].result_list
    assert [row.pk for row in shown] == sorted((row.pk for row in shown), reverse=True)


def test_a_search_beyond_the_cap_keeps_within_the_filter(many, operator_client):
    oldest = Membership.objects.order_by("id").first()
    Membership.objects.filter(pk=oldest.pk).update(status="rejected")

    answer = operator_client.get(
        list_url(Membership), {"q": "4471021", "status__exact": "rejected"}
    )

    assert list(answer.context["cl"].result_list) == [oldest]


def test_what_lies_beyond_the_cap_is_found(many, operator_client):
    oldest = Membership.objects.order_by("id").first()

    answer = operator_client.get(list_url(Membership), {"q": oldest.member_id})

    assert list(answer.context["cl"].result_list) == [oldest]


def test_no_list_counts_without_a_limit(many, operator_client, django_assert_num_queries):
    with django_assert_num_queries(4) as queries:
        operator_client.get(list_url(Membership))

    [count] = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert f"LIMIT {COUNT_CAP + 1}" in count
    assert all("LIMIT" in query["sql"] or "WHERE" in query["sql"] for query in queries)


@pytest.mark.parametrize(("model", "in_order"), [(Membership, True), (Image, False), (User, False)])
def test_only_memberships_are_counted_in_the_order_of_their_list(
    operator_client, django_assert_num_queries, model, in_order
):
    with django_assert_num_queries(4) as queries:
        operator_client.get(list_url(model))

    [count] = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert ("ORDER BY" in count) == in_order
    assert "JOIN" not in count


def test_an_action_never_takes_rows_that_were_not_ticked(producer, operator_client):
    ticked, _ = ImageFactory.create_batch(2, owner=producer.tenant)

    page = operator_client.get(list_url(Image)).content.decode()
    run(operator_client, Image, "put_on_hold", [ticked.pk], select_across="1")

    assert "Select all" not in re.sub(r'aria-label="[^"]*"', "", page)
    assert list(Image.objects.filter(on_hold=True)) == [ticked]


@pytest.mark.parametrize(
    "address", ["/admin/sharing/membership/add/", "/admin/sharing/tenant/add/"]
)
def test_no_drop_down_lists_rows(producer, operator_client, address):
    ImageFactory.create_batch(3, owner=producer.tenant, name="in a drop-down")

    page = operator_client.get(address).content.decode()

    for row in ("in a drop-down", producer.manager.email, producer.tenant.name):
        assert row not in page


def test_a_later_page_shows_the_rows_that_follow_in_their_order(operator_client):
    rows = MembershipFactory.create_batch(60)
    shown = read(operator_client.get(list_url(Membership), {"p": "2"}))
    expected = [row.member_id for row in sorted(rows, key=lambda row: -row.pk)[50:]]
    assert shown.texts("#result_list td.field-member_id") == expected


def test_a_search_says_how_many_it_found(operator_client):
    TenantFactory.create_batch(60, name="Fieldstone")
    shown = read(operator_client.get(list_url(Tenant), {"q": "fieldstone"}))
    assert "60 tenants" in shown.words

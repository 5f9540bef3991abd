"""The owner's list of an image's members: statuses, filter, pages."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.urls import reverse

from sharing.models import Membership
from sharing.paging import PAGE_SIZE, rows_after
from sharing.reads import members_of
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import read

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values
OFFERED, ANSWERED = datetime(2026, 5, 3, 12, tzinfo=UTC), datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


def members(producer, image, **query):
    answer = producer.client().get(reverse("image", args=[producer.id, image.pk]), query)
    assert answer.status_code == 200
    return read(answer).one("#members")


def rows(part):
    return part.texts("tbody th")


def member(image, member_id, status="pending", **how):
    MembershipFactory(image=image, member_id=member_id, status=status, created_at=OFFERED, **how)


def test_a_row_tells_status_since_when_and_note(producer, image):
    member(image, "1", note="As\nagreed.")
    member(image, "2", "accepted", answered_at=ANSWERED)

    [later, first] = [
        {cell["data-label"]: cell.words for cell in row.all("td") if cell["data-label"] in ("Status", "Since", "Note")}
        for row in members(producer, image).all("tbody tr")
    ]  # fmt: skip
    assert first == {"Status": "Pending", "Since": "3 May 2026, 12:00", "Note": "As agreed."}
    assert later == {"Status": "Accepted", "Since": "4 May 2026, 09:30", "Note": "–"}


def test_the_counts_stand_above_in_words(producer, image):
    for n, status in enumerate(["accepted", "accepted", "pending", "rejected"]):
        member(image, str(n), status)

    assert (
        members(producer, image).one(".counts-words").words
        == "offered 4, accepted 2, pending 1, rejected 1"
    )


@pytest.mark.parametrize("status", STATUSES)
def test_a_filter_shows_one_status(producer, image, status):
    for n, other in enumerate(STATUSES):
        member(image, str(n), other)

    part = members(producer, image, status=status)

    assert rows(part) == [str(STATUSES.index(status))]
    assert part.texts(".tabs a[aria-current=page]") == [status.capitalize()]
    assert rows(members(producer, image)) == ["2", "1", "0"]


def test_a_filter_without_a_member_says_so_and_leads_back(producer, image):
    member(image, "1")

    part = members(producer, image, status="rejected")

    assert part.one(".empty").words == "No member is rejected."
    assert part.texts(".tabs a") == ["All", "Pending", "Accepted", "Rejected"]


def test_an_image_nobody_was_offered_says_what_to_do_next(producer, image):
    part = members(producer, image)

    assert part.one(".empty").words.startswith("Not offered to anybody yet.")
    assert not part.all("table")
    assert not part.all(".tabs")


def test_prune_is_there_when_there_is_something_to_prune(producer, image):
    member(image, "1", "accepted")
    assert "Prune" not in members(producer, image).words

    member(image, "2", "rejected")

    links = {link.words: link["href"] for link in members(producer, image).all("a.button")}
    assert links["Prune 1 rejected"] == reverse("confirm-prune", args=[producer.id, image.pk])


def test_one_several_or_all_are_withdrawn_from_here_each_after_a_question(producer, image):
    member(image, "1")

    part = members(producer, image)

    question = reverse("confirm-withdraw", args=[producer.id, image.pk])
    assert (part.one("#bulk")["method"], part.one("#bulk")["action"]) == ("get", question)
    assert part.texts("#bulk button") == ["Withdraw chosen", "Withdraw all"]
    assert part.one("#bulk input[name=member]")["value"] == "1"
    assert part.one("tbody a")["href"] == f"{question}?member=1"


@pytest.mark.parametrize("status", ["", "rejected"])
def test_pages_lead_forwards_and_back_and_keep_the_filter(producer, image, status):
    for n in range(60):
        member(image, str(n), "rejected")
    client, address = producer.client(), reverse("image", args=[producer.id, image.pk])
    pages = [members(producer, image, status=status)]
    for way in ("next", "next", "prev", "prev"):
        link = pages[-1].one(f".pager a[rel={way}]")["href"]
        assert f"status={status}" in link
        pages.append(read(client.get(address + link)).one("#members"))

    assert [row for page in pages[:3] for row in rows(page)] == [
        str(n) for n in reversed(range(60))
    ]
    assert [rows(page) for page in pages[3:]] == [rows(page) for page in pages[1::-1]]
    assert len(rows(pages[0])) == PAGE_SIZE


@pytest.mark.parametrize("order", ["id", "-id"])
@pytest.mark.parametrize("status", ["", "pending"])
def test_a_page_goes_by_the_index_of_the_image_whatever_share_of_all_memberships_it_has(
    producer, order, status
):
    image, other = ImageFactory.create_batch(2, owner=producer.tenant)
    for one, member_ids in ((other, range(2000)), (image, range(1000)), (other, range(2000, 4000))):
        Membership.objects.bulk_create(
            Membership(image=one, member_id=str(7_000_000 + member), offered_by="x")
            for member in member_ids
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sharing_membership")
    [rows] = members_of.arms(image.pk, status=status)

    page = rows_after([rows], [order], (), 26)

    found = [key for (key,) in page]
    assert found == sorted(found, reverse=order == "-id")
    plan = page.explain()
    # A partition has names of its own.
    assert re.search("membership_(of_image|by_status)|image_id_(status_)?id_idx", plan)
    assert "Sort" not in plan

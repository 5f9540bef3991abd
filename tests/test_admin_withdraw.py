import pytest

from sharing import handshake
from sharing.models import Event, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.operating import list_url, operator_with, page_of, run, run_on_page, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


@pytest.fixture
def membership(image, consumer):
    return MembershipFactory(image=image, member_id=consumer.id)


@pytest.fixture
def rows(image):
    return [MembershipFactory(image=image, status=s) for s in ("accepted", "accepted", "rejected")]


@pytest.mark.parametrize("door", ["list", "page"])
def test_withdrawing_asks_first_naming_the_consequence(rows, operator_client, door):
    with unchanged():
        if door == "list":
            answer = run(operator_client, Membership, "withdraw", [row.pk for row in rows])
        else:
            answer = run_on_page(operator_client, rows[0], "withdraw")

    page = " ".join(answer.content.decode().split())
    assert answer.context["accepted"] == (2 if door == "list" else 1)
    assert "lose" in page
    assert "What the members built from it stays theirs." in page
    assert f"shared to {rows[0].member_id}" in page


def test_withdrawing_does_not_alarm_where_nobody_accepted(membership, operator_client):
    page = run(operator_client, Membership, "withdraw", [membership.pk]).content.decode()

    assert "None of them was accepted." in page


def test_withdrawing_once_confirmed_ends_them_on_all_their_images(rows, operator_client):
    elsewhere, stays = MembershipFactory(), MembershipFactory()
    chosen = [*rows, elsewhere]

    answer = run(
        operator_client,
        Membership,
        "withdraw",
        [row.pk for row in chosen],
        confirmed="Withdraw",
    )

    assert told(answer) == ["Withdrawn: 4 memberships."]
    assert Membership.objects.get() == stays
    assert set(Event.objects.values_list("verb", "member_id", "actor")) == {
        ("withdrawn", row.member_id, "operator@cloud.example") for row in chosen
    }


def test_withdrawing_one_from_its_page_ends_at_the_list(rows, operator_client):
    asked = run_on_page(operator_client, rows[0], "withdraw")

    assert asked.context["list"] == list_url(Membership)
    assert asked.context["back"] == page_of(rows[0])


def test_withdrawing_what_was_withdrawn_meanwhile_is_told(membership, operator_client):
    key = membership.pk
    membership.delete()

    with unchanged():
        answer = run(operator_client, Membership, "withdraw", [key], confirmed="Withdraw")

    assert told(answer) == ["There was nothing left to withdraw."]


def test_withdrawing_too_late_for_one_image_still_ends_the_others(
    rows, operator_client, monkeypatch
):
    other = MembershipFactory()
    withdraw = handshake.withdraw

    def late(image, member_ids, *, by):
        if image == other.image:
            withdraw(image, member_ids, by=by)
        return withdraw(image, member_ids, by=by)

    monkeypatch.setattr(handshake, "withdraw", late)
    chosen = [row.pk for row in (*rows, other)]

    answer = run(operator_client, Membership, "withdraw", chosen, confirmed="Withdraw")

    refused, done = told(answer)
    assert refused.startswith(f"{other.image}: There was nothing left to withdraw")
    assert done == "Withdrawn: 3 memberships."


def test_withdrawing_is_not_for_an_operator_who_may_only_answer(membership):
    client = operator_with("view_membership", "change_membership")

    with unchanged():
        run(client, Membership, "withdraw", [membership.pk], confirmed="Withdraw")

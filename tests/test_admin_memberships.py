"""The operator's memberships: shown, and answered on the member's behalf."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Event, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.operating import list_url, operator_with, page_of, run, run_on_page, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
ANSWERS = [("accept", "accepted"), ("reject", "rejected"), ("postpone", "pending")]


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="Golden")


@pytest.fixture
def membership(image, consumer):
    return MembershipFactory(image=image, member_id=consumer.id)


def statuses() -> dict[str, str]:
    return dict(Membership.objects.values_list("member_id", "status"))


def test_the_list_tells_image_owner_member_status_and_since(
    membership, operator_client, by_operator
):
    handshake.answer([membership.pk], "accepted", by=by_operator)

    page = operator_client.get(list_url(Membership)).content.decode()

    for said in ("Golden", str(membership.image_id), "4471021", "5083310", "Accepted", "Since"):
        assert said in page


@pytest.mark.parametrize("term", ["{0.image_id}", "4471021", "5083310"])
def test_a_membership_is_found_by_image_uuid_owner_and_member(membership, operator_client, term):
    MembershipFactory(image__owner__id="7100001", member_id="44710210")

    answer = operator_client.get(list_url(Membership), {"q": term.format(membership)})

    assert list(answer.context["cl"].result_list) == [membership]


@pytest.mark.parametrize("status", Membership.Status.values)
def test_memberships_are_filtered_by_status(image, operator_client, status):
    rows = {s: MembershipFactory(image=image, status=s) for s in Membership.Status.values}

    answer = operator_client.get(list_url(Membership), {"status__exact": status})

    assert list(answer.context["cl"].result_list) == [rows[status]]


def test_a_search_keeps_within_the_filter(image, operator_client):
    MembershipFactory.create_batch(3, image=image, status="accepted")
    rejected = MembershipFactory(image=image, status="rejected")

    answer = operator_client.get(
        list_url(Membership), {"q": "4471021", "status__exact": "rejected"}
    )

    assert list(answer.context["cl"].result_list) == [rejected]


@pytest.mark.parametrize(("action", "status"), ANSWERS)
class TestAnswersOnBehalf:
    def test_are_given_to_many_in_one_call_as_the_operator(
        self, image, operator_client, action, status
    ):
        other = "pending" if status != "pending" else "accepted"
        rows = MembershipFactory.create_batch(2, image=image, status=other)
        same = MembershipFactory(image=image, status=status)
        gone = MembershipFactory(image=image)
        gone_key = gone.pk
        gone.delete()
        label = status.capitalize()

        answer = run(
            operator_client, Membership, action, [rows[0].pk, rows[1].pk, same.pk, gone_key]
        )

        assert told(answer) == [
            f"{label}: 2 memberships.", f"{label} already: 1 membership.", "Withdrawn meanwhile: 1 membership.",
        ]  # fmt: skip
        assert set(statuses().values()) == {status}
        assert {(e.member_id, e.actor, e.actor_tenant_id) for e in Event.objects.all()} == {
            (row.member_id, "operator@cloud.example", "") for row in rows
        }

    def test_are_given_to_one_on_its_page(self, image, operator_client, action, status):
        row = MembershipFactory(
            image=image, status="pending" if status != "pending" else "rejected"
        )

        answer = run_on_page(operator_client, row, action)

        assert told(answer) == [f"{status.capitalize()}: 1 membership."]
        assert Membership.objects.get().status == status

    def test_to_what_was_withdrawn_are_refused_with_a_sentence(
        self, membership, operator_client, action, status
    ):
        key = membership.pk
        membership.delete()

        with unchanged():
            answer = run(operator_client, Membership, action, [key])

        assert told(answer) == ["This offer was withdrawn meanwhile. Nothing was changed."]

    def test_are_not_for_an_operator_who_may_only_look(self, membership, action, status):
        client = operator_with("view_membership")

        with unchanged():
            run(client, Membership, action, [membership.pk])
            on_page = run_on_page(client, membership, action)

        assert on_page.status_code == 403


def test_a_row_that_left_the_filtered_list_meanwhile_is_answered_all_the_same(
    membership, operator_client, by_operator
):
    handshake.answer([membership.pk], "accepted", by=by_operator)
    body = {"action": "reject", "index": 0, "_selected_action": membership.pk}

    operator_client.post(f"{list_url(Membership)}?status__exact=pending", body)

    assert Membership.objects.get().status == "rejected"


def test_the_status_is_not_edited(membership, operator_client):
    with unchanged():
        answer = operator_client.post(page_of(membership), {"status": "accepted"})

    assert answer.status_code == 403
    assert 'name="status"' not in operator_client.get(page_of(membership)).content.decode()


def test_a_membership_is_not_deleted_but_withdrawn(membership, operator_client):
    with unchanged():
        answer = operator_client.post(
            reverse("admin:sharing_membership_delete", args=(membership.pk,)), {"post": "yes"}
        )
        run(operator_client, Membership, "delete_selected", [membership.pk], post="yes")

    assert answer.status_code == 403


def test_the_history_of_a_membership_is_the_events_of_the_pair(
    membership, operator_client, by_operator
):
    handshake.answer([membership.pk], "accepted", by=by_operator)
    handshake.offer(membership.image, ["6120047"], by=by_operator)

    answer = operator_client.get(
        reverse("admin:sharing_membership_history", args=(membership.pk,)), follow=True
    )

    assert [event.verb for event in answer.context["cl"].result_list] == ["accepted"]

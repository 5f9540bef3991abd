"""An owner learns nothing about whether a tenant exists; here at the handshake, below every door."""

import re
from contextlib import contextmanager

import pytest
from django.db import connection

from sharing import handshake
from sharing.models import Event, Membership
from tests.conftest import party
from tests.factories import ImageFactory, UserFactory

pytestmark = pytest.mark.django_db
NOBODY = "5083311"


@contextmanager
def statements():
    """Collects the SQL of every statement, without its values and the names of savepoints."""
    sent = []

    def note(execute, sql, params, many, context):
        sent.append(re.sub(r"s\d+_x\d+", "savepoint", sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


def offer(producer, member_id, **how):
    """An offer of a new image: its result, its row, its event and the SQL it took; without keys, times and the ID."""
    image = ImageFactory(owner=producer.tenant, name="debian-12", **how)
    with statements() as sent:
        [result] = handshake.offer(
            image, [member_id], note="As agreed.", checklist=True, by=producer.by
        )
    row = Membership.objects.values().get(image=image)
    event = Event.objects.values().get(image_id=image.pk, verb="offered")
    taken = {"id", "image_id", "member_id", "offer_id", "created_at", "at", "image_created_at"}
    return {
        "result": (result.outcome, result.standing),
        "row": {name: value for name, value in row.items() if name not in taken},
        "event": {name: value for name, value in event.items() if name not in taken},
        "sql": sent,
    }


@pytest.fixture
def existing(consumer):
    assert len(consumer.id) == len(NOBODY)
    return consumer.id


@pytest.mark.parametrize("first", [True, False], ids=["first offer", "checklist confirmed before"])
def test_an_offer_to_a_tenant_that_exists_and_to_one_that_does_not_are_the_same(
    producer, existing, first
):
    how = {"checklist_confirmed_at": None} if first else {}

    to_existing, to_nobody = offer(producer, existing, **how), offer(producer, NOBODY, **how)

    assert to_existing == to_nobody
    assert to_existing["row"]["status"] == "pending"


def test_an_offer_looks_up_no_tenant_and_no_user(producer, existing):
    sent = offer(producer, existing)["sql"]

    assert sent
    assert not [sql for sql in sent if "sharing_tenant" in sql or "sharing_user" in sql]


def test_many_ids_of_both_kinds_have_the_same_result(producer, existing):
    image = ImageFactory(owner=producer.tenant)

    results = handshake.offer(image, [existing, NOBODY], by=producer.by)

    assert {(r.outcome, r.standing) for r in results} == {(handshake.Outcome.OFFERED, None)}


@pytest.mark.parametrize("again", ["offer", "withdraw"])
def test_what_follows_an_offer_is_the_same_too(producer, existing, again):
    image = ImageFactory(owner=producer.tenant)
    handshake.offer(image, [existing, NOBODY], by=producer.by)

    def follow(member_id):
        with statements() as sent:
            if again == "offer":
                [result] = handshake.offer(image, [member_id], by=producer.by)
                return result.outcome, result.standing.status, sent
            return len(handshake.withdraw(image, [member_id], by=producer.by)), sent

    assert follow(existing) == follow(NOBODY)


def test_an_offer_to_nobody_waits_for_whoever_gets_that_id(producer, stranger):
    image = ImageFactory(owner=producer.tenant)
    handshake.offer(image, [NOBODY], by=producer.by)

    late = party(NOBODY, "Late")
    handshake.answer([Membership.objects.get().pk], "accepted", by=late.by)

    assert Membership.objects.get().status == "accepted"


def test_a_tenant_with_users_and_one_without_are_the_same(producer, existing):
    UserFactory.create_batch(3)

    assert offer(producer, existing)["sql"] == offer(producer, producer.id[::-1])["sql"]

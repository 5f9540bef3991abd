"""Withdraw, prune and delete of more rows than a piece takes: piece by piece, each a transaction of its own."""

from collections import Counter
from functools import partial
from threading import Event as Signal
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sharing import handshake
from sharing.errors import Gone, NotAllowed, Protected
from sharing.handshake import pieces
from sharing.models import Event, Image, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.racing import PATIENCE
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db
NUMBER = 8


@pytest.fixture(autouse=True)
def three_rows_a_piece(monkeypatch):
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 3)


@pytest.fixture
def image(producer):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory.create_batch(NUMBER, image=image, status="rejected")
    MembershipFactory(image__owner=producer.tenant, status="accepted")
    return image


@pytest.fixture
def begin(producer, image):
    """Begins a verb: gives its pieces."""
    return {
        "withdraw": partial(handshake.withdrawing, image, None, by=producer.by),
        "prune": partial(handshake.pruning, image=image, by=producer.by),
        "prune all": partial(handshake.pruning, by=producer.by),
        "delete": partial(handshake.deleting, image, by=producer.by),
    }


VERBS = pytest.mark.parametrize("verb", ["withdraw", "prune", "prune all", "delete"])


def told():
    return Counter(Event.objects.values_list("verb", flat=True))


@VERBS
def test_all_end_in_pieces_of_bounded_size_each_with_its_history(begin, image, verb):
    sizes = []
    for piece in begin[verb]():
        sizes.append(len(piece.ended))
        assert image.memberships.count() == NUMBER - sum(sizes)
        assert Event.objects.exclude(member_id="").count() == sum(sizes)

    assert sizes == ([3, 3, 2, 0] if verb == "delete" else [3, 3, 2])
    assert Membership.objects.get().status == "accepted"


@VERBS
def test_a_piece_costs_the_same_statements_however_many_there_are(begin, image, verb):
    costs = []
    run = begin[verb]()
    while True:
        with CaptureQueriesContext(connection) as captured:
            if next(run, None) is None:
                break
        costs.append(len(captured))

    # Savepoint, DELETE, the image's name or its lock, INSERT, savepoint. A deletion looks twice at first.
    assert costs[:3] == ([7, 5, 5] if verb == "delete" else [5, 5, 5])


@pytest.mark.parametrize("verb", ["prune", "prune all"])
def test_every_delete_of_a_prune_names_the_status(begin, verb):
    with CaptureQueriesContext(connection) as captured:
        list(begin[verb]())

    deletes = [q["sql"] for q in captured if "DELETE" in q["sql"]]
    assert len(deletes) == 3
    for statement in deletes:
        assert '"sharing_membership"."status" = \'rejected\'' in statement


@VERBS
def test_stopped_after_a_piece_the_rest_stands_and_can_be_gone_on_with(begin, image, verb):
    first = next(begin[verb]())
    assert (len(first.ended), first.last, image.memberships.count()) == (3, False, NUMBER - 3)
    assert Image.objects.filter(pk=image.pk).exists()

    rest = [len(piece.ended) for piece in begin[verb](below=first.below)]

    assert rest[:2] == [3, 2]
    assert not image.memberships.exists()


@VERBS
def test_nothing_happens_before_a_piece_is_asked_for(begin, verb):
    with unchanged():
        begin[verb]()


@VERBS
def test_who_may_not_is_refused_before_the_first_piece(consumer, image, verb):
    with refused(NotAllowed):
        {
            "withdraw": partial(handshake.withdrawing, image, None),
            "prune": partial(handshake.pruning, image=image),
            "prune all": partial(handshake.pruning, owner_id=image.owner_id),
            "delete": partial(handshake.deleting, image),
        }[verb](by=consumer.by)


@pytest.mark.parametrize("verb", ["prune", "prune all"])
def test_who_accepts_between_two_pieces_of_a_prune_is_kept(begin, image, consumer, verb):
    Membership.objects.filter(pk=image.memberships.earliest("pk").pk).update(member_id=consumer.id)
    own = image.memberships.get(member_id=consumer.id)
    run = begin[verb]()
    next(run)

    handshake.answer([own.pk], "accepted", by=consumer.by)

    assert [len(piece.ended) for piece in run] == [3, 1]
    assert image.memberships.get().status == "accepted"


def test_a_withdrawal_from_all_leaves_who_was_offered_it_since(begin, producer, image):
    run = begin["withdraw"]()
    next(run)
    handshake.offer(image, ["1", "2"], by=producer.by)

    assert [len(piece.ended) for piece in run] == [3, 2]
    assert sorted(image.memberships.values_list("member_id", flat=True)) == ["1", "2"]


def test_a_withdrawal_whose_rest_somebody_else_withdrew_is_done(begin, producer, image):
    run = begin["withdraw"]()
    next(run)
    handshake.withdraw(image, None, by=producer.by)

    assert [len(piece.ended) for piece in run] == [0]


def test_many_chosen_members_are_withdrawn_in_pieces(producer, image):
    chosen = list(image.memberships.values_list("member_id", flat=True))[:5]

    assert len(handshake.withdraw(image, [*chosen, "987"], by=producer.by)) == 5

    assert image.memberships.count() == 3


class TestDeleting:
    def test_withdraws_from_all_before_the_image_goes(self, begin, image):
        assert sum(len(piece.ended) for piece in begin["delete"]()) == NUMBER

        assert not Image.objects.filter(pk=image.pk).exists()
        assert told() == {"withdrawn": NUMBER, "deleted": 1}

    def test_of_just_a_piece_is_all_or_nothing(self, producer, image):
        for row in image.memberships.all()[3:]:
            row.delete()

        assert handshake.delete_image(image, by=producer.by) == 3
        assert told() == {"deleted": 3}

    @pytest.mark.parametrize("flag", ["protected", "on_hold"])
    def test_is_refused_where_it_may_not_be_deleted_any_more(self, begin, image, flag):
        run = begin["delete"]()
        next(run)
        Image.objects.filter(pk=image.pk).update(**{flag: True})

        with refused(Protected):
            next(run)

        assert image.memberships.count() == NUMBER - 3

    def test_is_refused_where_somebody_else_deleted_it(self, begin, producer, image):
        run = begin["delete"]()
        next(run)
        handshake.delete_image(image, by=producer.by)

        with refused(Gone):
            next(run)

    def test_ends_what_is_offered_meanwhile_too(self, begin, producer, image):
        run = begin["delete"]()
        next(run)
        handshake.offer(image, ["1", "2"], by=producer.by)

        assert [len(piece.ended) for piece in run] == [3, 2, 2]
        assert not Image.objects.filter(pk=image.pk).exists()
        assert told() == {"offered": 2, "withdrawn": 8, "deleted": 2}

    def test_whose_last_members_went_by_themselves_still_deletes_the_image(
        self, begin, producer, image
    ):
        run = begin["delete"]()
        next(run)
        handshake.withdraw(image, None, by=producer.by)

        assert [len(piece.ended) for piece in run] == [0, 0]
        assert not Image.objects.filter(pk=image.pk).exists()
        assert told() == {"withdrawn": NUMBER, "deleted": 1}

    def test_that_was_stopped_leaves_an_image_that_can_be_offered(self, begin, producer, image):
        next(begin["delete"]())

        handshake.offer(image, ["1"], by=producer.by)

        assert image.memberships.count() == NUMBER - 3 + 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answer", ["accepted", None], ids=["accepts", "changes nothing"])
def test_a_prune_comes_last_to_who_is_held_and_leaves_who_accepted(
    begin, image, by_operator, answer
):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks the database, not rows.")
    first, *_, last = image.memberships.order_by("pk")
    held, go = Signal(), Signal()

    def hold():
        with transaction.atomic():
            if answer:
                handshake.answer([first.pk, last.pk], answer, by=by_operator)
            else:
                list(Membership.objects.select_for_update().filter(pk__in=[first.pk, last.pk]))
            held.set()
            assert go.wait(PATIENCE)
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert held.wait(PATIENCE)
    run = begin["prune"]()
    sizes = [len(next(run).ended) for _ in range(3)]
    go.set()
    thread.join()

    assert sizes == [3, 3, 0]
    assert [len(piece.ended) for piece in run] == ([] if answer else [2])
    assert set(image.memberships.all()) == ({first, last} if answer else set())

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import OperationalError, transaction

from sharing.models import Image
from sharing.transactions import ATTEMPTS, whole
from tests.factories import ImageFactory
from tests.racing import together


class Deadlock(Exception):
    sqlstate = "40P01"


class Unavailable(Exception):
    sqlstate = "57P01"


def failing(cause, times):
    """A verb that renames every image, then fails `times` times; and the list of its attempts."""
    attempts = []

    @whole
    def verb():
        attempts.append(Image.objects.update(name=f"attempt {len(attempts) + 1}"))
        if len(attempts) <= times:
            raise OperationalError("refused") from cause
        return "done"

    return verb, attempts


@pytest.mark.django_db(transaction=True)
class TestAVerbThatFailed:
    @pytest.fixture(autouse=True)
    def image(self, transactional_db):
        ImageFactory(name="before")

    def test_by_a_deadlock_is_done_again_from_the_start(self):
        verb, attempts = failing(Deadlock(), ATTEMPTS - 1)

        assert verb() == "done"
        assert len(attempts) == ATTEMPTS
        assert Image.objects.get().name == f"attempt {ATTEMPTS}"

    @pytest.mark.parametrize(
        ("cause", "attempts_made"),
        [(Deadlock(), ATTEMPTS), (Unavailable(), 1), (None, 1)],
        ids=["by one deadlock after another", "by another error", "by an error of no cause"],
    )
    def test_for_good_raises_and_leaves_nothing(self, cause, attempts_made):
        verb, attempts = failing(cause, times=99)

        with pytest.raises(OperationalError):
            verb()

        assert len(attempts) == attempts_made
        assert Image.objects.get().name == "before"

    def test_inside_a_transaction_of_its_caller_is_for_the_caller_to_do_again(self):
        verb, attempts = failing(Deadlock(), times=1)

        with pytest.raises(OperationalError), transaction.atomic():
            verb()

        assert len(attempts) == 1


@pytest.mark.django_db(transaction=True)
def test_two_verbs_that_take_the_same_rows_in_opposite_order_both_end_well():
    """A true deadlock on PostgreSQL. On SQLite the second cannot begin before the first has ended."""
    one, other = ImageFactory(name=""), ImageFactory(name="")
    both_began = Barrier(2)

    @whole
    def rename(first, second, name):
        Image.objects.filter(pk=first.pk).update(name=name)
        with suppress(BrokenBarrierError):
            both_began.wait(timeout=0.5)
        Image.objects.filter(pk=second.pk).update(name=name)
        return name

    with together() as race:
        assert race(lambda: rename(one, other, "A"), lambda: rename(other, one, "B")) == ["A", "B"]

    assert Image.objects.values_list("name", flat=True).distinct().count() == 1

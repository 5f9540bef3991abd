"""`manage.py housekeeping` on partitioned tables: there is room for events ahead of time, and none is ever refused."""

import pytest

from sharing import handshake
from sharing.models import Event
from tests.command_line import run as command
from tests.partitions.database import parts, rows_in, run
from tests.refusals import unchanged


@pytest.fixture
def divided(image):
    command("partition", "--partitions", 2, "--event-ids", 20)


def offer(image, producer, first: int, count: int) -> None:
    handshake.offer(
        image, [str(first + number) for number in range(count)], checklist=True, by=producer.by
    )


def test_nothing_is_made_while_the_last_range_is_empty(divided):
    assert "ahead of time" not in command("housekeeping")
    assert parts("sharing_event") == ["sharing_event_0", "sharing_event_20", "sharing_event_rest"]


def test_the_next_range_is_made_once_the_last_is_being_filled(divided, image, producer):
    offer(image, producer, 1000, 22)
    with unchanged():
        assert "ahead of time: sharing_event_40." in command("housekeeping", "--dry-run")
    assert "sharing_event_40" not in parts("sharing_event")
    with unchanged():
        assert "ahead of time: sharing_event_40." in command("housekeeping")
    assert "sharing_event_40" in parts("sharing_event")
    assert "ahead of time" not in command("housekeeping")
    offer(image, producer, 2000, 30)
    assert rows_in("sharing_event_40") > 0
    assert rows_in("sharing_event_rest") == 0


def test_events_beyond_all_ranges_are_kept_and_move_into_ranges_of_their_own(
    divided, image, producer
):
    offer(image, producer, 1000, 75)
    assert rows_in("sharing_event_rest") > 30
    with unchanged():
        said = command("housekeeping")
    assert all(f"ahead of time: sharing_event_{first}." in said for first in (40, 60, 80))
    assert rows_in("sharing_event_rest") == 0
    assert rows_in("sharing_event_40") == 20
    offer(image, producer, 2000, 5)
    assert Event.objects.count() == 80


def test_the_planners_statistics_of_the_whole_tables_are_gathered(divided, image, producer):
    offer(image, producer, 1000, 30)
    command("housekeeping")
    told = dict(
        run(
            "SELECT relname, reltuples::int FROM pg_class WHERE relname IN ('sharing_membership', 'sharing_event')"
        )
    )
    assert told == {"sharing_membership": 30, "sharing_event": 30}

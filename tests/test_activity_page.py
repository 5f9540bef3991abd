"""One timeline of the acting tenant: what happened to its images, and to what was offered to it."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Event, Membership
from sharing.paging import PAGE_SIZE
from tests.factories import ImageFactory
from tests.pages import read

pytestmark = pytest.mark.django_db
COLUMNS = ("What", "Producer", "Consumer", "By")


def timeline(party, client=None, **query):
    answer = (client or party.client()).get(reverse("activity", args=[party.id]), query)
    assert answer.status_code == 200
    return read(answer)


def lines(page):
    """Each row as "What / Producer / Consumer / By"."""
    rows = [
        {cell["data-label"]: cell.words for cell in row if "data-label" in cell.attributes}
        for row in page.all("tbody tr")
    ]
    return [" / ".join(row[column] for column in COLUMNS) for row in rows]


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="debian-12")


@pytest.fixture
def answered(producer, consumer, image):
    handshake.offer(image, [consumer.id], note="As agreed.", by=producer.by)
    handshake.answer([Membership.objects.get().pk], "accepted", by=consumer.by)


@pytest.mark.usefixtures("answered")
class TestBothSides:
    def test_read_what_happened_newest_first(self, producer, consumer):
        assert lines(timeline(producer)) == [
            f"Accepted / you / {consumer.id} / {consumer.id}",
            f"Offered / you / {consumer.id} / manager@producer.example",
        ]
        assert lines(timeline(consumer)) == [
            f"Accepted / {producer.id} / you / manager@consumer.example",
            f"Offered / {producer.id} / you / {producer.id}",
        ]

    def test_read_the_image_and_the_note_of_the_offer(self, producer, consumer, image):
        for party in (producer, consumer):
            offered = timeline(party).all("td[data-label=Image]")[-1].words
            assert offered == f"debian-12 {image.pk} As agreed."

    def test_read_what_the_operator_did_without_a_name(
        self, producer, consumer, image, by_operator
    ):
        handshake.withdraw(image, None, by=by_operator)

        assert lines(timeline(producer))[0] == f"Withdrawn / you / {consumer.id} / an operator"
        assert lines(timeline(consumer))[0] == f"Withdrawn / {producer.id} / you / an operator"
        assert by_operator.user not in str(timeline(producer))

    def test_never_read_who_acted_on_the_other_side(self, producer, consumer):
        assert "@producer.example" not in str(timeline(consumer))
        assert "@consumer.example" not in str(timeline(producer))

    def test_read_it_as_readers_too(self, producer):
        client = producer.reader_client()

        assert lines(timeline(producer, client)) == lines(timeline(producer))

    def test_read_of_an_image_that_was_deleted(self, producer, consumer, image):
        handshake.delete_image(image, by=producer.by)

        assert lines(timeline(consumer))[0].startswith("Image deleted")
        assert timeline(consumer).all("td[data-label=Image]")[0].words.startswith("debian-12")


@pytest.mark.usefixtures("answered")
def test_others_read_nothing_of_it(stranger, producer, image):
    handshake.offer(image, [stranger.id], by=producer.by)
    page = timeline(stranger)

    assert len(lines(page)) == 1
    assert "5083310" not in page.one("main").words


def test_what_concerns_the_image_alone_has_no_consumer(producer, image, by_operator):
    handshake.hold(image, by=by_operator)

    assert lines(timeline(producer)) == ["Put on hold / you / – / an operator"]


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize(
    ("verb", "shown"), [("", ["Accepted", "Offered"]), ("offered", ["Offered"]), ("pruned", [])]
)
def test_a_filter_shows_one_kind(producer, verb, shown):
    page = timeline(producer, verb=verb)

    assert page.texts("tbody th") == shown
    [chosen] = [option for option in page.all("select option") if "selected" in option.attributes]
    assert chosen["value"] == verb
    if not shown:
        assert page.one(".empty").words.startswith("Nothing happened yet of this kind.")


def test_an_empty_timeline_says_what_it_is_for(consumer):
    empty = timeline(consumer).one(".empty").words

    assert empty.startswith(
        "Nothing happened yet. Each offer, answer, withdrawal and prune appears"
    )


@pytest.mark.parametrize("verb", ["", "offered"])
def test_pages_lead_forwards_and_back_through_both_sides_and_keep_the_filter(
    producer, consumer, image, verb
):
    theirs = ImageFactory(owner=consumer.tenant)
    for n in range(30):
        handshake.offer(image, [str(n)], by=producer.by)
        if not n % 10:
            handshake.offer(theirs, [producer.id], by=consumer.by)
            handshake.withdraw(theirs, None, by=consumer.by)
    expected = [
        f"{event.get_verb_display()} {event.image_id}"
        for event in Event.objects.order_by("-pk")
        if verb in ("", event.verb)
    ]
    client, address = producer.client(), reverse("activity", args=[producer.id])
    pages = [timeline(producer, verb=verb)]
    for way in ("next", "prev"):
        link = pages[-1].one(f".pager a[rel={way}]")["href"]
        assert f"verb={verb}" in link
        pages.append(read(client.get(address + link)))

    told = [
        [
            f"{row.one('th').words} {row.one('td[data-label=Image] span.mono').words}"
            for row in page.all("tbody tr")
        ]
        for page in pages
    ]
    assert told[0] + told[1] == expected
    assert told[2] == told[0]
    assert len(told[0]) == PAGE_SIZE

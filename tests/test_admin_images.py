from urllib.parse import quote
from uuid import UUID

import pytest
from django.db import connection
from django.urls import reverse

from sharing import handshake
from sharing.errors import NotShareable
from sharing.models import Event, Image, Membership
from sharing.models.copied import words_of
from sharing.models.image_conditions import called
from tests.factories import ImageFactory, MembershipFactory
from tests.operating import list_url, operator_with, page_of, run, run_on_page, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="Golden <b>Debian</b>", size=3 * 2**30)


def test_the_list_shows_what_and_whose_an_image_is(image, operator_client):
    page = operator_client.get(list_url(Image)).content.decode()

    for said in (
        str(image.pk),
        "4471021",
        "Golden &lt;b&gt;Debian&lt;/b&gt;",
        "3.0",
        "Active",
        "Not on hold",
    ):
        assert said in page


@pytest.mark.parametrize("term", ["{0.pk}", "{0.pk.hex}", "4471021", "golden <B>", " Debian "])
def test_an_image_is_found_by_its_uuid_its_owner_and_a_part_of_its_name(
    consumer, image, operator_client, term
):
    ImageFactory(owner=consumer.tenant, name="Silver")

    found = (
        operator_client.get(list_url(Image), {"q": term.format(image)}).context["cl"].result_list
    )

    assert list(found) == [image]


class TestAWholeName:
    @pytest.fixture
    def longer(self, image):
        return ImageFactory(owner=image.owner, name=f"{image.name} 12")

    def found(self, client, term, **more):
        return client.get(list_url(Image), {"q": term, **more})

    def test_finds_the_images_of_that_name_in_any_case_and_says_so(
        self, consumer, image, longer, operator_client
    ):
        image.tags.create(name="lts")
        Image.objects.filter(pk=image.pk).update(words=words_of(image.name, ["lts"]))
        other = ImageFactory(owner=consumer.tenant, name=image.name.upper())

        page = self.found(operator_client, image.name)

        assert set(page.context["cl"].result_list) == {image, other}
        [said] = told(page)
        assert said.endswith(f"search for *{image.name}")
        assert "Golden &lt;b&gt;Debian&lt;/b&gt;" in page.content.decode()

    def test_is_looked_for_as_a_part_where_it_is_asked_for_so(self, image, longer, operator_client):
        page = self.found(operator_client, f"*{image.name}")

        assert set(page.context["cl"].result_list) == {image, longer}
        assert told(page) == []

    def test_is_looked_for_as_a_part_where_no_image_has_it(self, image, longer, operator_client):
        page = self.found(operator_client, "golden")

        assert set(page.context["cl"].result_list) == {image, longer}
        assert told(page) == []

    def test_is_looked_for_within_the_filter(self, image, longer, operator_client):
        Image.objects.filter(pk=longer.pk).update(on_hold=True)

        page = self.found(operator_client, image.name, on_hold__exact="1")

        assert list(page.context["cl"].result_list) == [longer]

    def test_may_begin_with_an_asterisk(self, image, longer, operator_client):
        starred = ImageFactory(owner=image.owner, name="*Golden")

        assert list(self.found(operator_client, "*golden").context["cl"].result_list) == [starred]
        assert starred in self.found(operator_client, "*").context["cl"].result_list

    def test_leaves_the_owner_of_that_id_to_be_found(self, image, operator_client):
        named = ImageFactory(name=image.owner_id)

        page = self.found(operator_client, image.owner_id)

        assert set(page.context["cl"].result_list) == {image, named}

    def test_does_not_keep_an_action_from_its_row(self, image, longer, operator_client):
        body = {"action": "put_on_hold", "index": 0, "_selected_action": str(image.pk)}

        answer = operator_client.post(f"{list_url(Image)}?q={quote(image.name)}", body, follow=True)

        assert told(answer)[0] == "Put on hold: 1 image."
        assert len(told(answer)) == 2
        assert Image.objects.get(pk=image.pk).on_hold

    def test_is_found_by_an_index(self, image):
        ImageFactory.create_batch(200, owner=image.owner)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
        assert (
            "image_words" in Image.objects.filter(called(Image.objects.all(), image.name)).explain()
        )


def test_the_page_tells_the_memberships_the_checklist_and_the_latest_events(
    producer, image, operator_client, by_operator
):
    handshake.offer(image, ["5083310", "6120047"], by=producer.by)
    handshake.answer([Membership.objects.first().pk], "accepted", by=by_operator)

    page = operator_client.get(page_of(image)).content.decode()

    assert "1 pending, 1 accepted, 0 rejected" in page
    assert "Confirmed by manager@producer.example" in page
    assert "Accepted 5083310 by operator@cloud.example" in page


def test_the_page_counts_memberships_up_to_a_thousand(image, operator_client):
    Membership.objects.bulk_create(
        Membership(image=image, member_id=str(8_000_000 + n), offered_by="x") for n in range(1001)
    )

    assert "1,000+ pending, 0 accepted" in operator_client.get(page_of(image)).content.decode()


def test_the_page_leads_to_the_memberships_of_the_image_alone(image, operator_client):
    mine, _ = MembershipFactory(image=image), MembershipFactory()
    address = f"/admin/sharing/membership/?image__exact={image.pk}"

    assert address in operator_client.get(page_of(image)).content.decode()
    assert list(operator_client.get(address).context["cl"].result_list) == [mine]


def test_the_history_of_an_image_is_its_events(image, operator_client, by_operator):
    handshake.hold(image, by=by_operator)
    handshake.hold(ImageFactory(), by=by_operator)

    answer = operator_client.get(
        reverse("admin:sharing_image_history", args=(image.pk,)), follow=True
    )

    assert list(answer.context["cl"].result_list) == list(Event.objects.filter(image_id=image.pk))


class TestHold:
    def test_is_put_on_many_images_of_the_list_as_the_operator(self, image, operator_client):
        other, untouched = ImageFactory(on_hold=True), ImageFactory()

        answer = run(operator_client, Image, "put_on_hold", [image.pk, other.pk])

        assert told(answer) == ["Put on hold: 1 image.", "On hold already: 1 image."]
        assert set(Image.objects.filter(on_hold=True)) == {image, other}
        assert not Image.objects.get(pk=untouched.pk).on_hold
        event = Event.objects.get()
        assert (event.verb, event.image_id, event.actor) == (
            "held",
            image.pk,
            "operator@cloud.example",
        )

    def test_is_put_on_one_image_from_its_page(self, image, operator_client):
        answer = run_on_page(operator_client, image, "put_on_hold")

        assert told(answer) == ["Put on hold: 1 image."]
        assert "On hold" in answer.content.decode()
        assert Image.objects.get().on_hold

    @pytest.mark.parametrize(
        "door", [run_on_page, lambda c, i, action: run(c, Image, action, [i.pk])]
    )
    def test_is_released(self, image, operator_client, by_operator, door):
        handshake.hold(image, by=by_operator)

        answer = door(operator_client, image, "release_from_hold")

        assert told(answer) == ["Released from hold: 1 image."]
        assert not Image.objects.get().on_hold
        assert Event.objects.latest("pk").verb == "released"

    def test_that_is_not_on_is_not_released(self, image, operator_client):
        with unchanged():
            answer = run_on_page(operator_client, image, "release_from_hold")

        assert told(answer) == ["Not on hold: 1 image."]

    def test_stops_offers_and_leaves_memberships(self, producer, image, operator_client):
        handshake.offer(image, ["5083310"], by=producer.by)

        run_on_page(operator_client, image, "put_on_hold")

        assert Membership.objects.get().status == "pending"
        with pytest.raises(NotShareable):
            handshake.offer(image, ["6120047"], by=producer.by)

    def test_is_not_for_an_operator_who_may_only_look(self, image):
        client = operator_with("view_image")

        with unchanged():
            answer = run(client, Image, "put_on_hold", [image.pk])
            on_page = run_on_page(client, image, "put_on_hold")

        assert answer.status_code == 200
        assert on_page.status_code == 403
        assert "put_on_hold" not in answer.content.decode()

    def test_is_for_an_operator_with_the_permission_to_change_images(self, image):
        run(operator_with("view_image", "change_image"), Image, "put_on_hold", [image.pk])

        assert Image.objects.get().on_hold


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("add/", {"name": "New", "owner": "4471021"}),
        ("{0.pk}/change/", {"name": "Renamed", "on_hold": "on"}),
        ("{0.pk}/delete/", {"post": "yes"}),
    ],
)
def test_an_image_is_neither_added_edited_nor_deleted_here(image, operator_client, page, body):
    with unchanged():
        answer = operator_client.post(list_url(Image) + page.format(image), body)

    assert answer.status_code == 403


def test_a_page_of_an_image_that_is_gone_leads_away_with_a_sentence(operator_client):
    answer = operator_client.get(page_of(Image(pk=UUID(int=7))), follow=True)

    assert "doesn’t exist. Perhaps it was deleted?" in told(answer)[0]

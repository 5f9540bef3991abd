"""Parameters of the image list that are refused by their name, and markers of what one may not list."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.api.client import api
from tests.api.listed import ask, images_of
from tests.factories import ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
ENDPOINT = "/image"


def assert_refused(told, name):
    """400 in the words of the image service, of which the first is the parameter."""
    message = told.json["message"]
    assert (told.status, told.json) == (
        400,
        {"message": message, "code": "400 Bad Request", "title": "Bad Request"},
    )
    assert message.startswith(f"{name}: ")
    assert message.endswith(".")


class TestBadPages:
    @pytest.mark.parametrize(
        "limit", ["", "-1", "x", "1.5", "1e3", "٣", "+1", " 1", str(2**63), "9" * 5000]
    )
    def test_a_limit_that_is_none_is_refused(self, producer, limit):
        assert_refused(ask(api(producer), limit=limit), "limit")

    @pytest.mark.parametrize("marker", ["", "x", "1", "é", "{}", "0" * 35, "f" * 5000])
    def test_a_marker_that_is_none_is_refused(self, producer, marker):
        assert_refused(ask(api(producer), marker=marker), "marker")

    @pytest.mark.parametrize("whose", ["nobody", "stranger", "private"])
    def test_a_marker_that_the_tenant_may_not_list_is_refused_in_the_same_words(
        self, producer, consumer, whose
    ):
        asking = api(consumer)
        image = ImageFactory(
            owner=producer.tenant, visibility="private" if whose == "private" else "shared"
        )
        if whose == "private":
            MembershipFactory(image=image, member_id=consumer.id, status="accepted")
        marker = str(uuid4()) if whose == "nobody" else str(image.pk)
        told = ask(asking, marker=marker, name="x")
        assert_refused(told, "marker")
        assert told.json == ask(asking, marker=str(uuid4())).json

    @pytest.mark.parametrize("whose", ["pending", "rejected", "filtered"])
    def test_a_marker_that_left_the_list_meanwhile_still_tells_where_to_go_on(
        self, producer, consumer, whose
    ):
        image = ImageFactory(owner=consumer.tenant if whose == "filtered" else producer.tenant)
        if whose != "filtered":
            MembershipFactory(image=image, member_id=consumer.id, status=whose)
        assert ask(api(consumer), marker=str(image.pk), name="x").json["images"] == []

    def test_a_marker_of_a_pending_offer_is_good_in_the_list_of_those(self, producer, consumer):
        offers = [
            MembershipFactory(image=ImageFactory(owner=producer.tenant), member_id=consumer.id)
            for _ in range(2)
        ]
        told = ask(api(consumer), marker=str(offers[1].image_id), member_status="pending")
        assert [image["id"] for image in images_of(told)] == [str(offers[0].image_id)]

    @pytest.mark.parametrize(
        "name", ["limit", "marker", "visibility", "member_status", "sort", "name", "os_distro"]
    )
    def test_a_parameter_that_is_given_twice_is_refused(self, producer, name):
        assert_refused(ask(api(producer), **{name: ["a", "b"]}), name)

    @pytest.mark.parametrize("value", ["", "Shared", "mine", "shared,private", "in:shared", "é"])
    @pytest.mark.parametrize("name", ["visibility", "member_status"])
    def test_a_word_that_is_none_of_those_is_refused(self, producer, name, value):
        assert_refused(ask(api(producer), **{name: value}), name)

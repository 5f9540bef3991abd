"""What is seen when, while the replica replays nothing."""

import pytest
from django.db import OperationalError
from django.urls import reverse

from sharing import handshake
from sharing.api import tokens
from sharing.models import LogPosition, TenantUser
from sharing.models.log_position import REPLICA
from tests.api.client import IMAGES, api
from tests.api.refusing import at
from tests.factories import ImageFactory, MembershipFactory, TenantUserFactory
from tests.pages import read
from tests.replica.lists import (
    asked,
    images_on_page,
    listed_by_api,
    members_by_api,
    members_on_page,
    offer,
    offers_on_page,
    on_page,
    reads_lists,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", REPLICA])


class TestWhileTheReplicaLags:
    def test_an_owner_sees_its_own_offer_at_once_and_the_consumer_when_the_replica_does(
        self, standby, image, producer, stranger
    ):
        with standby.held_up():
            assert offer(producer, image, stranger.id).status_code == 200

            for show in (members_on_page, members_by_api):
                assert sorted(show(producer, image)) == ["5083310", stranger.id]
            assert offers_on_page(stranger) == []

        with asked() as (_, there):
            assert len(members_by_api(producer, image)) == 2
            assert offers_on_page(stranger) == ["Golden Debian"]
        assert reads_lists(there)

    def test_what_a_colleague_did_by_the_api_shows_on_the_page(
        self, standby, image, producer, stranger
    ):
        with standby.held_up():
            told = api(producer).post(at(image, "members"), {"member": stranger.id})
            colleague = producer.reader_client()
            address = reverse("image", args=[producer.id, image.pk])

            assert told.status == 200
            assert stranger.id in read(colleague.get(address)).texts("#members tbody th")

    @pytest.mark.parametrize("door", ["page", "API"])
    def test_a_consumer_sees_its_own_answer_at_once_and_the_owner_when_the_replica_does(
        self, standby, image, producer, stranger, door
    ):
        offered = MembershipFactory(image=image, member_id=stranger.id)
        with standby.held_up():
            if door == "page":
                form = {"offer": offered.pk, "tab": "pending"}
                stranger.client().post(reverse("accept", args=[stranger.id]), form)
            else:
                api(stranger).put(at(image, "members", stranger.id), {"status": "accepted"})

            assert offers_on_page(stranger) == []
            assert offers_on_page(stranger, "accepted") == ["Golden Debian"]
            assert images_on_page(stranger) == ["Golden Debian"]
            assert listed_by_api(stranger) == ["Golden Debian"]
            rows = api(producer).get(at(image, "members")).json["members"]
            assert rows[-1] == rows[-1] | {"member_id": stranger.id, "status": "pending"}

    def test_a_user_sees_in_one_tenant_what_it_did_in_another(
        self, standby, image, producer, stranger
    ):
        TenantUserFactory(user=producer.manager, tenant=stranger.tenant)
        with standby.held_up():
            offer(producer, image, stranger.id)
            inbox = producer.client().get(reverse("inbox", args=[stranger.id]))

            assert read(inbox).texts("article h2") == ["Golden Debian"]
            assert offers_on_page(stranger) == []

    def test_the_page_of_an_image_that_an_operator_just_loaded_is_whole(self, standby, producer):
        with standby.held_up():
            image = ImageFactory(owner=producer.tenant)

            assert on_page("image", producer, image.pk)().status_code == 200

    def test_a_list_goes_on_behind_a_row_that_the_replica_lacks(self, standby, image, producer):
        with standby.held_up():
            newer = ImageFactory(owner=producer.tenant)
            MembershipFactory(image=image, member_id="9")

            assert listed_by_api(producer, f"?marker={newer.pk}") == ["Golden Debian"]
            assert api(producer).get(at(image, "members?marker=9")).json["members"] == []

    def test_one_that_lags_too_much_is_not_asked(self, standby, image, producer, settings):
        settings.REPLICA_LAG_MAX = 0
        with standby.held_up():
            ImageFactory(owner=producer.tenant, name="New")

            assert images_on_page(producer) == ["New", "Golden Debian"]
        with asked() as (_, there):
            images_on_page(producer)
        assert reads_lists(there)

    def test_positions_of_another_server_keep_nobody_from_the_replica(
        self, standby, image, producer
    ):
        LogPosition.objects.create(who=producer.id, position=2**62)
        standby.catch_up()

        with asked() as (_, there):
            images_on_page(producer)

        assert reads_lists(there)


def test_a_change_whose_position_cannot_be_kept_is_made_all_the_same(
    standby, image, producer, stranger, monkeypatch, caplog
):
    def fails(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(type(LogPosition.objects), "keep", fails)

    assert offer(producer, image, stranger.id).status_code == 200
    assert image.memberships.count() == 2
    assert "gone" in caplog.text


class TestRightsWhileTheReplicaLags:
    def test_a_role_that_was_taken_away_is_gone_at_once(self, standby, image, consumer):
        client, program = consumer.client(), api(consumer)
        with standby.held_up():
            TenantUser.objects.filter(tenant=consumer.tenant).delete()

            assert client.get(reverse("images", args=[consumer.id])).status_code == 404
            assert client.get(reverse("inbox", args=[consumer.id])).status_code == 404
            assert program.get(IMAGES).status == 401

    def test_a_token_that_was_revoked_is_void_at_once(self, standby, image, consumer):
        program = api(consumer)
        with standby.held_up():
            tokens.revoke(tokens.read(program.token))

            assert program.get(IMAGES).status == 401

    def test_who_is_a_member_no_more_may_find_the_image_listed_but_not_by_its_id(
        self, standby, image, producer, consumer
    ):
        with standby.held_up():
            handshake.withdraw(image, [consumer.id], by=producer.by)

            assert images_on_page(consumer) == ["Golden Debian"]
            assert on_page("image", consumer, image.pk)().status_code == 404
            assert api(consumer).get(at(image)).status == 404
            assert api(consumer).get(at(image, "members")).status == 404
        assert images_on_page(consumer) == []

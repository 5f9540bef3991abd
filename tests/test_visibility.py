"""The table "Who may see what" of product.md, as far as queries decide it."""

from dataclasses import dataclass, replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sharing import handshake
from sharing.models import Image, Membership
from sharing.models.copied import has_words, words_of
from sharing.models.membership import COUNT_CAP
from sharing.tenancy import waiting_offers
from tests.factories import ImageFactory, MembershipFactory, TenantFactory
from tests.pages import read

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Sees:
    record: bool
    listed: bool
    own_membership: bool = False


OWNER, STRANGER, ANOTHER_MEMBER = "4471021", "6120047", "9000001"
TABLE = {
    "the owner's tenant sees and lists it": (
        OWNER, "pending", Sees(record=True, listed=True),
    ),
    "a member that accepted sees and lists it": (
        "5083310", "accepted", Sees(record=True, listed=True, own_membership=True),
    ),
    "a pending member sees it by ID, not in its list": (
        "5083310", "pending", Sees(record=True, listed=False, own_membership=True),
    ),
    "a member that rejected sees its own row alone": (
        "5083310", "rejected", Sees(record=False, listed=False, own_membership=True),
    ),
    "a stranger sees nothing": (STRANGER, "accepted", Sees(record=False, listed=False)),
    "an operator is no tenant": ("", "accepted", Sees(record=False, listed=False)),
}  # fmt: skip


def listed(tenant_id):
    mine, shared = Image.objects.listed_for(tenant_id)
    return sorted([*mine.values_list("pk", flat=True), *shared.values_list("pk", flat=True)])


@pytest.mark.parametrize("on_hold", [False, True], ids=["", "on hold"])
@pytest.mark.parametrize("visibility", Image.Visibility.values)
@pytest.mark.parametrize(("tenant_id", "status", "sees"), TABLE.values(), ids=TABLE)
def test_who_may_see_what(tenant_id, status, sees, visibility, on_hold):
    """Put on hold later, it stays as visible to its parties as it was; made private, only to its owner."""
    if visibility == Image.Visibility.PRIVATE and tenant_id != OWNER:
        sees = replace(sees, record=False, listed=False)
    image = ImageFactory(owner=TenantFactory(id=OWNER), visibility=visibility, on_hold=on_hold)
    MembershipFactory(image=image, member_id="5083310", status=status)
    MembershipFactory(image=image, member_id=ANOTHER_MEMBER, status="accepted")

    assert list(Image.objects.visible_to(tenant_id)) == [image] * sees.record
    assert listed(tenant_id) == [image.pk] * sees.listed
    assert Membership.objects.of_member(tenant_id).exists() == sees.own_membership


def test_an_answer_to_one_image_says_nothing_about_another(producer, consumer):
    one, other = ImageFactory.create_batch(2, owner=producer.tenant)
    MembershipFactory(image=one, member_id=consumer.id, status="accepted")
    MembershipFactory(image=other, member_id=consumer.id, status="rejected")

    assert list(Image.objects.visible_to(consumer.id)) == [one]
    assert listed(consumer.id) == [one.pk]


def test_anothers_answer_to_the_same_image_says_nothing_about_mine(producer, consumer, stranger):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory(image=image, member_id=consumer.id, status="rejected")
    MembershipFactory(image=image, member_id=stranger.id, status="accepted")

    assert not Image.objects.visible_to(consumer.id).exists()


def test_an_image_is_found_once_however_many_members_it_has(producer, consumer):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory.create_batch(3, image=image, status="accepted")
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")

    for party in (producer, consumer):
        assert Image.objects.visible_to(party.id).count() == 1
        assert listed(party.id) == [image.pk]


def test_the_list_holds_ones_own_and_the_accepted_and_no_others(producer, consumer, stranger):
    own = ImageFactory(owner=consumer.tenant)
    shared = {
        status: MembershipFactory(
            image=ImageFactory(owner=producer.tenant), member_id=consumer.id, status=status
        ).image
        for status in Membership.Status.values
    }
    ImageFactory(owner=stranger.tenant)

    assert listed(consumer.id) == sorted([own.pk, shared["accepted"].pk])
    assert set(Image.objects.visible_to(consumer.id)) == {
        own,
        shared["pending"],
        shared["accepted"],
    }


def test_ids_that_resemble_each_other_are_different_tenants(producer):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory(image=image, member_id="0123", status="accepted")

    for other in ("123", "00123", "0123 ", "01234"):
        assert not Image.objects.visible_to(other).exists()
        assert listed(other) == []


def test_who_may_see_it_follows_every_step_of_the_handshake(producer, consumer):
    image = ImageFactory(owner=producer.tenant)

    def seen():
        return Image.objects.visible_to(consumer.id).exists(), listed(consumer.id) == [image.pk]

    assert seen() == (False, False)
    handshake.offer(image, [consumer.id], by=producer.by)
    assert seen() == (True, False)
    offer = Membership.objects.get().pk
    for status, expected in [
        ("accepted", (True, True)),
        ("rejected", (False, False)),
        ("accepted", (True, True)),
        ("pending", (True, False)),
    ]:
        handshake.answer([offer], status, by=consumer.by)
        assert seen() == expected
    handshake.withdraw(image, [consumer.id], by=producer.by)
    assert seen() == (False, False)


class TestSearch:
    @pytest.fixture
    def image(self, producer):
        image = ImageFactory(
            owner=producer.tenant,
            name="Débian 12 100%_gold",
            words=words_of("Débian 12 100%_gold", ["Production"]),
        )
        ImageFactory(owner=producer.tenant, name="other")
        return image

    @pytest.mark.parametrize(
        "text", ["Débian 12 100%_gold", "bian", "BIAN 12", "0%_g", "production", "DUCT"]
    )
    def test_finds_by_a_part_of_the_name_or_of_a_tag_in_any_case(self, image, text):
        assert list(Image.objects.filter(has_words(Image.objects.all(), text.casefold()))) == [
            image
        ]

    @pytest.mark.parametrize("text", ["goldprod", "0%g", "100_", "%", "' OR 1=1 --", "0" * 32])
    def test_finds_nothing_by_anything_else(self, image, text):
        found = Image.objects.filter(has_words(Image.objects.all(), text.casefold()))
        assert list(found) == ([image] if text == "%" else [])

    def test_never_finds_more_than_the_tenant_may_see(self, image, stranger):
        for arm in Image.objects.listed_for(stranger.id):
            assert not arm.filter(has_words(arm, "débian")).exists()


class TestCounts:
    def test_tell_how_many_members_have_each_status(self, producer):
        image = ImageFactory(owner=producer.tenant)
        for status, count in (("pending", 3), ("accepted", 2), ("rejected", 1)):
            MembershipFactory.create_batch(count, image=image, status=status)
        MembershipFactory.create_batch(4)

        counted = Image.objects.with_counts(producer.id).get(pk=image.pk)

        assert counted.counts == (3, 2, 1)

    @pytest.mark.parametrize("pending", [COUNT_CAP - 3, COUNT_CAP - 2, COUNT_CAP, COUNT_CAP + 5])
    def test_stop_counting_just_above_the_cap(self, producer, pending):
        image = ImageFactory(owner=producer.tenant)
        others = {Membership.Status.ACCEPTED: 3, Membership.Status.REJECTED: 1}
        for status, count in {Membership.Status.PENDING: pending, **others}.items():
            Membership.objects.bulk_create(
                MembershipFactory.build(image=image, status=status) for _ in range(count)
            )

        counted = Image.objects.with_counts(producer.id).get(pk=image.pk)

        assert counted.counts == (min(pending, COUNT_CAP + 1), 3, 1)

    def test_of_another_tenants_images_are_not_told(self, producer, stranger):
        image = ImageFactory(owner=producer.tenant)

        assert Image.objects.with_counts(stranger.id).get(pk=image.pk).counts is None

    def test_of_many_images_are_one_query(self, producer):
        ImageFactory.create_batch(5, owner=producer.tenant)

        with CaptureQueriesContext(connection) as captured:
            assert [image.counts for image in Image.objects.with_counts(producer.id)] == [
                (0, 0, 0)
            ] * 5

        assert len(captured) == 1

    def test_the_badge_counts_the_offers_that_wait(self, producer, consumer):
        for status in Membership.Status.values:
            MembershipFactory(
                image=ImageFactory(owner=producer.tenant), member_id=consumer.id, status=status
            )

        assert waiting_offers(consumer.id) == 1
        assert waiting_offers(producer.id) == 0


def test_offers_of_an_image_that_was_made_private_rest_until_it_is_shared_again(producer, consumer):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory(image=image, member_id=consumer.id)
    inbox = reverse("inbox", args=[consumer.id])

    Image.objects.filter(pk=image.pk).update(visibility="private")
    assert not read(consumer.client().get(inbox)).all("article")
    assert waiting_offers(consumer.id) == 0

    Image.objects.filter(pk=image.pk).update(visibility="shared")
    assert len(read(consumer.client().get(inbox)).all("article")) == 1
    assert waiting_offers(consumer.id) == 1

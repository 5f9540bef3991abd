"""What the database and the models refuse, whatever door a row comes through."""

from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.db.models.signals import post_delete, pre_delete

from sharing.models import Event, Image, ImageTag, Membership, TenantUser, User
from sharing.models.image import new_image_id
from tests.factories import (
    ImageFactory,
    MembershipFactory,
    TenantFactory,
    TenantUserFactory,
    UserFactory,
)
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


def refused_by_the_database():
    return pytest.raises(IntegrityError)


class TestAnUnknownStatus:
    DOORS = {
        "save": lambda row: Membership.objects.create(
            image=row.image, member_id="2", status="approved", offered_by="x"
        ),
        "bulk_create": lambda row: Membership.objects.bulk_create(
            [Membership(image=row.image, member_id="2", status="approved", offered_by="x")]
        ),
        "update": lambda row: Membership.objects.update(status="approved"),
        "empty": lambda row: Membership.objects.update(status=""),
        "answer": lambda row: Membership.objects.all().answer("approved", by="x"),
        "raw SQL": lambda row: connection.cursor().execute(
            "UPDATE sharing_membership SET status = 'approved'"
        ),
    }

    @pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
    def test_is_refused_by_the_database(self, door):
        row = MembershipFactory(member_id="1")

        with unchanged(), refused_by_the_database(), transaction.atomic():
            door(row)

    def test_is_told_in_a_sentence_by_validation(self):
        row = MembershipFactory.build(image=ImageFactory(), status="approved")

        with pytest.raises(ValidationError) as caught:
            row.full_clean()

        assert "approved" in str(caught.value.message_dict["status"])


class TestASecondRowForAPair:
    DOORS = {
        "save": lambda row: Membership.objects.create(
            image=row.image, member_id=row.member_id, offered_by="x"
        ),
        "bulk_create": lambda row: Membership.objects.bulk_create(
            [Membership(image=row.image, member_id=row.member_id, offered_by="x")]
        ),
        "update": lambda row: Membership.objects.update(member_id="1", image=row.image),
    }

    @pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
    def test_is_refused_by_the_database(self, door):
        row = MembershipFactory(member_id="1", status="accepted")
        MembershipFactory(member_id="2", image=row.image)

        with unchanged(), refused_by_the_database(), transaction.atomic():
            door(row)

    def test_is_told_in_a_sentence_by_validation(self):
        row = MembershipFactory(member_id="1")
        second = MembershipFactory.build(image=row.image, member_id="1")

        with pytest.raises(ValidationError, match="This image is already offered to this tenant"):
            second.full_clean()

    def test_is_skipped_by_an_insert_that_tells_what_it_inserted(self):
        row = MembershipFactory(member_id="1", status="accepted")
        like = MembershipFactory.build(image=row.image)

        inserted = Membership.objects.insert_new(like, [*"123"])

        assert [touched.member_id for touched in inserted] == ["2", "3"]
        assert [m.status for m in Membership.objects.order_by("member_id")] == [
            "accepted", "pending", "pending",
        ]  # fmt: skip


UNKNOWN = {
    "image status": lambda: Image.objects.update(status="killed"),
    "image visibility": lambda: Image.objects.update(visibility="public"),
    "role": lambda: TenantUser.objects.update(role="admin"),
    "verb": lambda: Event.objects.create(verb="renamed", image_id=new_image_id(), owner_id="1"),
    "tag twice": lambda: ImageTag.objects.create(image=Image.objects.get(), name="gold"),
    "user of a tenant twice": lambda: TenantUser.objects.create(
        user=TenantUser.objects.get().user, tenant=TenantUser.objects.get().tenant, role="reader"
    ),
    "e-mail address in other case": lambda: User.objects.create(email="SOMEBODY@example.org"),
    "member of no image": lambda: Membership.objects.create(member_id="1", offered_by="x"),
}


@pytest.mark.parametrize("door", UNKNOWN.values(), ids=UNKNOWN)
def test_the_database_refuses_what_must_never_be(door):
    ImageTag.objects.create(image=ImageFactory(), name="gold")
    TenantUserFactory(user=UserFactory(email="somebody@example.org"))

    with unchanged(), refused_by_the_database(), transaction.atomic():
        door()


@pytest.mark.parametrize("status", Membership.Status.values)
def test_every_known_status_is_taken(status):
    MembershipFactory(status=status).full_clean()


@pytest.mark.parametrize("verb", Event.Verb.values)
def test_every_known_verb_is_taken(verb):
    Event.objects.create(verb=verb, image_id=new_image_id(), owner_id="1", actor="x")


@pytest.mark.parametrize("bad", ["", "abc", "1" * 21, "12\n", "1\x00", " 1"])
def test_a_tenant_id_that_is_not_well_formed_is_refused_by_validation(bad):
    for row in (
        TenantFactory.build(id=bad),
        MembershipFactory.build(image=ImageFactory(), member_id=bad),
    ):
        with pytest.raises(ValidationError):
            row.full_clean()


def test_a_membership_holds_the_members_id_without_a_key_to_a_tenant():
    """An offer to a tenant that does not exist is a row like any other."""
    field = Membership._meta.get_field("member_id")

    assert not field.is_relation
    MembershipFactory(member_id="31415926")


def test_a_membership_is_a_leaf_so_that_its_deletes_stay_one_statement():
    assert not Membership._meta.related_objects
    for signal in (pre_delete, post_delete):
        assert not signal.has_listeners(Membership)


def test_a_tenant_that_owns_images_is_not_deleted():
    image = ImageFactory()

    with unchanged(), pytest.raises(ProtectedError):
        image.owner.delete()


def test_a_new_image_gets_a_time_ordered_uuid_and_an_imported_one_keeps_its_own():
    ids = [new_image_id() for _ in range(100)]
    assert {(type(image_id), image_id.version) for image_id in ids} == {(UUID, 7)}
    assert ids == sorted(ids)

    own = UUID("6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4")
    assert Image.objects.get(pk=ImageFactory(id=own).pk).pk == own

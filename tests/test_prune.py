import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing import handshake
from sharing.errors import NotAllowed
from sharing.models import Event, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db
STATUSES = Membership.Status.values


def with_one_of_each_status(owner):
    image = ImageFactory(owner=owner)
    for n, status in enumerate(STATUSES, start=1):
        MembershipFactory(image=image, member_id=str(n), status=status)
    return image


@pytest.fixture
def image(producer):
    return with_one_of_each_status(producer.tenant)


@pytest.fixture
def second(producer):
    return with_one_of_each_status(producer.tenant)


@pytest.fixture
def foreign(stranger):
    return with_one_of_each_status(stranger.tenant)


def rejected_in(*images):
    return [image.memberships.rejected().count() for image in images]


def test_pruning_an_image_deletes_its_rejected_members_alone(producer, image, second, foreign):
    removed = handshake.prune(image=image, by=producer.by)

    assert [(touched.image_id, touched.member_id) for touched in removed] == [(image.pk, "3")]
    assert [m.status for m in image.memberships.order_by("pk")] == ["pending", "accepted"]
    assert Membership.objects.count() == 8


def test_pruning_all_my_images_deletes_the_rejected_of_each_and_of_no_other_owner(
    producer, image, second, foreign
):
    assert len(handshake.prune(by=producer.by)) == 2

    assert rejected_in(image, second, foreign) == [0, 0, 1]
    assert Membership.objects.count() == 7


def test_an_operator_prunes_any_owner(producer, image, second, foreign, by_operator):
    assert len(handshake.prune(owner_id=producer.id, by=by_operator)) == 2

    assert rejected_in(image, second, foreign) == [0, 0, 1]


def test_an_operator_prunes_any_image(image, second, foreign, by_operator):
    handshake.prune(image=foreign, by=by_operator)

    assert rejected_in(image, second, foreign) == [1, 1, 0]


def test_an_operator_prunes_everybody(image, second, foreign, by_operator):
    assert len(handshake.prune(by=by_operator)) == 3

    assert rejected_in(image, second, foreign) == [0, 0, 0]
    assert Membership.objects.count() == 6


@pytest.mark.parametrize("which", ["image", "all"])
def test_nothing_to_prune_is_no_error_and_leaves_no_trace(producer, image, which):
    Membership.objects.rejected().delete()

    with unchanged():
        assert handshake.prune(image=image if which == "image" else None, by=producer.by) == []


class TestWhoMayPrune:
    @pytest.mark.parametrize("status", STATUSES)
    def test_a_member_is_refused(self, consumer, image, status):
        MembershipFactory(image=image, member_id=consumer.id, status=status)

        with refused(NotAllowed):
            handshake.prune(image=image, by=consumer.by)

    def test_a_stranger_is_refused(self, stranger, image):
        with refused(NotAllowed):
            handshake.prune(image=image, by=stranger.by)

    @pytest.mark.parametrize("which", ["image", "all"])
    def test_a_reader_of_the_owner_is_refused(self, producer, image, which):
        with refused(NotAllowed):
            handshake.prune(image=image if which == "image" else None, by=producer.read_by)

    def test_naming_another_owner_is_refused(self, producer, stranger, image, foreign):
        with refused(NotAllowed):
            handshake.prune(owner_id=producer.id, by=stranger.by)

    def test_pruning_all_of_ones_own_never_reaches_what_one_is_a_member_of(self, consumer, image):
        MembershipFactory(image=image, member_id=consumer.id, status="rejected")

        with unchanged():
            handshake.prune(by=consumer.by)


@pytest.mark.parametrize("caller", ["image", "owner", "operator", "everybody"])
def test_a_prune_is_one_delete_that_names_the_status_with_no_select_before_it(
    producer, by_operator, image, second, caller
):
    arguments = {
        "image": {"image": image, "by": producer.by},
        "owner": {"by": producer.by},
        "operator": {"owner_id": producer.id, "by": by_operator},
        "everybody": {"by": by_operator},
    }[caller]

    with CaptureQueriesContext(connection) as captured:
        handshake.prune(**arguments)

    touching = [q["sql"] for q in captured if '"sharing_membership"' in q["sql"]]
    statement, looked = touching
    # Whether any was held meanwhile, and stayed.
    assert looked.startswith("SELECT 1 ")
    assert statement.startswith('DELETE FROM "sharing_membership" WHERE ')
    # Of what it chooses, and once more of what it deletes: that may have changed since.
    assert statement.count("\"status\" = 'rejected'") == 2
    assert statement.count('FROM "sharing_membership"') == 2


def test_the_number_of_queries_does_not_depend_on_the_number_of_members(producer):
    def queries(members):
        image = ImageFactory(owner=producer.tenant)
        MembershipFactory.create_batch(members, image=image, status="rejected")
        with CaptureQueriesContext(connection) as captured:
            handshake.prune(by=producer.by)
        return len(captured)

    assert queries(1) == queries(50)
    assert Event.objects.count() == 51

"""The list of an image's members: all rows, or the page that is asked for; to a member its own row."""

import pytest

from sharing.models import Image, Membership
from tests.api.client import IMAGES, api, reader_api
from tests.api.refusing import at, refused
from tests.factories import ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db
MANY = 60


@pytest.fixture
def image(producer) -> Image:
    return ImageFactory(owner=producer.tenant)


@pytest.fixture
def members(image) -> list[Membership]:
    """In the order of their offers, which their IDs do not follow; every third in each status."""
    return [
        MembershipFactory(
            image=image, member_id=str(9_000_000 - number), status=Membership.Status.values[number % 3]
        )
        for number in range(MANY)
    ]  # fmt: skip


def ids(told):
    assert told.status == 200
    return [row["member_id"] for row in told.json["members"]]


@pytest.mark.parametrize("who", [api, reader_api])
def test_the_owner_and_its_readers_get_all_rows_where_no_limit_is_sent(
    image, members, producer, who
):
    told = who(producer).get(at(image, "members"))

    assert ids(told) == [member.member_id for member in members]
    assert told.json.keys() == {"members", "schema"}
    assert told.json["schema"] == "/v2/schemas/members"
    assert told.json["members"][0] == who(producer).get(at(image, "members", members[0].member_id)).json  # fmt: skip


def test_an_image_without_members_has_an_empty_list(image, producer):
    told = api(producer).get(at(image, "members"))

    assert (told.status, told.json) == (200, {"members": [], "schema": "/v2/schemas/members"})


@pytest.mark.parametrize("status", Membership.Status.values)
@pytest.mark.parametrize("query", ["", "?limit=5", "?limit=5&status={status}", "?status={status}"])
def test_a_member_gets_its_own_row_alone(image, members, consumer, status, query):
    MembershipFactory(image=image, member_id=consumer.id, status=status)

    told = api(consumer).get(at(image, "members") + query.format(status=status))

    assert ids(told) == [consumer.id]
    assert "next" not in told.json


def test_a_member_cannot_use_the_row_of_another_as_a_marker(image, members, consumer):
    MembershipFactory(image=image, member_id=consumer.id)
    path = at(image, "members")

    of_another = refused(400, api(consumer).get, f"{path}?marker={members[0].member_id}")

    assert of_another == refused(400, api(consumer).get, f"{path}?marker=7777777")


@pytest.mark.parametrize("limit", [1, 7, 30])
@pytest.mark.parametrize("status", ["", "rejected"])
def test_next_leads_through_all_rows_once(image, members, producer, limit, status):
    client = api(producer)
    link = f"{at(image, 'members')}?limit={limit}" + (f"&status={status}" if status else "")
    found = []
    while link:
        told = client.get(link)
        assert 0 < len(ids(told)) <= limit
        found += ids(told)
        following = told.json.get("next")
        assert following is None or following.startswith(f"/v2/images/{image.pk}/members?")
        link = following and f"/image{following}"

    assert found == [row.member_id for row in members if status in ("", row.status)]


@pytest.mark.parametrize("status", Membership.Status.values)
def test_a_status_narrows_the_list(image, members, producer, status):
    told = api(producer).get(f"{at(image, 'members')}?status={status}")

    assert ids(told) == [member.member_id for member in members if member.status == status]


def test_a_marker_without_a_limit_gives_all_that_follow(image, members, producer):
    told = api(producer).get(f"{at(image, 'members')}?marker={members[9].member_id}")

    assert ids(told) == [member.member_id for member in members[10:]]


def test_a_limit_of_all_rows_or_more_has_no_next(image, members, producer):
    for limit in (MANY, MANY + 1, 2**63 - 1):
        told = api(producer).get(f"{at(image, 'members')}?limit={limit}")
        assert len(ids(told)) == MANY
        assert "next" not in told.json


def test_a_limit_of_none_gives_none(image, members, producer):
    told = api(producer).get(f"{at(image, 'members')}?limit=0")

    assert (ids(told), "next" in told.json) == ([], False)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=", "limit"), ("limit=-1", "limit"), ("limit=x", "limit"), ("limit=1.5", "limit"),
        ("limit=٣", "limit"), (f"limit={2**63}", "limit"), (f"limit={'9' * 5000}", "limit"),
        ("limit=1&limit=2", "limit"),
        ("marker=", "marker"), ("marker=7777777", "marker"), ("marker=x", "marker"), ("status=", "status"),
        ("status=Pending", "status"), ("status=all", "status"), ("status=pending&status=accepted", "status"),
        ("stauts=pending", "stauts"), ("limit=%00", "query"), ("marker=%00", "query"),
    ],
)  # fmt: skip
def test_a_query_that_is_not_of_the_form_is_400_and_names_what_is_wrong(
    image, producer, query, named
):
    assert named in refused(400, api(producer).get, f"{at(image, 'members')}?{query}")


def test_rows_of_another_image_are_no_marker(image, members, producer):
    other = MembershipFactory(image=ImageFactory(owner=producer.tenant), member_id="1234567")

    refused(400, api(producer).get, f"{at(image, 'members')}?marker={other.member_id}")


def test_an_empty_path_segment_is_no_member(image, producer):
    assert api(producer).get(f"{IMAGES}/{image.pk}/members/").json == (
        api(producer).get(f"{IMAGES}/{image.pk}/members").json
    )

"""Each call has its number of statements, and lists the same with one row as with sixty."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.api.parameters import SORTED_MAX
from sharing.models import Image, ImageTag, Membership
from tests.api.client import IMAGES, JSON, PATCH, api
from tests.api.refusing import at
from tests.factories import ImageFactory, MembershipFactory, TenantFactory, tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer) -> Image:
    image = ImageFactory(owner=producer.tenant)
    ImageTag.objects.create(image=image, name="gold")
    return image


@pytest.fixture
def offered(image, consumer) -> str:
    MembershipFactory(image=image, member_id=consumer.id)
    return at(image, "members", consumer.id)


def own(tenant_id, number):
    for _ in range(number):
        image = ImageFactory(owner_id=tenant_id, properties={"os_distro": "debian"})
        tag(image, "gold")


def shared(tenant_id, number):
    for status in Membership.Status.values:
        for _ in range(number):
            image = ImageFactory(owner=TenantFactory(), properties={"os_distro": "debian"})
            MembershipFactory(image=image, member_id=tenant_id, status=status)
            tag(image, "gold")


def both(tenant_id, number):
    own(tenant_id, number)
    shared(tenant_id, number)


def counted(call, *args, **how):
    """How many statements the call took, and what it told."""
    with CaptureQueriesContext(connection) as captured:
        told = call(*args, **how)
    assert told.status < 300, told
    # But for where a list is too long to be sorted, at a fixed distance.
    offsets = {int(far) for query in captured for far in re.findall(r"OFFSET (\d+)", query["sql"])}
    assert offsets <= {SORTED_MAX}
    return len(captured), told


# Token, images, tags.
LIST = 3
LISTS = {
    # The query, what there is, how many are listed of one and of sixty; and how many statements there are besides: for
    # each part whether it can be sorted, whether few images have a tag, or the images of rows that were looked through.
    "all": ("", both, (2, 25), 0),
    "a long page": ("?limit=100", both, (2, 100), 0),
    "own": ("?owner={tenant}", own, (1, 25), 0),
    "own hidden ones": ("?owner={tenant}&os_hidden=true", own, (0, 0), -1),
    "named": ("?name=One", both, (0, 0), -1),
    "by size": ("?sort=size:desc&limit=1000", both, (2, 120), 0),
    "shared": ("?visibility=shared&member_status=all&limit=1000", shared, (3, 180), 0),
    "sorted": ("?sort=name:asc,size:desc&limit=1000", both, (2, 120), 2),
    "filtered": ("?os_distro=debian&status=active&limit=1000", both, (2, 120), 1),
    "tagged": ("?tag=gold&os_distro=debian&status=active&limit=1000", both, (2, 120), 2),
    "with a tag that none has": ("?tag=none", both, (0, 0), 0),
}


@pytest.mark.parametrize("case", LISTS)
def test_the_image_list_has_its_number_of_statements_however_many_images(
    producer, case, monkeypatch
):
    monkeypatch.setattr("sharing.api.filters.FEW", 1)
    query, fill, listed, ends = LISTS[case]
    address, client = IMAGES + query.format(tenant=producer.id), api(producer)
    fill(producer.id, 1)
    few, told_few = counted(client.get, address)
    fill(producer.id, 59)
    many, told_many = counted(client.get, address)

    assert tuple(len(told.json["images"]) for told in (told_few, told_many)) == listed
    assert (few, many) == (LIST + ends, LIST + ends)


def test_a_page_in_the_middle_costs_no_more_than_finding_its_marker(producer):
    both(producer.id, 60)
    client = api(producer)
    first, told = counted(client.get, f"{IMAGES}?limit=40")
    second, told = counted(client.get, f"/image{told.json['next']}")

    assert len(told.json["images"]) == 40
    assert second - first == 1


@pytest.mark.parametrize("query", ["", "?limit=100", "?status=pending", "?limit=5&status=pending"])
@pytest.mark.parametrize("who", ["producer", "consumer"])
def test_the_members_list_has_its_number_of_statements_however_many_members(
    image, offered, producer, consumer, query, who
):
    client, address = api({"producer": producer, "consumer": consumer}[who]), at(image, "members")
    few, told_few = counted(client.get, address + query)
    MembershipFactory.create_batch(59, image=image)
    many, told_many = counted(client.get, address + query)

    listed = 1 if who == "consumer" else 5 if "limit=5" in query else 60
    assert [len(told.json["members"]) for told in (told_few, told_many)] == [1, listed]
    # Token, image, rows.
    assert (few, many) == (3, 3)


def test_a_later_page_of_members_costs_one_statement_more(image, producer):
    MembershipFactory.create_batch(10, image=image)
    client = api(producer)
    first, told = counted(client.get, f"{at(image, 'members')}?limit=5")
    second, told = counted(client.get, f"/image{told.json['next']}")

    assert (first, second, len(told.json["members"])) == (3, 4, 5)


@pytest.mark.parametrize(
    ("method", "rest", "number"), [("POST", ("actions", "prune"), 8), ("DELETE", (), 13)]
)
def test_pruning_and_deleting_cost_the_same_however_many_members(producer, method, rest, number):
    client = api(producer)
    for members in (1, 60):
        image = ImageFactory(owner=producer.tenant)
        MembershipFactory.create_batch(members, image=image, status="rejected")

        assert counted(client.call, method, at(image, *rest))[0] == number


NAME = [{"op": "add", "path": "/name", "value": "Renamed"}]
CALLS = {
    # Who, the call, its body, statements; savepoints of the test count two for each transaction.
    "make an image": ("producer", "POST", "", {"name": "New", "tags": ["a", "b"]}, 12),
    "show an image": ("producer", "GET", "{image}", None, 3),
    "show a shared image": ("consumer", "GET", "{image}", None, 3),
    # What the members' copies of a name or tag take is a task's, which runs at once here: six.
    "change an image": ("producer", "PATCH", "{image}", NAME, 10 + 6),
    "change nothing": ("producer", "PATCH", "{image}", [], 8),
    "deactivate": ("producer", "POST", "{image}/actions/deactivate", None, 7),
    "tag": ("producer", "PUT", "{image}/tags/new", None, 11 + 6),
    "remove a tag": ("producer", "DELETE", "{image}/tags/gold", None, 10),
    "offer": ("producer", "POST", "{image}/members", {"member": "9900001"}, 8),
    "show a membership": ("producer", "GET", "{image}/members/{member}", None, 3),
    "show my membership": ("consumer", "GET", "{image}/members/{member}", None, 3),
    "answer": ("consumer", "PUT", "{image}/members/{member}", {"status": "accepted"}, 6),
    "answer the same": ("consumer", "PUT", "{image}/members/{member}", {"status": "pending"}, 6),
    "withdraw": ("producer", "DELETE", "{image}/members/{member}", None, 7),
    "prune everything": ("producer", "POST", "../actions/prune", None, 5),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_call_has_its_number_of_statements_however_many_members(
    image, offered, producer, consumer, case
):
    who, method, path, body, number = CALLS[case]
    MembershipFactory.create_batch(20, image=image)
    place = "/image/v2/" if path.startswith("../") else f"{IMAGES}/"
    address = place + path.removeprefix("../").format(image=image.pk, member=consumer.id)
    client = api({"producer": producer, "consumer": consumer}[who])

    taken, _ = counted(client.call, method, address, body, PATCH if method == "PATCH" else JSON)

    assert taken == number

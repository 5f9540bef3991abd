"""What no index serves is looked for a bounded number of rows at a time, and sorted where the list is short."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from sharing.api import narrowing
from sharing.models import Image, Membership
from tests.api.client import api
from tests.api.listed import ask, images_of, names, walk
from tests.factories import ImageFactory, MembershipFactory, TenantFactory, tag
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
RARE = {"status": "deactivated", "min_ram": 512, "properties": {"os_distro": "plan9"}}
QUERIES = ("status=deactivated", "min_ram=512", "os_distro=plan9", "os_hidden=true", "tag=gold")
SORTS = ("created_at:desc", "created_at:asc", "name:asc", "name:desc", "size:asc", "size:desc")


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    most = {"OWN_LOOKED_AT": 5, "SHARED_LOOKED_AT": 3, "LOOKED_THROUGH": 4, "SORTED_MAX": 10}
    for name, few in most.items():
        monkeypatch.setattr(narrowing, name, few)
    monkeypatch.setattr("sharing.api.filters.FEW", 5)
    # The numbers stand in the SQL, which is kept.
    narrowing._statement.cache_clear()
    yield
    narrowing._statement.cache_clear()


def make(owner, member, rare, number, **facts):
    image = ImageFactory(
        owner=owner, name=f"{'rare' if rare else 'common'} {number % 3}", size=number % 4,
        created_at=NOON + timedelta(seconds=number // 3), **(RARE if rare else {}), **facts,
    )  # fmt: skip
    if member:
        MembershipFactory(image=image, member_id=member, status="accepted")
    if rare:
        tag(image, "gold")
    return image


@pytest.fixture
def long(consumer):
    """Of 40 own images and 40 shared ones, taking turns and with ties, every ninth is rare."""
    other = TenantFactory()
    for number in range(40):
        rare = number % 9 == 0
        make(consumer.tenant, "", rare, number)
        make(other, consumer.id, rare, number)


def walked(party, query):
    pages = walk(api(party), f"/v2/images?{query}")
    # An empty page is where a client stops, and the end.
    assert all(page.json["images"] for page in pages[:-1])
    return [image["id"] for page in pages for image in page.json["images"]], pages


def in_order(rows, sort):
    key, _, direction = sort.partition(":")
    sign = "-" if direction == "desc" else ""
    order = [sign + {"name": "words"}.get(key, key), f"{sign}id"]
    return [str(pk) for pk in rows.order_by(*order).values_list("pk", flat=True)]


@pytest.mark.usefixtures("long")
class TestALongList:
    @pytest.mark.parametrize("limit", [1, 2, 25])
    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("query", QUERIES)
    def test_gives_what_a_filter_leaves_page_by_page_in_order(self, consumer, query, sort, limit):
        rare = Image.objects.filter(**{k: v for k, v in RARE.items() if k != "properties"})
        if query.startswith("os_hidden"):
            rare.update(os_hidden=True)
        found, pages = walked(consumer, f"{query}&sort={sort}&limit={limit}")
        assert found == in_order(rare, sort)
        assert len(found) == 10
        assert len(pages) > 1

    def test_gives_the_few_images_of_a_tag_at_once(self, consumer, monkeypatch):
        monkeypatch.setattr("sharing.api.filters.FEW", 50)
        found, pages = walked(consumer, "tag=gold&sort=name:asc")
        assert found == in_order(Image.objects.filter(tags__name="gold"), "name:asc")
        assert (len(found), len(pages)) == (10, 1)

    @pytest.mark.parametrize("whose", ["", "&visibility=shared", "&owner={consumer}", "&owner={other}"])  # fmt: skip
    def test_is_looked_through_in_each_of_its_parts(self, consumer, whose):
        other = Image.objects.exclude(owner_id=consumer.id).values_list("owner_id", flat=True)[0]
        whose = whose.format(consumer=consumer.id, other=other)
        found, _ = walked(consumer, f"status=deactivated{whose}")
        rare = Image.objects.filter(status="deactivated")
        if "owner" in whose:
            rare = rare.filter(owner_id=whose.partition("=")[2])
        assert found == in_order(rare, "created_at:desc")

    @pytest.mark.parametrize("name", ["rare 0", "in:rare 0", "in:rare 0,none"])
    def test_is_looked_through_among_those_of_a_name(self, consumer, name):
        found, _ = walked(consumer, urlencode({"name": name, "status": "deactivated", "limit": 2}))
        assert found == in_order(Image.objects.filter(name="rare 0"), "created_at:desc")

    @pytest.mark.parametrize(
        "query", ["base_image_ref=", "protected=false", "container_format=bare"]
    )
    def test_gives_all_that_a_filter_leaves_where_that_is_all(self, consumer, query):
        found, _ = walked(consumer, f"{query}&limit=7")
        assert found == in_order(Image.objects.all(), "created_at:desc")

    @pytest.mark.parametrize(
        "facts", [{"os_hidden": True}, {"protected": True}, {"visibility": "private"}, {"disk_format": "vdi"}]
    )  # fmt: skip
    def test_of_own_images_gives_full_pages_of_what_has_an_index(self, consumer, facts):
        own = Image.objects.filter(owner_id=consumer.id, status="deactivated")
        own.update(**facts)
        [(name, value)] = facts.items()
        query = urlencode({name: str(value).lower(), "owner": consumer.id, "limit": 4})
        found, pages = walked(consumer, query)
        assert found == in_order(own, "created_at:desc")
        assert [len(page.json["images"]) for page in pages] == [4, 1]

    def test_is_walked_through_to_the_first_that_is_found(self, consumer):
        last = Image.objects.order_by("created_at", "id")[0]
        Image.objects.filter(pk=last.pk).update(min_disk=77)
        told = ask(api(consumer), min_disk=77)
        assert [image["id"] for image in images_of(told)] == [str(last.pk)]

    def test_in_which_nothing_is_found_is_one_empty_page(self, consumer):
        told = ask(api(consumer), min_disk=78)
        assert (images_of(told), "next" in told.json) == ([], False)

    def test_shows_no_image_that_rests_though_pages_end_at_one(self, consumer):
        hidden = Image.objects.exclude(owner_id=consumer.id).filter(status="active")
        kept = list(Image.objects.filter(status="deactivated").values_list("pk", flat=True))
        hidden.update(visibility="private")
        found, _ = walked(consumer, "status=deactivated")
        assert sorted(found) == sorted(map(str, kept))

    def test_goes_on_though_the_row_that_it_stopped_at_was_answered_since(self, consumer):
        first = ask(api(consumer), status="deactivated", visibility="shared", limit=1)
        Membership.objects.update(status="rejected")
        found = walk(api(consumer), first.json["next"])
        own = Image.objects.filter(owner_id=consumer.id, status="deactivated")
        told = [image["id"] for page in (first, *found) for image in page.json["images"]]
        assert set(map(str, own.values_list("pk", flat=True))) <= set(told)
        assert len(told) == len(set(told))

    def test_refuses_the_marker_of_an_image_that_is_gone(self, consumer):
        first = ask(api(consumer), status="deactivated")
        Membership.objects.all().delete()
        Image.objects.all().delete()
        told = api(consumer).get(f"/image{first.json['next']}")
        assert (told.status, told.json["message"].partition(":")[0]) == (400, "marker")

    @pytest.mark.parametrize(
        "sort",
        ["status", "updated_at", "disk_format", "container_format", "id", "name,size", "created_at,name:asc"],
    )  # fmt: skip
    def test_is_not_sorted_by_what_no_index_has(self, consumer, sort):
        with unchanged():
            told = ask(api(consumer), sort=sort)
        assert told.status == 400
        assert told.json["message"].startswith("sort: by created_at, name or size")

    def test_is_sorted_by_anything_once_it_is_narrowed(self, consumer):
        one = Image.objects.filter(owner_id=consumer.id)[0]
        for query in (
            {"id": str(one.pk)}, {"name": "rare 0", "owner": consumer.id},
            {"created_at": "lt:2026-05-03T12:00:02Z"}, {"base_image_ref": str(one.pk)},
        ):  # fmt: skip
            assert ask(api(consumer), sort="status", **query).status == 200, query
        assert ask(api(consumer), sort="status", min_ram=512).status == 400

    def test_of_own_images_is_sorted_by_their_last_change(self, consumer):
        for number, image in enumerate(Image.objects.filter(owner_id=consumer.id)):
            later = NOON + timedelta(hours=number * 7 % 40 // 2)
            Image.objects.filter(pk=image.pk).update(updated_at=later)
        own = Image.objects.filter(owner_id=consumer.id)
        for query, rows in (("", own), ("&status=deactivated", own.filter(status="deactivated"))):
            for sort in ("updated_at:desc", "updated_at:asc"):
                found, _ = walked(consumer, f"owner={consumer.id}&sort={sort}&limit=7{query}")
                assert found == in_order(rows, sort)


@pytest.mark.parametrize("status", ["pending", "rejected"])
def test_a_long_list_of_offers_is_sorted_by_time_alone(consumer, status):
    for number in range(12):
        image = make(TenantFactory(), "", False, number)
        MembershipFactory(image=image, member_id=consumer.id, status=status)
    asking = api(consumer)
    assert ask(asking, member_status=status, sort="name").status == 400
    assert len(names(asking, member_status=status, sort="created_at:asc")) == 12


@pytest.mark.parametrize("limit", [1, 25])
def test_what_is_found_in_one_part_is_not_passed_by_where_the_others_end_before_it(consumer, limit):
    older = [make(TenantFactory(), "", True, 0, os_hidden=True)]
    MembershipFactory(image=older[0], member_id=consumer.id, status="rejected")
    older.append(make(consumer.tenant, "", True, 3, os_hidden=True))
    for number in range(6, 24):
        status = Membership.Status.values[number % 3]
        image = make(TenantFactory(), "", False, number)
        MembershipFactory(image=image, member_id=consumer.id, status=status)

    found, _ = walked(consumer, f"os_hidden=true&member_status=all&limit={limit}")
    assert found == [str(image.pk) for image in reversed(older)]


def test_a_list_that_is_short_enough_is_sorted_by_anything(consumer):
    for number in range(10):
        make(consumer.tenant, "", number % 2, number)
        make(TenantFactory(), consumer.id, number % 2, number)
    found = images_of(ask(api(consumer), sort="status:asc,name:desc"))
    assert [image["status"] for image in found] == ["active"] * 10 + ["deactivated"] * 10

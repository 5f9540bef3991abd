"""The order of the image list, and that its pages give every image once in each order there is."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.api.listing import DIRECTIONS, SORT_KEYS
from sharing.models import Image
from tests.api.client import api
from tests.api.listed import ask, images_of, names, walk
from tests.factories import ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def tied(producer, consumer):
    """Images of one's own and accepted ones, with many ties in each field that an order names."""
    for n in range(17):
        owner = producer if n % 4 else consumer
        image = ImageFactory(
            owner=owner.tenant,
            name=("a", "A", "é", "日本" * 50, "", "it's; -- %_\\")[n % 6],
            status=("active", "queued", "deactivated")[n % 3],
            disk_format=("raw", "qcow2", "")[n % 3],
            container_format=("bare", "")[n % 2],
            size=(0, 2**62, 5)[n % 3],
            created_at=NOON + timedelta(microseconds=n % 4),
            updated_at=NOON + timedelta(days=n % 2),
            on_hold=not n % 5,
        )
        if owner is consumer:
            MembershipFactory(image=image, member_id=producer.id, status="accepted")


def walked(asking, query, limit):
    pages = walk(asking, f"/v2/images?limit={limit}&{query}")
    return [image["id"] for page in pages for image in page.json["images"]]


def as_sorted(*order):
    """What one SELECT without pages gives: the database's own word on how it sorts."""
    return [str(pk) for pk in Image.objects.order_by(*order).values_list("pk", flat=True)]


def in_database(pairs):
    signs = {"asc": "", "desc": "-"}
    if [key for key, _ in pairs] == ["name"]:
        # By the name alone: upper case goes with lower case.
        pairs = [("words", pairs[0][1])]
    order = [signs[direction] + key for key, direction in pairs]
    return order if "id" in dict(pairs) else [*order, signs[pairs[-1][1]] + "id"]


@pytest.mark.usefixtures("tied")
class TestEveryOrder:
    @pytest.mark.parametrize("limit", [1, 5, 17])
    @pytest.mark.parametrize("direction", DIRECTIONS)
    @pytest.mark.parametrize("key", SORT_KEYS)
    def test_of_one_field_gives_every_image_once(self, producer, key, direction, limit):
        expected = as_sorted(*in_database([(key, direction)]))
        for query in (f"sort={key}:{direction}", f"sort_key={key}&sort_dir={direction}"):
            assert walked(api(producer), query, limit) == expected

    @settings(
        max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        pairs=st.lists(
            st.tuples(st.sampled_from(SORT_KEYS), st.sampled_from(DIRECTIONS)),
            min_size=1, max_size=4, unique_by=lambda pair: pair[0],
        ),
        limit=st.integers(1, 18),
    )  # fmt: skip
    def test_of_several_fields_gives_every_image_once(self, producer, pairs, limit):
        expected = as_sorted(*in_database(pairs))
        together = ",".join(f"{key}:{direction}" for key, direction in pairs)
        apart = "&".join(f"sort_key={key}&sort_dir={direction}" for key, direction in pairs)
        assert walked(api(producer), f"sort={together}", limit) == expected
        assert walked(api(producer), apart, limit) == expected

    @pytest.mark.parametrize(
        ("query", "order"),
        [
            ("", ["-created_at", "-id"]), ("sort=name", ["-words", "-id"]),
            ("sort=name,size:asc", ["-name", "size", "id"]),
            ("sort=%20name%20:%20asc", ["words", "id"]), ("sort=name:", ["-words", "-id"]),
            ("sort_key=name", ["-words", "-id"]),
            ("sort_dir=asc", ["created_at", "id"]), ("sort_dir=desc", ["-created_at", "-id"]),
            ("sort_key=name&sort_key=size&sort_dir=asc", ["name", "size", "id"]),
            ("sort_key=name&sort_key=size", ["-name", "-size", "-id"]),
            (
                "sort_key=name&sort_key=size&sort_key=status&sort_dir=asc&sort_dir=asc",
                ["name", "size", "-status", "-id"],
            ),
            ("sort=id:asc,name:desc", ["id"]),
        ],
    )  # fmt: skip
    def test_that_is_told_in_part_is_completed(self, producer, query, order):
        assert walked(api(producer), query, 4) == as_sorted(*order)

    @pytest.mark.parametrize(
        "narrowed",
        ["status=active", "visibility=shared&member_status=all", "size_min=1", "os_hidden=false"],
    )
    def test_holds_for_a_list_that_is_narrowed(self, producer, narrowed):
        whole = walked(api(producer), f"{narrowed}&sort=size:asc,name:desc", 1000)
        assert walked(api(producer), f"{narrowed}&sort=size:asc,name:desc", 3) == whole
        assert len(set(whole)) == len(whole) > 3

    def test_is_kept_in_the_address_of_the_next_page(self, producer):
        told = ask(api(producer), limit=2, sort_key=["name", "size"], sort_dir=["asc", "desc"])
        asked = parse_qs(urlsplit(told.json["next"]).query)
        assert (asked["sort_key"], asked["sort_dir"]) == (["name", "size"], ["asc", "desc"])


def test_the_newest_come_first(producer):
    for name, days in (("old", -1), ("new", 1), ("middle", 0)):
        ImageFactory(owner=producer.tenant, name=name, created_at=NOON + timedelta(days=days))
    assert names(api(producer)) == ["new", "middle", "old"]


def test_a_marker_is_good_for_any_order(producer):
    for name in "abc":
        ImageFactory(owner=producer.tenant, name=name)
    by_name = images_of(ask(api(producer), sort="name:asc"))
    marker = by_name[1]["id"]
    assert names(api(producer), sort="name:asc", marker=marker) == ["c"]
    assert names(api(producer), sort="name:desc", marker=marker) == ["a"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"sort": ""}, "sort"), ({"sort": "owner"}, "sort"), ({"sort": "name:up"}, "sort"),
        ({"sort": "name:ASC"}, "sort"),
        ({"sort": "name,"}, "sort"), ({"sort": ",name"}, "sort"), ({"sort": "name:asc:asc"}, "sort"),
        ({"sort": "name,name"}, "sort"), ({"sort": "name:asc,name:desc"}, "sort"), ({"sort": "-name"}, "sort"),
        ({"sort": "os_distro"}, "sort"), ({"sort": "owner__name"}, "sort"), ({"sort": "?"}, "sort"),
        ({"sort": "pk"}, "sort"), ({"sort": ":asc"}, "sort"), ({"sort": "name;asc"}, "sort"),
        ({"sort": "id;--"}, "sort"),
        ({"sort": "name", "sort_key": "name"}, "sort"), ({"sort": "name", "sort_dir": "asc"}, "sort"),
        ({"sort_key": ""}, "sort_key"), ({"sort_key": "owner"}, "sort_key"), ({"sort_key": "name:asc"}, "sort_key"),
        ({"sort_key": ["name", "name"]}, "sort_key"), ({"sort_key": "properties"}, "sort_key"),
        ({"sort_dir": ""}, "sort_dir"), ({"sort_dir": "up"}, "sort_dir"), ({"sort_dir": "ASC"}, "sort_dir"),
        ({"sort_key": "name", "sort_dir": "x"}, "sort_dir"), ({"sort_dir": ["asc", "desc"]}, "sort_dir"),
        ({"sort_key": "name", "sort_dir": ["asc", "desc"]}, "sort_dir"),
    ],
    ids=str,
)  # fmt: skip
def test_an_order_that_is_none_is_refused_and_the_parameter_named(producer, query, named):
    told = ask(api(producer), **query)
    assert (told.status, told.json["code"]) == (400, "400 Bad Request")
    assert told.json["message"].startswith(f"{named}: ")

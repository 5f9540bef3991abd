"""What the parameters of the image list leave of it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.api.client import IMAGES, api
from tests.api.listed import names
from tests.factories import ImageFactory, MembershipFactory, tag

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def make(producer):
    """Makes images of the producer, by their names."""

    def images(**facts):
        return {
            name: ImageFactory(owner=producer.tenant, name=name, **of) for name, of in facts.items()
        }

    return images


def listed(producer, **query):
    return sorted(names(api(producer), **query))


FACTS = {
    "plain": {"size": 100, "min_disk": 0, "min_ram": 0},
    "hidden": {"os_hidden": True, "size": 100},
    "guarded": {"protected": True, "size": 200, "min_disk": 10},
    "other": {"disk_format": "raw", "container_format": "ami", "size": 2**62, "min_ram": 512},
    "waiting": {"status": "queued", "disk_format": "", "container_format": "", "size": 0},
    "suspended": {"status": "deactivated", "size": 1},
    "on hold": {"on_hold": True, "size": 1},
}
SEEN = set(FACTS) - {"hidden"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, SEEN),
        ({"os_hidden": "false"}, SEEN), ({"os_hidden": "0"}, SEEN),
        ({"os_hidden": "true"}, {"hidden"}), ({"os_hidden": "True"}, {"hidden"}), ({"os_hidden": "1"}, {"hidden"}),
        ({"protected": "true"}, {"guarded"}), ({"protected": "False"}, SEEN - {"guarded"}),
        ({"protected": "true", "os_hidden": "true"}, set()),
        ({"name": "plain"}, {"plain"}), ({"name": "Plain"}, set()), ({"name": "pla"}, set()), ({"name": ""}, set()),
        ({"name": "in:plain,other"}, {"plain", "other"}), ({"name": "in:plain,nothing"}, {"plain"}),
        ({"name": 'in:"on hold",other'}, {"on hold", "other"}), ({"name": "in:"}, set()),
        ({"disk_format": "raw"}, {"other"}), ({"disk_format": "in:raw,qcow2"}, SEEN - {"waiting"}),
        ({"disk_format": "exe"}, set()), ({"disk_format": ""}, {"waiting"}),
        ({"container_format": "ami"}, {"other"}), ({"container_format": "in:bare,ami"}, SEEN - {"waiting"}),
        ({"size_min": 200}, {"guarded", "other"}), ({"size_max": 100}, {"plain", "suspended", "on hold"}),
        ({"size_min": 100, "size_max": 200}, {"plain", "guarded"}), ({"size_min": 0}, SEEN - {"waiting"}),
        ({"size_max": 2**63 - 1}, SEEN - {"waiting"}), ({"size_min": 2**63 - 1}, set()), ({"size_max": 0}, set()),
        ({"min_disk": 10}, {"guarded"}), ({"min_ram": 512}, {"other"}), ({"min_ram": 2**63 - 1}, set()),
        ({"status": "active"}, {"plain", "guarded", "other"}), ({"status": "queued"}, {"waiting"}),
        ({"status": "deactivated"}, {"suspended", "on hold"}),
        ({"status": "in:queued,deactivated"}, {"waiting", "suspended", "on hold"}),
        ({"status": "in:active,deactivated,queued"}, SEEN), ({"status": "killed"}, set()), ({"status": "in:"}, set()),
        ({"owner": "4471021"}, SEEN), ({"owner": "5083310"}, set()), ({"owner": ""}, set()), ({"owner": "x y"}, set()),
        ({"name": "plain", "size_min": 200}, set()), ({"name": "plain", "os_hidden": "true"}, set()),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)  # fmt: skip
def test_facts_of_the_image_leave_those_that_have_them(producer, make, query, expected):
    make(**FACTS)
    assert listed(producer, **query) == sorted(expected)


def test_ids_leave_those_that_have_them(producer, make):
    found = {name: str(image.pk) for name, image in make(one={}, two={}, three={}).items()}
    for query, expected in (
        (found["one"], ["one"]), (found["one"].upper(), ["one"]), (str(uuid4()), []),
        (f"in:{found['one']},{found['two']}", ["one", "two"]), (f"in:{found['one']},{uuid4()}", ["one"]),
    ):  # fmt: skip
        assert listed(producer, id=query) == expected


def test_an_owner_leaves_what_that_tenant_shared(producer, consumer, make):
    make(mine={})
    shared = ImageFactory(owner=consumer.tenant, name="shared")
    MembershipFactory(image=shared, member_id=producer.id, status="accepted")
    assert listed(producer) == ["mine", "shared"]
    assert listed(producer, owner=consumer.id) == ["shared"]
    assert listed(producer, owner=producer.id) == ["mine"]


def test_an_owner_leaves_nothing_that_another_one_shared(producer, consumer, stranger):
    for owner in (consumer, stranger):
        image = ImageFactory(owner=owner.tenant, name=f"of {owner.tenant.name}")
        MembershipFactory(image=image, member_id=producer.id, status="accepted")

    assert listed(producer, owner=consumer.id) == ["of Consumer"]
    assert listed(producer, owner=stranger.id, status="active") == ["of Stranger"]
    assert listed(producer, owner="7000000") == []


def test_filters_hold_for_what_is_shared_too(producer, consumer):
    for name, facts in FACTS.items():
        image = ImageFactory(owner=consumer.tenant, name=name, **facts)
        MembershipFactory(image=image, member_id=producer.id, status="accepted")
        tag(image, name)
    assert listed(producer, status="deactivated") == ["on hold", "suspended"]
    assert listed(producer, os_hidden="true") == ["hidden"]
    assert listed(producer, tag="other", size_min=5) == ["other"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["a"], ["both", "one"]), (["a", "b"], ["both"]), (["b", "a", "a"], ["both"]), (["A"], []), ([""], []),
        (["a", "c"], []), (["é, ü"], ["unicode"]), (["in:a,b"], []),
    ],
    ids=str,
)  # fmt: skip
def test_tags_leave_those_that_have_all_of_them(producer, make, tags, expected):
    images = make(both={}, one={}, unicode={}, none={})
    for name, of in {"both": "ab", "one": "a", "unicode": ["é, ü"]}.items():
        tag(images[name], *of)
    assert listed(producer, tag=tags) == expected


NAMES = [
    "os_distro", "a.b", "owner_specified.openstack.md5", "a__b", "a__contains", "0", "12", "-1", "$", "$.a", "[0]",
    'a"b', "a'b", "a%sb", "%", "a b", "ünï", "日本", "🐧", "a\\b", "a]b", "a:b", "pk", "properties", "x" * 255,
    "' OR 1=1 --", "key", "value", "image_type",
]  # fmt: skip


class TestProperties:
    @pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:30])
    def test_of_any_name_leave_those_that_have_the_value(self, producer, make, name):
        make(
            same={"properties": {name: "yes"}}, other={"properties": {name: "no"}}, none={},
            nearby={"properties": {f"{name}x": "yes", "yes": name}},
        )  # fmt: skip
        assert listed(producer, **{name: "yes"}) == ["same"]
        assert listed(producer, **{name: "maybe"}) == []
        assert listed(producer, **{name: "yes", "os": "x"}) == []

    @pytest.mark.parametrize(
        "value", ["", "é", "日本", "🐧", "1", "true", "null", '"', "'", "%", "a&b=c", "[]", "in:a,b", "\n", "x" * 9000],
        ids=lambda value: value[:10],
    )  # fmt: skip
    def test_of_any_value_leave_those_that_have_it(self, producer, make, value):
        make(
            same={"properties": {"word": value}},
            other={"properties": {"word": f"{value}x"}},
            none={},
        )
        assert listed(producer, word=value) == ["same"]

    def test_are_compared_letter_by_letter(self, producer, make):
        make(lower={"properties": {"word": "a"}}, upper={"properties": {"WORD": "a", "word": "A"}})
        assert listed(producer, word="a") == ["lower"]
        assert listed(producer, WORD="a") == ["upper"]

    def test_are_found_by_all_of_several(self, producer, make):
        make(both={"properties": {"a": "1", "b": "2"}}, one={"properties": {"a": "1"}})
        assert listed(producer, a="1", b="2") == ["both"]

    def test_that_are_facts_of_the_portal_are_found_too(self, producer, make):
        parent = make(parent={})["parent"]
        make(
            made={"base_image_ref": parent.pk}, open={"redistributable": True},
            considered={"export_acknowledged_at": NOON},
        )  # fmt: skip
        assert listed(producer, base_image_ref=parent.pk) == ["made"]
        assert listed(producer, redistributable="true") == ["open"]
        assert listed(producer, redistributable="False") == ["considered", "made", "parent"]
        assert listed(producer, export_acknowledged="true") == ["considered"]


class TestMoments:
    """The moments of the wire have no fraction; those that are kept have one."""

    @pytest.fixture
    def images(self, make):
        moments = {"before": -1, "at": 0, "within": 0.75, "after": 1}
        return make(
            **{
                name: {
                    field: NOON + timedelta(seconds=seconds)
                    for field in ("created_at", "updated_at")
                }
                for name, seconds in moments.items()
            }
        )

    @pytest.mark.usefixtures("images")
    @pytest.mark.parametrize("name", ["created_at", "updated_at"])
    @pytest.mark.parametrize(
        ("operator", "expected"),
        [
            ("", ["at", "within"]), ("eq:", ["at", "within"]), ("neq:", ["after", "before"]), ("gt:", ["after"]),
            ("gte:", ["after", "at", "within"]), ("lt:", ["before"]), ("lte:", ["at", "before", "within"]),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize(
        "moment", ["2026-05-03T12:00:00Z", "2026-05-03T12:00:00", "2026-05-03T14:00:00+02:00"]
    )
    def test_leave_those_that_are_so(self, producer, name, operator, expected, moment):
        assert listed(producer, **{name: f"{operator}{moment}"}) == expected

    def test_as_they_are_told_find_the_image(self, producer, images):
        told = api(producer).get(f"{IMAGES}/{images['within'].pk}").json
        assert "within" in listed(producer, created_at=told["created_at"])


def test_a_tag_is_found_where_the_words_of_the_image_are_cut_off(producer, make):
    names = [f"{n:03}{'é' * 200}" for n in range(10)]
    tag(make(long={})["long"], *names)
    for name in names:
        assert listed(producer, tag=name) == ["long"]


def test_a_hundred_filters_are_taken(producer, make):
    properties = {f"p{n}": "x" for n in range(70)}
    image = make(all={"properties": properties}, none={})["all"]
    tag(image, *(f"t{n}" for n in range(30)))
    assert listed(producer, tag=[f"t{n}" for n in range(30)], **properties) == ["all"]

"""The image list: who sees what in it, and page after page of it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from sharing.models import Image, ImageTag
from tests.api.client import IMAGES, Api, api, reader_api
from tests.api.listed import ask, images_of, names, walk
from tests.clients.recording import EXCHANGES
from tests.factories import ImageFactory, MembershipFactory, tag

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
ENDPOINT = "/image"


class TestWhoSeesWhat:
    @pytest.fixture
    def asking(self, producer, consumer, stranger):
        """What each caller asks with, where the producer has offered three images to the consumer."""
        for status in ("pending", "accepted", "rejected"):
            image = ImageFactory(owner=producer.tenant, name=status)
            MembershipFactory(image=image, member_id=consumer.id, status=status)
            withdrawn = ImageFactory(
                owner=producer.tenant, name=f"{status}, made private", visibility="private"
            )
            MembershipFactory(image=withdrawn, member_id=consumer.id, status=status)
        ImageFactory(owner=producer.tenant, name="not offered")
        for visibility in ("private", "shared"):
            ImageFactory(
                owner=consumer.tenant, name=f"consumer's {visibility}", visibility=visibility
            )
        return {
            "owner": api(producer), "owner's reader": reader_api(producer), "member": api(consumer),
            "member's reader": reader_api(consumer), "stranger": api(stranger),
        }  # fmt: skip

    SHARED = ("pending", "accepted", "rejected", "not offered")
    PRIVATE = tuple(f"{status}, made private" for status in ("pending", "accepted", "rejected"))
    MINE = ("consumer's shared",)
    ALSO_MINE = ("consumer's private",)

    @pytest.mark.parametrize("caller", ["owner", "owner's reader"])
    @pytest.mark.parametrize("member_status", ["", "pending", "accepted", "rejected", "all"])
    @pytest.mark.parametrize(
        ("visibility", "listed"),
        [
            ("", SHARED + PRIVATE), ("all", SHARED + PRIVATE), ("shared", SHARED), ("private", PRIVATE),
            ("public", ()), ("community", ()),
        ],
    )  # fmt: skip
    def test_its_own_are_listed_to_the_owner_whatever_its_members_answered(
        self, asking, caller, member_status, visibility, listed
    ):
        assert self.listed(asking[caller], visibility, member_status) == sorted(listed)

    @pytest.mark.parametrize("caller", ["member", "member's reader"])
    @pytest.mark.parametrize(
        ("member_status", "offered"),
        [
            ("", ("accepted",)), ("accepted", ("accepted",)), ("pending", ("pending",)),
            ("rejected", ("rejected",)), ("all", ("accepted", "pending", "rejected")),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize(
        ("visibility", "mine", "with_offered"),
        [
            ("", MINE + ALSO_MINE, True), ("all", MINE + ALSO_MINE, True), ("shared", MINE, True),
            ("private", ALSO_MINE, False), ("public", (), False), ("community", (), False),
        ],
    )  # fmt: skip
    def test_offers_are_listed_to_the_member_by_its_answer_beside_its_own(
        self, asking, caller, member_status, offered, visibility, mine, with_offered
    ):
        expected = sorted(mine + (offered if with_offered else ()))
        assert self.listed(asking[caller], visibility, member_status) == expected

    @pytest.mark.parametrize("visibility", ["", "all", "shared", "private", "public", "community"])
    @pytest.mark.parametrize("member_status", ["", "pending", "accepted", "rejected", "all"])
    def test_nothing_is_listed_to_a_stranger(self, asking, visibility, member_status):
        assert self.listed(asking["stranger"], visibility, member_status) == []

    @staticmethod
    def listed(asking, visibility, member_status):
        query = {"visibility": visibility, "member_status": member_status}
        return sorted(names(asking, **{name: value for name, value in query.items() if value}))


def test_an_image_is_told_as_it_is_shown_by_its_id(producer):
    image = ImageFactory(owner=producer.tenant, properties={"os_distro": "debian"}, virtual_size=5)
    ImageTag.objects.bulk_create(ImageTag(image=image, name=name) for name in ("b", "a"))
    asking = api(producer)
    [listed] = images_of(ask(asking))
    assert listed == asking.get(f"{IMAGES}/{image.pk}").json
    recorded = EXCHANGES["GET {image}/v2/images?visibility=shared -> 200"]["response_body"]
    keys = {key for key in recorded["images"][0] if not key.startswith(("owner_", "stores"))}
    assert listed.keys() == keys
    assert listed["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    "recorded",
    [
        line
        for line in EXCHANGES
        if line.startswith("GET {image}/v2/images")
        and "{uuid} " not in line
        and "/members" not in line
        and "/file" not in line
    ],
)
def test_the_answer_has_the_keys_first_and_schema_of_the_recorded_one(producer, recorded):
    path = recorded.split()[1].removeprefix("{image}")
    told = api(producer).get(f"{ENDPOINT}{path}")
    body = EXCHANGES[recorded]["response_body"]
    assert told.status == 200
    assert told.json == body | {"images": []}
    assert told.headers["Content-Type"] == "application/json"


class TestPages:
    @pytest.fixture
    def many(self, producer, consumer):
        """Own and accepted images with ties, and one beside them that is not listed."""
        made = []
        for n in range(11):
            owner = producer if n % 3 else consumer
            image = ImageFactory(
                owner=owner.tenant, name="ab"[n % 2], created_at=NOON + timedelta(seconds=n % 4)
            )
            if owner is consumer:
                MembershipFactory(image=image, member_id=producer.id, status="accepted")
            made.append(str(image.pk))
        ImageFactory(owner=consumer.tenant)
        return made

    @pytest.mark.parametrize("limit", [1, 2, 3, 10, 11, 12])
    @pytest.mark.parametrize(
        "query", ["", "&sort=name:asc", "&visibility=shared&member_status=all&os_distro="]
    )
    def test_give_every_image_exactly_once(self, producer, many, limit, query):
        if "os_distro" in query:
            Image.objects.update(properties={"os_distro": ""})
        pages = walk(api(producer), f"/v2/images?limit={limit}{query}")
        walked = [image["id"] for page in pages for image in page.json["images"]]
        assert sorted(walked) == sorted(many)
        assert [len(page.json["images"]) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert pages[-1].json["images"]

    def test_name_the_first_and_the_next_one_below_the_endpoint_with_their_query(
        self, producer, many
    ):
        query = "limit=2&sort=name%3Aasc&tag=%C3%A9&tag=b&os_hidden=true"
        Image.objects.update(os_hidden=True)
        for image in Image.objects.all():
            tag(image, "é", "b")
        first, second, *_ = walk(api(producer), f"/v2/images?{query}")
        for page in (first, second):
            assert page.json["first"] == f"/v2/images?{query}"
            split = urlsplit(page.json["next"])
            asked = parse_qs(split.query)
            assert split.path == "/v2/images"
            assert asked.pop("marker") == [page.json["images"][-1]["id"]]
            assert asked == parse_qs(query)

    def test_without_a_limit_are_of_25_and_at_most_of_1000(self, producer):
        ImageFactory.create_batch(26, owner=producer.tenant)
        told = ask(api(producer))
        assert len(images_of(told)) == 25
        assert parse_qs(urlsplit(told.json["next"]).query) == {
            "marker": [told.json["images"][-1]["id"]]
        }
        told = ask(api(producer), limit=10**12)
        assert len(images_of(told)) == 26
        assert "next" not in told.json

    @pytest.mark.parametrize("limit", [1, 4, 5, 6, 24, 25, 26, 29, 30, 31])
    @pytest.mark.parametrize("sort", ["created_at:desc", "name:asc", "size:desc"])
    def test_are_as_long_as_the_limit_whatever_the_statement_reads(self, producer, limit, sort):
        every = {str(one.pk) for one in ImageFactory.create_batch(30, owner=producer.tenant)}
        pages = walk(api(producer), f"/v2/images?limit={limit}&sort={sort}")
        walked = [image["id"] for page in pages for image in page.json["images"]]
        assert [len(page.json["images"]) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert (len(walked), set(walked)) == (30, every)

    def test_of_no_images_are_empty_and_have_no_next_one(self, producer, many):
        told = ask(api(producer), limit=0)
        assert (images_of(told), told.json.get("next")) == ([], None)

    def test_the_last_one_has_no_next_one(self, producer, many):
        assert "next" not in ask(api(producer), limit=11).json

    def test_go_on_after_the_marker_though_rows_come_and_go(self, producer, many):
        first = ask(api(producer), limit=3, sort="created_at:asc")
        Image.objects.filter(pk=first.json["images"][0]["id"]).delete()
        ImageFactory(owner=producer.tenant, created_at=NOON - timedelta(days=1))
        rest = walk(api(producer), first.json["next"])
        walked = [image["id"] for page in rest for image in page.json["images"]]
        told = {image["id"] for image in first.json["images"]}
        assert sorted(walked) == sorted(set(many) - told)


def test_no_token_lists_nothing(producer):
    assert Api().get(IMAGES).status == 401

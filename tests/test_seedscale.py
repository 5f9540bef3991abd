"""`manage.py seedscale`: an empty database becomes a large one, of valid rows, or stays empty."""

import json
from collections import Counter
from datetime import date
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Q

from sharing.models import Event, Image, ImageTag, Membership, Tenant, TenantUser, User
from sharing.models.tenant import is_tenant_id
from sharing.seeding.families import RARE
from sharing.seeding.images import Images
from sharing.seeding.plan import plan
from sharing.seeding.tenants import Tenants
from tests.command_line import run
from tests.conftest import signed_in
from tests.factories import MembershipFactory, UserFactory
from tests.refusals import everything
from tests.seeded import IMAGES, MEMBERSHIPS, SIZES, definitions, no_statistics_left_over  # noqa: F401

# It makes its own transaction, and changes tables in it.
pytestmark = pytest.mark.django_db(transaction=True)

UNTIL = ("--until", "2026-06-30")
ANSWERED = ("accepted", "rejected")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "scale.json"


@pytest.fixture
def found(file):
    run("seedscale", *SIZES, *UNTIL, "--json", file)
    return json.loads(file.read_text())


def rows() -> dict[str, list[dict[str, object]]]:
    """Every row but the password, which is another each time."""
    users = User.objects.order_by("pk").values("pk", "email", "is_staff", "date_joined")
    return everything() | {"User": list(users)}


def test_there_are_as_many_images_and_memberships_as_wished(found):
    assert Image.objects.count() == IMAGES
    assert Membership.objects.count() == MEMBERSHIPS
    counts = {
        "tenants": Tenant, "users": User, "tenant users": TenantUser, "images": Image, "image tags": ImageTag,
        "memberships": Membership, "events": Event,
    }  # fmt: skip
    assert found["rows"] == {name: model.objects.count() for name, model in counts.items()}
    assert all(found["rows"].values())


@pytest.mark.parametrize("model", [Tenant, TenantUser, User, Image, ImageTag, Membership, Event])
def test_every_row_is_valid(found, model):
    for row in model.objects.order_by("?")[:100]:
        row.full_clean()


def test_no_tenant_is_a_member_of_its_own_image_and_tenant_ids_are_well_formed(found):
    assert not Membership.objects.filter(member_id=F("image__owner_id")).exists()
    assert all(map(is_tenant_id, Membership.objects.values_list("member_id", flat=True)))
    assert all(map(is_tenant_id, Tenant.objects.values_list("pk", flat=True)))


def test_some_members_have_not_joined_and_answer_nothing(found):
    strangers = Membership.objects.exclude(member_id__in=Tenant.objects.values("pk"))
    assert strangers.exists()
    assert not strangers.exclude(status="pending").exists()


def test_image_ids_are_uuids_of_version_7_in_the_order_of_time(found):
    by_id = Image.objects.order_by("pk")
    assert list(by_id) == list(by_id.order_by("created_at"))
    for image in by_id:
        assert image.pk.version == 7
        assert image.pk.int >> 80 == int(image.created_at.timestamp() * 1000 + 0.5)
    first, last = by_id.first().created_at, by_id.last().created_at
    assert (last - first).days > 1050
    assert last.date().isoformat() < "2026-06-30"


def test_an_answer_stands_where_and_only_where_a_status_tells_of_one(found):
    unanswered = Q(answered_at=None, answered_by="")
    assert not Membership.objects.filter(unanswered, status__in=ANSWERED).exists()
    assert not Membership.objects.pending().exclude(unanswered).exists()
    assert not Membership.objects.filter(answered_at__lte=F("created_at")).exists()
    assert not Membership.objects.filter(created_at__lte=F("image__created_at")).exists()


def test_history_tells_of_every_membership_and_answer_once_and_in_the_order_of_time(found):
    offers = Event.objects.filter(verb="offered").values_list(
        "offer_id", "image_id", "member_id", "owner_id", "actor", "at"
    )
    answers = Event.objects.filter(verb__in=ANSWERED).values_list(
        "offer_id", "verb", "actor", "actor_tenant_id", "at"
    )
    stand = Membership.objects.all()
    assert Counter(offers) == Counter(
        stand.values_list(
            "pk", "image_id", "member_id", "image__owner_id", "offered_by", "created_at"
        )
    )
    assert Counter(answers) == Counter(
        stand.exclude(status="pending").values_list(
            "pk", "status", "answered_by", "member_id", "answered_at"
        )
    )
    for ordered in (Event.objects.values_list("at"), Membership.objects.values_list("created_at")):
        assert list(ordered.order_by("pk")) == sorted(ordered)


def test_history_tells_how_each_image_came_to_be_as_it_is(found):
    def images_with(verb):
        return Counter(Event.objects.filter(verb=verb).values_list("image_id", flat=True))

    def ids(**conditions):
        return Counter(Image.objects.filter(**conditions).values_list("pk", flat=True))

    assert images_with("created") == ids()
    assert images_with("imported") == ids(status__in=("active", "deactivated"))
    assert images_with("held") - images_with("released") == ids(on_hold=True)
    assert set(images_with("released")) <= set(
        ids(on_hold=False, owner=found["hottest_owner"]["tenant"])
    )
    assert images_with("deactivated") == ids(status="deactivated")
    assert images_with("confirmed") == ids(checklist_confirmed_at__isnull=False)
    offered = Image.objects.filter(memberships__isnull=False).distinct()
    assert all(image.checklist_stands for image in offered)


def test_there_is_some_of_everything(found):
    for conditions in (
        *({"status": status} for status in Image.Status),
        *({"visibility": visibility} for visibility in Image.Visibility),
        {"on_hold": True}, {"protected": True}, {"redistributable": True}, {"tags__name": "golden"},
        {"base_image_ref__isnull": False}, {"restriction": "Windows"}, {"name__contains": "debian-12"},
        {"properties__image_type": "snapshot"}, {"visibility": "private", "memberships__status": "accepted"},
    ):  # fmt: skip
        assert 0 < Image.objects.filter(**conditions).distinct().count() <= IMAGES, conditions
    assert set(Membership.objects.values_list("status", flat=True)) == set(Membership.Status.values)


@pytest.mark.parametrize("number", [1000, 20_000])
def test_what_is_seldom_fills_a_page_and_no_more_than_that_as_the_sizes_grow(number):
    wished = plan(number, 10 * number, until=date(2026, 6, 30))
    images = list(Images(wished, Tenants(wished)))
    of_the_hottest = [image for image in images if image.place < wished.hottest_owner]

    assert 50 <= sum(image.on_hold for image in images) <= number // 12
    assert sum(image.on_hold or image.was_on_hold for image in of_the_hottest) >= 25
    for word in RARE:
        assert 50 <= sum(image.name.endswith(f"-{word}") for image in images) <= 100


def test_licence_restrictions_are_as_housekeeping_would_settle_them(found):
    before = everything()
    assert "0 images changed" in run("housekeeping", "--dry-run")
    assert everything() == before
    for image in Image.objects.filter(base_image_ref__isnull=False):
        parent = Image.objects.get(pk=image.base_image_ref)
        assert (parent.owner_id, parent.created_at < image.created_at) == (image.owner_id, True)


def sizes(rows, key):
    """How many rows have each value, most first."""
    return list(rows.values_list(key).annotate(n=Count("pk")).order_by("-n"))


def test_the_hottest_are_the_hottest_and_grow_with_the_sizes(found):
    owners, consumers, images = (
        sizes(Image.objects.all(), "owner_id"),
        sizes(Membership.objects.all(), "member_id"),
        sizes(Membership.objects.all(), "image_id"),
    )
    assert owners[0] == (found["hottest_owner"]["tenant"], 75)
    assert consumers[0] == (found["hottest_consumer"]["tenant"], 127)
    assert images[0] == (UUID(found["hottest_image"]["image"]), 300)
    for largest, second, *_ in (owners, consumers, images):
        assert second[1] < largest[1]
    assert found["hottest_consumer"]["memberships"] == 127
    assert len(owners) > 50
    assert len(consumers) > 300


def test_those_it_names_sign_in_and_see_their_pages(found):
    for name, page in (
        ("hottest_owner", "images"), ("hottest_consumer", "inbox"), ("hottest_consumer", "images"),
        ("typical_owner", "images"), ("typical_consumer", "inbox"),
    ):  # fmt: skip
        told = found[name]
        user = User.objects.get(email=told["user"])
        assert user.check_password(found["password"])
        answer = signed_in(user).get(f"/t/{told['tenant']}/{page}/")
        assert answer.status_code == 200, (name, page)
    hottest = found["hottest_image"]
    owner = signed_in(User.objects.get(email=hottest["user"]))
    assert owner.get(f"/t/{hottest['tenant']}/images/{hottest['image']}/").status_code == 200
    operator = User.objects.get(email=found["operator"]["user"])
    assert signed_in(operator).get("/admin/").status_code == 200


def test_typical_ones_are_small(found):
    assert 0 < found["typical_owner"]["images"] < 15
    assert 0 < found["typical_consumer"]["memberships"] < 30
    assert 0 < found["typical_image"]["members"] < 60


def test_the_file_is_for_its_owner_alone(found, file):
    assert file.stat().st_mode & 0o777 == 0o600


def test_indexes_and_constraints_are_those_of_a_migrated_database():
    before = definitions()
    run("seedscale", *SIZES)
    assert definitions() == before


def test_new_rows_get_new_keys(found):
    image = Image.objects.first()
    membership = Membership.objects.create(image=image, member_id="1", offered_by="x")
    assert membership.pk == MEMBERSHIPS + 1
    user = UserFactory()
    assert (
        TenantUser.objects.create(user=user, tenant=image.owner).pk
        == found["rows"]["tenant users"] + 1
    )


def test_keys_go_on_behind_the_last_row_in_tables_that_held_others_once():
    MembershipFactory(pk=987_654).image.owner.images.all().delete()
    Tenant.objects.all().delete()
    run("seedscale", *SIZES)
    membership = MembershipFactory(image=Image.objects.first(), member_id="1")
    assert membership.pk == MEMBERSHIPS + 1


def test_the_same_seed_makes_the_same_rows_and_another_others():
    made = []
    for seed in (5, 5, 6):
        run("seedscale", *SIZES, *UNTIL, "--seed", seed)
        made.append(rows())
        call_command("flush", interactive=False, verbosity=0)
    first, same, other = made
    assert first == same
    for name in ("Tenant", "Image", "Membership", "Event"):
        assert first[name] != other[name]

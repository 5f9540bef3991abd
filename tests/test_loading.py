import json
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sharing.errors import Gone
from sharing.image_list import entries
from sharing.loading import Loaded, Record, _write, load_images
from sharing.management.commands.loaddemo import RECORDED_IMAGES
from sharing.models import Image
from tests.factories import ImageFactory, MembershipFactory
from tests.image_lists import CHANGED, ID, NEW, RECORD, UNCHANGED, as_list, load, refusal
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db

NOT_PROPERTIES = {"id", "name", "owner", "self", "file", "schema", "base_image_ref"}
RECORDED = json.loads(RECORDED_IMAGES.read_bytes())["images"]


def with_ids(count: int) -> list[dict]:
    return [RECORD | {"id": str(UUID(int=n))} for n in range(count)]


def tags_of(image: Image) -> set[str]:
    return {tag.name for tag in image.tags.all()}


@pytest.mark.parametrize("record", RECORDED, ids=[record["id"] for record in RECORDED])
def test_each_recorded_image_is_here_as_the_cloud_told_it(producer, record):
    load_images(RECORDED_IMAGES.read_bytes(), producer.tenant)

    image = Image.objects.get(pk=record["id"])
    assert image.owner_id == producer.id
    assert (image.name, image.status) == (record["name"], record["status"])
    assert (image.size, image.virtual_size) == (record["size"] or 0, record["virtual_size"])
    assert (image.checksum, image.protected) == (record["checksum"], record["protected"])
    assert image.created_at == datetime.fromisoformat(record["created_at"])
    assert tags_of(image) == set(record["tags"])
    assert str(image.base_image_ref) == str(record.get("base_image_ref"))
    assert image.source == ("snapshot" if record.get("image_type") == "snapshot" else "import")
    assert image.properties.get("os_distro") == record.get("os_distro")
    assert not image.properties.keys() & NOT_PROPERTIES


def test_loading_the_same_list_again_changes_nothing_and_says_so(producer):
    data = RECORDED_IMAGES.read_bytes()
    assert load_images(data, producer.tenant) == Loaded(len(RECORDED), 0, 0, 0)

    with unchanged():
        assert load_images(data, producer.tenant) == Loaded(0, 0, len(RECORDED), 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "web-01 snapshot, second try"),
        ("status", "deactivated"),
        ("visibility", "private"),
        ("disk_format", "raw"),
        ("container_format", "ovf"),
        ("size", 2**63 - 1),
        ("virtual_size", 1),
        ("checksum", "0" * 32),
        ("os_hash_algo", "sha256"),
        ("os_hash_value", "f" * 128),
        ("min_disk", 2**31 - 1),
        ("min_ram", 0),
        ("protected", True),
        ("os_hidden", True),
    ],
)
def test_an_image_here_becomes_like_the_list_whichever_field_changed(producer, column, value):
    load(producer, RECORD)

    listed = str(value) if isinstance(value, UUID) else value
    assert load(producer, RECORD | {column: listed}) == CHANGED
    assert getattr(Image.objects.get(), column) == value


@pytest.mark.parametrize(
    ("changes", "properties"),
    [
        ({"os_distro": "ubuntu"}, {"os_distro": "ubuntu"}),
        ({"hw_disk_bus": "virtio"}, {"os_distro": "debian", "hw_disk_bus": "virtio"}),
        ({"os_distro": None}, {}),
    ],
)
def test_a_custom_property_that_changed_came_or_went_is_a_change(producer, changes, properties):
    load(producer, RECORD)

    assert load(producer, RECORD | changes) == CHANGED
    assert Image.objects.get().properties == properties


@pytest.mark.parametrize("tags", [[], ["web", "golden"], ["Web"], ["golden"]])
def test_tags_follow_the_list(producer, tags):
    load(producer, RECORD)

    assert load(producer, RECORD | {"tags": tags}) == CHANGED
    assert tags_of(Image.objects.get()) == set(tags)


def test_the_order_of_tags_and_a_tag_told_twice_are_no_change(producer):
    load(producer, RECORD | {"tags": ["web", "golden"]})

    assert load(producer, RECORD | {"tags": ["golden", "web", "golden"]}) == UNCHANGED


def test_the_same_moment_told_in_another_zone_is_no_change(producer):
    load(producer, RECORD)

    assert load(producer, RECORD | {"created_at": "2026-11-23T11:38:39+01:00"}) == UNCHANGED


def test_a_changed_image_keeps_its_hold_its_checklist_and_its_members(producer):
    load(producer, RECORD)
    image = Image.objects.get()
    MembershipFactory(image=image, status="accepted")
    Image.objects.update(
        on_hold=True,
        checklist_confirmed_at=timezone.now(),
        checklist_confirmed_by=producer.manager.email,
        checklist_checksum=image.checksum,
    )

    assert load(producer, RECORD | {"name": "renamed in the cloud"}) == CHANGED

    image.refresh_from_db()
    assert image.name == "renamed in the cloud"
    assert image.on_hold
    assert image.checklist_stands
    assert image.checklist_confirmed_by == producer.manager.email
    assert [m.status for m in image.memberships.all()] == ["accepted"]


def test_new_data_needs_a_new_confirmation_of_the_checklist(producer):
    image = ImageFactory(id=UUID(ID), owner=producer.tenant)
    assert image.checklist_stands

    load(producer, RECORD | {"checksum": "f" * 32})

    image.refresh_from_db()
    assert not image.checklist_stands
    assert image.checklist_confirmed_at is not None


def test_an_image_that_the_list_lacks_stays(producer):
    kept = ImageFactory(owner=producer.tenant)

    assert load(producer, RECORD) == NEW
    assert Image.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize("status", ["queued", "saving", "uploading", "importing"])
def test_an_image_whose_data_is_on_its_way_is_queued(producer, status):
    assert load(producer, RECORD | {"status": status, "size": None, "checksum": None}) == NEW

    image = Image.objects.get()
    assert (image.status, image.size, image.checksum) == ("queued", 0, "")


@pytest.mark.parametrize("status", ["killed", "deleted", "pending_delete"])
def test_a_dead_image_is_left_out_and_the_one_here_left_alone(producer, status):
    dead = RECORD | {"status": status}
    assert load(producer, dead) == Loaded(0, 0, 0, 1)
    assert not Image.objects.exists()

    load(producer, RECORD)
    with unchanged():
        assert load(producer, dead) == Loaded(0, 0, 0, 1)


def test_what_a_record_need_not_have_gets_the_defaults_of_the_cloud(producer):
    bare = {key: RECORD[key] for key in ("id", "status", "created_at", "updated_at")}
    load(producer, bare)

    image = Image.objects.get()
    assert (image.name, image.visibility, image.size, image.virtual_size) == ("", "shared", 0, None)
    assert (image.properties, tags_of(image), image.base_image_ref) == ({}, set(), None)


def test_a_snapshot_of_a_server_that_booted_from_a_volume_has_no_base_image(producer):
    load(producer, RECORD | {"base_image_ref": ""})

    assert Image.objects.get().base_image_ref is None


def test_where_the_cloud_keeps_the_data_does_not_become_a_property_that_consumers_see(producer):
    load(producer, RECORD | {"direct_url": "rbd://secret", "locations": [{"url": "rbd://secret"}]})

    assert Image.objects.get().properties == {"os_distro": "debian"}


@pytest.mark.parametrize(
    "name",
    [
        "Ünïcødé ✓",
        "𝕬 👩‍👩‍👧‍👦",
        "\u202etxt.exe",
        "a\tb\nc\x1b[31m",
        "e\u0301 é",
        "İı",
        "\U0010ffff",
        "'; DROP--",
        " ",
    ],
)
def test_any_name_without_nul_comes_back_as_it_was(producer, name):
    changes = {"name": name, "tags": [name], "description": name, name: "a property"}
    load(producer, RECORD | changes)

    image = Image.objects.get()
    assert image.name == name
    assert tags_of(image) == {name}
    assert image.properties == {"os_distro": "debian", "description": name, name: "a property"}
    assert load(producer, RECORD | changes) == UNCHANGED


def test_an_id_that_belongs_to_another_tenant_here_is_refused_and_its_image_left_alone(
    producer, stranger
):
    ImageFactory(id=UUID(ID), owner=stranger.tenant)
    sentence = refusal(producer, as_list(RECORD | {"id": str(UUID(int=1))}, RECORD))

    assert sentence.startswith(f"Image 2 (id {ID}, “web-01 snapshot”): ")
    assert "tenant 6120047" in sentence


@pytest.mark.parametrize("meanwhile", ["deleted", "another's"])
def test_an_image_that_went_while_the_list_was_compared_is_not_made_again(
    producer, stranger, meanwhile
):
    image = ImageFactory(id=UUID(ID), owner=producer.tenant)
    entry = next(entries(as_list(RECORD)))
    changed = [Record(entry, Image(id=image.pk, owner=producer.tenant, name="changed"))]
    image.delete()
    if meanwhile == "another's":
        ImageFactory(id=UUID(ID), owner=stranger.tenant)

    with refused(Gone):
        _write([], changed, producer.tenant)


def test_the_number_of_queries_does_not_grow_with_the_list(producer):
    def queries(records):
        with CaptureQueriesContext(connection) as captured:
            load(producer, *records)
        return len(captured)

    few, many = with_ids(2), with_ids(200)
    changed = [
        [record | {"size": 1, "tags": ["new"]} for record in records] for records in (few, many)
    ]
    new = queries(few)
    same = queries(few)
    differing = queries(changed[0])
    Image.objects.all().delete()

    assert queries(many) == new
    assert queries(many) == same
    assert queries(changed[1]) == differing

"""JSON patch over the API: which operation does what to which field, and which is refused how."""

import pytest

from sharing.models import Event, Image, ImageTag
from tests.api.client import PATCH, Api, api
from tests.api.refusing import at, refused
from tests.factories import ImageFactory
from tests.imported import queued

pytestmark = pytest.mark.django_db
CHANGED = ["changed"]


@pytest.fixture
def image(producer) -> Image:
    image = ImageFactory(
        owner=producer.tenant, name="Golden Debian", properties={"os_distro": "debian", "a/b": "x"}
    )
    ImageTag.objects.create(image=image, name="gold")
    return image


@pytest.fixture
def mine(producer) -> Api:
    return api(producer)


def op(op, path, *value):
    return {"op": op, "path": path} | ({"value": value[0]} if value else {})


def history(image):
    told = Event.objects.filter(image_id=image.pk).order_by("pk")
    return list(told.values_list("verb", flat=True))


@pytest.mark.parametrize("verb", ["add", "replace"])
@pytest.mark.parametrize(
    ("path", "value", "verbs"),
    [
        ("/name", "Renamed", CHANGED), ("/name", "é" * 255, CHANGED), ("/name", None, CHANGED),
        ("/min_disk", 5, CHANGED), ("/min_ram", 512, CHANGED), ("/os_hidden", True, CHANGED),
        ("/visibility", "private", CHANGED), ("/tags", ["t2", "peer"], CHANGED), ("/tags", [], CHANGED),
        ("/os_distro", "ubuntu", CHANGED), ("/os_distro", "", CHANGED), ("/a~1b", "y", CHANGED),
        ("/protected", True, ["protected"]),
        # What does not differ is no change.
        ("/name", "Golden Debian", []), ("/visibility", "shared", []), ("/tags", ["gold"], []),
        ("/owner", "4471021", []),
        ("/protected", False, []), ("/disk_format", "qcow2", []), ("/os_distro", "debian", []),
    ],
    ids=repr,
)  # fmt: skip
def test_add_and_replace_both_set_a_field_that_there_is(image, mine, verb, path, value, verbs):
    told = mine.patch(at(image), op(verb, path, value))

    name = path[1:].replace("~1", "/")
    assert told.status == 200
    assert told.json[name] == (sorted(value) if name == "tags" else value)
    assert told.json == mine.get(at(image)).json
    assert history(image) == verbs


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/hw_disk_bus", "hw_disk_bus"), ("/c~1d", "c/d"), ("/c~0d", "c~d"), ("/c~01d", "c~1d"),
        ("/~1", "/"), ("/~0", "~"),
        ("/c d.é", "c d.é"), ("/0", "0"), ("/-", "-"), (f"/{'x' * 255}", "x" * 255), ("/$.x[0]", "$.x[0]"),
    ],
)  # fmt: skip
def test_a_custom_property_is_added_and_removed_under_any_name(image, mine, path, name):
    before = mine.get(at(image)).json

    added = mine.patch(at(image), op("add", path, "text"))
    removed = mine.patch(at(image), op("remove", path))

    assert (added.status, added.json[name]) == (200, "text")
    assert removed.status == 200
    assert removed.json == before | {"updated_at": removed.json["updated_at"]}


def test_a_change_is_recorded_once_with_what_was_changed_and_by_whom(image, producer, mine):
    mine.patch(
        at(image), op("add", "/name", "x"), op("add", "/visibility", "private"), op("add", "/foo", "bar")
    )  # fmt: skip

    event = Event.objects.get()
    assert (event.verb, event.actor, event.actor_tenant_id, event.note) == (
        "changed", producer.manager.email, producer.id, "name, visibility, properties: shared to private",
    )  # fmt: skip


def test_operations_follow_one_another(image, mine):
    told = mine.patch(
        at(image), op("add", "/new", "1"), op("replace", "/new", "2"), op("remove", "/os_distro"),
        op("add", "/os_distro", "3"), op("add", "/gone", "x"), op("remove", "/gone"),
    )  # fmt: skip

    assert (told.json["new"], told.json["os_distro"], "gone" in told.json) == ("2", "3", False)


def test_no_operation_is_no_change(image, mine):
    before = mine.get(at(image)).json

    told = mine.patch(at(image))

    assert (told.status, told.json, history(image)) == (200, before, [])


REFUSED = {
    400: [
        op("move", "/name", "x"), op("copy", "/name", "x"), op("test", "/name", "x"), op("ADD", "/name", "x"),
        op("", "/name", "x"), op(None, "/name", "x"), {"path": "/name", "value": "x"}, {"op": "add", "value": "x"},
        op("add", "name", "x"), op("add", "", "x"), op("add", "/", "x"), op("add", "/name/", "x"),
        op("add", "//name", "x"), op("add", "/tags/-", "x"), op("add", "/tags/0", "x"), op("add", "/a~b", "x"),
        op("add", "/a~", "x"),
        op("add", "/a~2", "x"), op("add", None, "x"), op("add", ["name"], "x"), op("add", f"/{'x' * 256}", "x"),
        op("add", "/\x00", "x"), op("add", "/name"), op("replace", "/os_distro"), op("add", "/new"),
        op("add", "/name", "x") | {"from": "/x"}, op("add", "/name", 5), op("add", "/name", "x" * 256),
        op("add", "/name", "\x00"), op("add", "/visibility", None), op("add", "/visibility", "Private"),
        op("add", "/visibility", ["private"]), op("add", "/min_disk", -1), op("add", "/min_disk", 2**31),
        op("add", "/min_disk", "5"), op("add", "/min_ram", None), op("add", "/protected", "true"),
        op("add", "/os_hidden", 1), op("add", "/tags", "gold"), op("add", "/tags", [""]),
        op("add", "/tags", ["x" * 256]),
        op("add", "/tags", None), op("add", "/tags", {}), op("add", "/new", 5), op("add", "/new", None),
        op("add", "/new", ["x"]), op("add", "/new", "\x00"), op("replace", "/os_distro", True),
        op("add", "/disk_format", "exe"),
        5, None, "add", [],
    ],
    403: [
        op(verb, f"/{name}", *value)
        for verb, *value in (("add", "x"), ("replace", "x"), ("remove",))
        for name in (
            "id", "status", "size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value", "created_at",
            "updated_at", "self", "file", "schema", "stores", "locations", "direct_url",
        )
    ] + [
        op("add", "/owner", "5083310"), op("replace", "/owner", "999"), op("add", "/owner", ""),
        op("add", "/visibility", "public"), op("replace", "/visibility", "community"), op("add", "/disk_format", "raw"),
        op("replace", "/container_format", "ami"), op("add", "/disk_format", None),
        *(
            op("remove", f"/{name}")
            for name in (
                "owner", "name", "visibility", "tags", "min_disk", "min_ram", "protected", "os_hidden", "disk_format",
                "container_format",
            )
        ),
    ],
    409: [
        op(verb, f"/{name}", *value)
        for verb, *value in (("replace", "true"), ("remove",))
        for name in ("absent", "a", "base_image_ref", "redistributable", "export_acknowledged")
    ],
}  # fmt: skip


@pytest.mark.parametrize("status", REFUSED)
def test_an_operation_that_is_refused_undoes_those_before_it(image, mine, status):
    for operation in REFUSED[status]:
        body = [op("add", "/name", "Renamed"), op("add", "/protected", True), operation]
        refused(status, mine.call, "PATCH", at(image), body, PATCH)


@pytest.mark.parametrize(
    "body", [None, b"", b"null", {}, op("add", "/name", "x"), "x", b"5", b"[", b"[" * 100_000]
)
def test_a_patch_that_is_no_list_of_operations_is_400(image, mine, body):
    refused(400, mine.call, "PATCH", at(image), body, PATCH)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json", "application/json-patch+json", "application/openstack-images-v2.0-json-patch", "text/plain",
        "application/x-www-form-urlencoded", "",
    ],
)  # fmt: skip
def test_a_patch_of_another_type_is_415(image, mine, content_type):
    refused(415, mine.call, "PATCH", at(image), [op("add", "/name", "x")], content_type)


def test_formats_can_be_changed_while_the_image_waits_for_its_data(producer, mine):
    image = queued(producer, disk_format="qcow2")

    told = mine.patch(
        at(image), op("add", "/disk_format", "raw"), op("replace", "/container_format", None)
    )

    formats = (told.json["disk_format"], told.json["container_format"])
    assert (told.status, *formats) == (200, "raw", None)


@pytest.mark.parametrize("many", ["properties", "tags"])
def test_more_properties_or_tags_than_an_image_can_have_is_413(image, mine, many):
    operations = {
        "properties": [op("add", f"/property {number}", "x") for number in range(127)],
        "tags": [op("add", "/tags", [f"tag {number}" for number in range(129)])],
    }[many]

    refused(413, mine.patch, at(image), *operations)


def test_a_member_reads_what_was_changed_while_the_image_is_shared(image, consumer, mine):
    mine.post(at(image, "members"), {"member": consumer.id})
    mine.patch(at(image), op("add", "/name", "Renamed"))
    assert api(consumer).get(at(image)).json["name"] == "Renamed"

    mine.patch(at(image), op("add", "/visibility", "private"))
    refused(404, api(consumer).get, at(image))

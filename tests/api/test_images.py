"""Image records over the API: made, shown, deleted."""

from uuid import UUID

import pytest

from sharing import handshake
from sharing.models import Event, Image, Tenant
from tests.api.client import IMAGES, api, reader_api
from tests.api.refusing import at, refused
from tests.factories import ImageFactory, MembershipFactory
from tests.imported import imported

pytestmark = pytest.mark.django_db
CHOSEN = "0b1c2d3e-4f50-4617-8899-aabbccddeeff"
# As `openstack image create` sends it.
SENT = {
    "os_distro": "debian", "disk_format": "raw", "visibility": "shared", "tags": ["peer"], "container_format": "bare",
    "name": "peer-demo", "owner_specified.openstack.md5": "", "owner_specified.openstack.sha256": "",
    "owner_specified.openstack.object": "images/peer-demo",
}  # fmt: skip


@pytest.fixture
def image(producer) -> Image:
    return ImageFactory(owner=producer.tenant, name="Golden Debian")


def test_an_image_made_of_nothing_has_the_defaults(producer):
    told = api(producer).post(IMAGES, {})

    image = Image.objects.get()
    at_first = f"{image.created_at:%Y-%m-%dT%H:%M:%SZ}"
    assert told.status == 201
    assert told.json == {
        "id": str(image.pk), "name": None, "status": "queued", "visibility": "shared", "owner": producer.id,
        "disk_format": None, "container_format": None, "size": None, "virtual_size": None, "checksum": None,
        "os_hash_algo": None, "os_hash_value": None, "min_disk": 0, "min_ram": 0, "protected": False,
        "os_hidden": False, "tags": [], "created_at": at_first, "updated_at": at_first,
        "self": f"/v2/images/{image.pk}", "file": f"/v2/images/{image.pk}/file", "schema": "/v2/schemas/image",
    }  # fmt: skip
    assert told.headers["Location"] == f"http://testserver/image/v2/images/{image.pk}"
    assert told.json == api(producer).get(at(image)).json


def test_an_image_is_made_as_the_command_line_sends_it(producer):
    told = api(producer).post(IMAGES, SENT)

    assert told.status == 201
    assert {name: told.json[name] for name in SENT} == SENT
    event = Event.objects.get()
    assert (event.verb, event.actor, event.actor_tenant_id) == (
        "created", producer.manager.email, producer.id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "é" * 255), ("visibility", "private"), ("min_disk", 2**31 - 1), ("min_ram", 512), ("protected", True),
        ("os_hidden", True), ("tags", ["a", "b/c"]), ("owner", "4471021"), ("id", CHOSEN), ("hw_disk_bus", "scsi"),
        ("a/b~c d", "text"), ("empty", ""), ("x" * 255, "y"), ("redistributable", "true"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_new_image_is_kept(producer, name, value):
    told = api(producer).post(IMAGES, {name: value})

    assert (told.status, told.json[name]) == (201, value)
    assert api(producer).get(at(Image.objects.get())).json[name] == value


def test_a_tag_that_is_sent_twice_is_kept_once(producer):
    assert api(producer).post(IMAGES, {"tags": ["b", "a", "b"]}).json["tags"] == ["a", "b"]


@pytest.mark.parametrize("owned_by", ["producer", "consumer"])
def test_an_id_that_is_taken_is_409_whoever_has_it(producer, consumer, owned_by):
    owner = {"producer": producer, "consumer": consumer}[owned_by]
    ImageFactory(id=UUID(CHOSEN), owner=owner.tenant)

    refused(409, api(producer).post, IMAGES, {"id": CHOSEN.upper()})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("visibility", "public"), ("visibility", "community"), ("owner", "5083310"), ("owner", "999"), ("owner", ""),
        ("status", "active"), ("size", 1), ("virtual_size", 1), ("checksum", "0" * 32), ("os_hash_algo", "sha512"),
        ("os_hash_value", "0"), ("created_at", "2026-01-01T00:00:00Z"), ("updated_at", "2026-01-01T00:00:00Z"),
        ("self", "/"), ("file", "/"), ("schema", "/"), ("stores", "a"), ("locations", []), ("direct_url", "file:///"),
    ],
)  # fmt: skip
def test_what_is_not_the_owners_to_set_is_403_and_named(producer, consumer, name, value):
    assert name in refused(403, api(producer).post, IMAGES, {"name": "New", name: value})


BODIES = {
    "body": [
        None, b"", b"null", [], [{"name": "New"}], "name", b"5", b"{", b'{"x": "\\ud800"}', b'{"x": ' + b"[" * 100_000,
    ],
    "id: it must be a UUID": [{"id": "x"}, {"id": f"{{{CHOSEN}}}"}, {"id": CHOSEN.replace("-", "")}, {"id": 5}],
    "name: it must be text of at most 255": [{"name": 5}, {"name": "x" * 256}, {"name": "\x00"}],
    "visibility": [{"visibility": None}, {"visibility": []}, {"visibility": "Shared"}],
    "disk_format: it must be one of": [{"disk_format": "exe"}, {"disk_format": 5}],
    "container_format: it must be one of": [{"container_format": "docker"}],
    "min_disk": [{"min_disk": -1}, {"min_disk": 2**31}, {"min_disk": None}, {"min_disk": 1.5}],
    "min_ram": [{"min_ram": "512"}, {"min_ram": True}],
    "protected": [{"protected": "true"}, {"protected": 1}],
    "os_hidden": [{"os_hidden": None}],
    "tags": [{"tags": value} for value in ("gold", [""], ["x" * 256], [5], ["\x00"], None)],
    "os_distro": [{"os_distro": value} for value in (5, None, ["debian"], "\x00")],
    "name of a property": [{"": "x"}, {"x" * 256: "x"}, {"\x00": "x"}],
    "redistributable": [{"redistributable": "yes"}, {"redistributable": True}],
    "base_image_ref": [{"base_image_ref": "x"}, {"base_image_ref": None}],
    "export_acknowledged": [{"export_acknowledged": "true"}],
}  # fmt: skip


@pytest.mark.parametrize("named", BODIES)
def test_a_new_image_that_is_not_of_the_form_is_400_and_names_what_is_wrong(producer, named):
    for body in BODIES[named]:
        assert named in refused(400, api(producer).post, IMAGES, body)


def test_a_reader_makes_no_image_whatever_it_sends(producer):
    for body in (SENT, [], None):
        refused(403, reader_api(producer).post, IMAGES, body)


@pytest.mark.parametrize(
    "body",
    [
        {f"property {number}": "x" for number in range(129)},
        {"tags": [f"tag {number}" for number in range(129)]},
    ],
    ids=["properties", "tags"],
)
def test_more_properties_or_tags_than_an_image_can_have_is_413(producer, body):
    refused(413, api(producer).post, IMAGES, body)


@pytest.mark.parametrize("of", ["tenant", "portal"])
def test_one_image_more_than_the_quota_is_413(image, producer, settings, of):
    if of == "tenant":
        Tenant.objects.update(image_quota=1)
    else:
        settings.IMAGE_QUOTA = 1

    refused(413, api(producer).post, IMAGES, {})


def test_each_party_reads_the_same_record(producer, consumer):
    image = imported(producer, disk_format="raw", min_disk=3, properties={"os_distro": "debian"})
    handshake.offer(image, [consumer.id], by=producer.by)

    told = api(producer).get(at(image)).json

    assert told == api(consumer).get(at(image)).json == reader_api(producer).get(at(image)).json
    assert told | {
        "os_distro": "debian", "name": "Fresh disk", "status": "active", "owner": producer.id, "disk_format": "raw",
        "container_format": "bare", "size": 65536, "virtual_size": 65536, "checksum": image.checksum, "min_disk": 3,
        "os_hash_algo": "sha512", "os_hash_value": image.os_hash_value,
    } == told  # fmt: skip


def test_head_is_get_without_a_body(image, producer):
    got = api(producer).get(at(image))
    told = api(producer).call("HEAD", at(image))

    assert (told.status, told.content) == (200, b"")
    assert told.headers == got.headers | {"Content-Length": str(len(got.content))}
    assert api(producer).call("HEAD", f"{IMAGES}/{CHOSEN}").status == 404


NOWHERE = (CHOSEN, "no-uuid", "%00", "%FF", f"%7B{CHOSEN}%7D", CHOSEN.replace("-", ""), "1" * 5000)


@pytest.mark.parametrize("image_id", NOWHERE)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_or_malformed_id_is_404(producer, method, image_id):
    refused(404, api(producer).call, method, f"{IMAGES}/{image_id}")


def test_to_a_stranger_an_image_is_what_one_that_does_not_exist_is(image, stranger):
    theirs, nobodys = (
        [refused(404, api(stranger).call, method, path) for method in ("GET", "PATCH", "DELETE")]
        for path in (at(image), f"{IMAGES}/{CHOSEN}")
    )

    assert theirs == nobodys


def test_deleting_an_image_ends_its_memberships_and_is_404_the_second_time(
    image, producer, consumer
):
    handshake.offer(image, [consumer.id], by=producer.by)

    told = api(producer).delete(at(image))

    assert (told.status, told.content) == (204, b"")
    assert not Image.objects.exists()
    for party in (producer, consumer):
        refused(404, api(party).delete, at(image))
    ending = Event.objects.get(verb="deleted")
    assert (ending.actor, ending.actor_tenant_id, ending.member_id) == (
        producer.manager.email, producer.id, consumer.id,
    )  # fmt: skip


@pytest.mark.parametrize("fact", ["protected", "on_hold"])
def test_a_protected_image_and_one_on_hold_cannot_be_deleted(image, producer, fact):
    Image.objects.update(**{fact: True})

    refused(403, api(producer).delete, at(image))


@pytest.mark.parametrize(
    ("status", "code"), [("pending", 403), ("accepted", 403), ("rejected", 404)]
)
def test_a_member_deletes_and_changes_no_image(image, consumer, status, code):
    MembershipFactory(image=image, member_id=consumer.id, status=status)

    refused(code, api(consumer).delete, at(image))
    refused(code, api(consumer).patch, at(image), {"op": "add", "path": "/name", "value": "Mine"})

"""What an image was made from, and what restricts or opens its export, as the API's custom properties."""

import pytest

from sharing.models import Event, Image
from tests.api.client import IMAGES, Api, api
from tests.api.refusing import at, refused
from tests.factories import ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db
NOBODYS = "0b1c2d3e-4f50-4617-8899-aabbccddeeff"


@pytest.fixture
def mine(producer) -> Api:
    return api(producer)


def add(name, value):
    return {"op": "add", "path": f"/{name}", "value": value}


def verbs(image):
    told = Event.objects.filter(image_id=image.pk).order_by("pk")
    return list(told.values_list("verb", flat=True))


@pytest.mark.parametrize("status", ["pending", "accepted"])
@pytest.mark.parametrize("door", ["create", "patch"])
def test_an_image_may_be_made_from_one_that_is_visible(producer, image, mine, status, door):
    parent = ImageFactory()
    MembershipFactory(image=parent, member_id=producer.id, status=status)

    if door == "create":
        told = mine.post(IMAGES, {"base_image_ref": str(parent.pk)})
    else:
        told = mine.patch(at(image), add("base_image_ref", str(parent.pk)))

    assert told.status in (200, 201)
    assert told.json["base_image_ref"] == str(parent.pk)


@pytest.mark.parametrize("door", ["create", "patch"])
def test_an_image_is_not_made_from_what_is_not_visible_whether_there_is_one_or_not(
    producer, image, mine, door
):
    rejected, private, strangers = (
        ImageFactory(),
        ImageFactory(visibility="private"),
        ImageFactory(),
    )
    MembershipFactory(image=rejected, member_id=producer.id, status="rejected")
    MembershipFactory(image=private, member_id=producer.id, status="accepted")

    told = set()
    for parent in (str(rejected.pk), str(private.pk), str(strangers.pk), NOBODYS):
        if door == "create":
            message = refused(400, mine.post, IMAGES, {"base_image_ref": parent})
        else:
            message = refused(400, mine.patch, at(image), add("base_image_ref", parent))
        told.add(message.replace(parent, "{parent}"))
    assert len(told) == 1


def test_what_an_image_was_made_from_is_registered_once_and_stays(producer, image, mine):
    parent, other = ImageFactory(owner=producer.tenant), ImageFactory(owner=producer.tenant)
    first = add("base_image_ref", str(parent.pk))

    for _ in range(2):
        assert mine.patch(at(image), first).status == 200
    for operation in (
        add("base_image_ref", str(other.pk)),
        {"op": "replace", "path": "/base_image_ref", "value": str(other.pk)},
        add("base_image_ref", ""),
        {"op": "remove", "path": "/base_image_ref"},
    ):
        refused(409, mine.patch, at(image), operation)
    assert verbs(image) == ["derived"]


def test_no_image_is_made_from_itself_or_from_what_was_made_from_it(producer, image, mine):
    child = ImageFactory(owner=producer.tenant, base_image_ref=image.pk)

    for parent in (image, child):
        refused(400, mine.patch, at(image), add("base_image_ref", str(parent.pk)))


@pytest.mark.parametrize(
    ("properties", "licence"),
    [
        ({"os_type": "windows"}, "Windows"), ({"os_type": " Windows "}, "Windows"),
        ({"os_distro": "rhel"}, "Red Hat Enterprise Linux"), ({"os_distro": "debian"}, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("door", ["create", "patch"])
def test_a_licence_rule_restricts_an_image_by_its_properties(
    image, mine, properties, licence, door
):
    if door == "create":
        image = Image(pk=mine.post(IMAGES, properties).json["id"])
    else:
        assert mine.patch(at(image), *(add(*pair) for pair in properties.items())).status == 200

    image.refresh_from_db()
    assert image.restriction == licence


def test_an_image_inherits_the_restriction_of_what_it_was_made_from(producer, image, mine):
    mine.patch(at(image), add("os_type", "windows"))

    child = mine.post(IMAGES, {"base_image_ref": str(image.pk)}).json

    assert Image.objects.get(pk=child["id"]).restriction_origin == image.pk


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "remove", "path": "/os_type"}],
        [add("os_type", "linux")],
        [{"op": "replace", "path": "/os_type", "value": ""}],
        [{"op": "remove", "path": "/os_type"}, add("os_distro", "rhel")],
    ],
)
def test_an_owner_does_not_lift_a_licence_by_changing_the_property(mine, operations):
    image = Image(pk=mine.post(IMAGES, {"os_type": "windows"}).json["id"])

    refused(403, mine.patch, at(image), *operations)


def test_a_restricted_image_can_be_changed_otherwise(mine):
    image = Image(pk=mine.post(IMAGES, {"os_type": "windows"}).json["id"])

    told = mine.patch(at(image), add("name", "Renamed"), add("os_type", "Windows"))

    assert (told.status, told.json["name"], told.json["os_type"]) == (200, "Renamed", "Windows")


def test_a_word_on_redistribution_opens_and_closes_the_export_each_with_its_event(image, mine):
    for value, shown in (("true", "true"), ("TRUE", "true"), ("false", None), ("true", "true")):
        told = mine.patch(at(image), add("redistributable", value))
        assert (told.status, told.json.get("redistributable")) == (200, shown)
    told = mine.patch(at(image), {"op": "remove", "path": "/redistributable"})

    assert (told.status, told.json.get("redistributable")) == (200, None)
    assert verbs(image) == ["opened", "closed", "opened", "closed"]


@pytest.mark.parametrize("value", ["yes", "1", "", None, 1, ["true"], {}], ids=repr)
@pytest.mark.parametrize("name", ["redistributable", "export_acknowledged"])
def test_a_word_on_the_export_is_true_or_false(image, mine, name, value):
    assert name in refused(400, mine.patch, at(image), add(name, value))


def test_what_was_acknowledged_stays_in_the_record(producer, image, mine):
    for _ in range(2):
        told = mine.patch(at(image), add("export_acknowledged", "true"))
        assert (told.status, told.json["export_acknowledged"]) == (200, "true")

    refused(403, mine.patch, at(image), add("export_acknowledged", "false"))
    refused(403, mine.patch, at(image), {"op": "remove", "path": "/export_acknowledged"})
    image.refresh_from_db()
    assert image.export_acknowledged_by == producer.manager.email
    assert verbs(image) == ["acknowledged"]

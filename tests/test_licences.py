"""Licence restrictions: whence an image has its own, and what is made from it inherits."""

from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.image_settings import licence_rules
from sharing import handshake
from sharing.errors import Gone, NotAllowed
from sharing.imagedata.licences import MARK, lift_mark, mark, own_licence, pass_on, settle
from sharing.models import Event, Image
from tests.factories import ImageFactory
from tests.imported import queued
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db
WINDOWS = {"os_type": "windows"}


def restriction(image):
    image.refresh_from_db()
    return image.restriction, image.restriction_origin


def chain(owner, *properties):
    """Images each made from the one before."""
    images = []
    for said in properties:
        parent = images[-1].pk if images else None
        images.append(queued(owner, base_image_ref=parent, properties=said))
    return images


@pytest.mark.parametrize(
    ("properties", "licence"),
    [
        ({"os_type": "windows"}, "Windows"),
        ({"os_type": " Windows "}, "Windows"),
        ({"os_distro": "windows"}, "Windows"),
        ({"os_distro": "RHEL"}, "Red Hat Enterprise Linux"),
        ({"os_distro": "rhel-like"}, ""),
        ({"os_type": "linux", "os_distro": "debian"}, ""),
        ({"OS_TYPE": "windows"}, ""),
        ({}, ""),
    ],
)
def test_a_rule_compares_the_whole_value_without_case(properties, licence):
    assert own_licence(Image(properties=properties)) == licence


def test_the_rules_are_a_setting(settings):
    settings.LICENCE_RULES = licence_rules(["vendor=Acme : Ltd", " ", "os_distro=sles:SUSE"])
    assert own_licence(Image(properties={"vendor": "acme"})) == "Ltd"
    assert own_licence(Image(properties={"os_distro": "SLES"})) == "SUSE"
    assert own_licence(Image(properties=WINDOWS)) == ""


def test_a_rule_without_a_licences_name_is_named_after_its_value():
    [rule] = licence_rules(["os_type=Windows"])
    assert rule == ("os_type", "windows", "Windows")


@pytest.mark.parametrize(
    "text", ["os_type", "=windows", "os_type=", ":Windows", "a=b:" + "c" * 101]
)
def test_a_rule_that_is_none_stops_the_portal_and_is_quoted(text):
    with pytest.raises(ImproperlyConfigured, match=r"LICENCE_RULES: .* is not property=value"):
        licence_rules([text])


def test_a_mark_goes_before_a_rule():
    assert own_licence(Image(properties=WINDOWS, licence_marked=True)) == MARK


def test_a_mark_reaches_all_that_was_made_from_the_image_up_to_what_has_its_own(
    producer, by_operator
):
    first, second, own, below = chain(producer, {}, {}, WINDOWS, {})
    assert mark(first, by=by_operator)
    assert restriction(first) == restriction(second) == (MARK, first.pk)
    assert restriction(own) == restriction(below) == ("Windows", own.pk)
    assert not first.restriction_is_inherited
    assert second.restriction_is_inherited


def test_lifting_a_mark_leaves_what_the_nearest_restricted_ancestor_says(producer, by_operator):
    top, middle, leaf = chain(producer, WINDOWS, {}, {})
    mark(middle, by=by_operator)
    assert restriction(leaf) == (MARK, middle.pk)
    assert lift_mark(middle, by=by_operator)
    assert restriction(middle) == restriction(leaf) == ("Windows", top.pk)


def test_lifting_a_mark_leaves_what_a_rule_says(producer, by_operator):
    [image] = chain(producer, WINDOWS)
    mark(image, by=by_operator)
    assert restriction(image) == (MARK, image.pk)
    lift_mark(image, by=by_operator)
    assert restriction(image) == ("Windows", image.pk)


def test_lifting_a_mark_reaches_images_whose_parent_is_gone(producer, by_operator):
    first, second, third = chain(producer, {}, {}, {})
    mark(first, by=by_operator)
    handshake.delete_image(second, by=producer.by)
    assert restriction(third) == (MARK, first.pk)
    lift_mark(first, by=by_operator)
    assert restriction(third) == ("", None)


def test_a_restriction_outlives_the_image_that_it_came_from(producer, by_operator):
    first, second, third = chain(producer, {}, {}, {})
    mark(first, by=by_operator)
    handshake.delete_image(first, by=producer.by)
    assert restriction(second) == restriction(third) == (MARK, first.pk)


def test_a_restriction_reaches_images_of_other_tenants(producer, consumer, by_operator):
    parent = ImageFactory(owner=producer.tenant)
    child = ImageFactory(owner=consumer.tenant, base_image_ref=parent.pk)
    mark(parent, by=by_operator)
    assert restriction(child) == (MARK, parent.pk)
    lift_mark(parent, by=by_operator)
    assert restriction(child) == ("", None)


def test_marks_are_recorded_once_and_for_the_image_alone(producer, by_operator):
    image, _ = chain(producer, {}, {})
    for verb, done in ((mark, "restricted"), (lift_mark, "unrestricted")):
        assert verb(image, by=by_operator)
        event = Event.objects.latest("pk")
        assert (event.verb, event.image_id, event.actor) == (done, image.pk, by_operator.user)
        with unchanged():
            assert not verb(image, by=by_operator)


def test_only_an_operator_marks_and_lifts(producer):
    [image] = chain(producer, {})
    for verb in (mark, lift_mark):
        with refused(NotAllowed):
            verb(image, by=producer.by)


def test_a_mark_of_an_image_that_is_gone_is_refused(producer, by_operator):
    [image] = chain(producer, {})
    Image.objects.filter(pk=image.pk).delete()
    for verb in (mark, lift_mark):
        with refused(Gone):
            verb(image, by=by_operator)


def test_images_made_from_each_other_are_restricted_and_released_together(producer, by_operator):
    one, other = ImageFactory.create_batch(2, owner=producer.tenant)
    for image, parent in ((one, other), (other, one)):
        Image.objects.filter(pk=image.pk).update(base_image_ref=parent.pk)
    mark(one, by=by_operator)
    assert restriction(one) == restriction(other) == (MARK, one.pk)
    lift_mark(one, by=by_operator)
    assert restriction(one) == restriction(other) == ("", None)


def test_images_made_from_each_other_with_two_restrictions_come_to_an_end(producer):
    one, other = ImageFactory.create_batch(2, owner=producer.tenant)
    for image, parent in ((one, other), (other, one)):
        Image.objects.filter(pk=image.pk).update(
            base_image_ref=parent.pk, restriction="Windows", restriction_origin=uuid4()
        )
    pass_on([one.pk, other.pk])
    for image in (one, other):
        assert restriction(image)[0] == "Windows"


def test_a_restriction_reaches_more_children_than_one_statement_takes(producer, monkeypatch):
    monkeypatch.setattr("sharing.imagedata.licences.IDS_A_STATEMENT", 3)
    parent = ImageFactory(owner=producer.tenant, properties=WINDOWS)
    children = ImageFactory.create_batch(8, owner=producer.tenant, base_image_ref=parent.pk)
    for child in children:
        ImageFactory(owner=producer.tenant, base_image_ref=child.pk)
    settle([parent])
    assert Image.objects.filter(restriction_origin=parent.pk).count() == 17


def test_what_an_operator_loads_is_settled_with_what_was_made_from_it(producer):
    parent, child = chain(producer, {}, {})
    for properties, expected in ((WINDOWS, ("Windows", parent.pk)), ({}, ("", None))):
        parent.properties = properties
        parent.save()
        settle([parent])
        assert restriction(parent) == restriction(child) == expected


def test_an_operators_mark_survives_that_the_image_is_loaded_anew(producer, by_operator):
    [image] = chain(producer, {})
    mark(image, by=by_operator)
    # As loading makes it: from the list, which knows nothing of marks.
    settle([Image(pk=image.pk, owner=producer.tenant, name="Renamed")])
    assert restriction(image) == (MARK, image.pk)

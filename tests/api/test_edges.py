"""The edges between a call and what happens meanwhile, or over many calls."""

import pytest

from sharing import credentials, handshake, reads
from sharing.api import sign_in, tokens
from sharing.imagedata.changes import PROPERTIES_LENGTH_MAX
from sharing.models import ApplicationCredential, Image, ImageTag, Membership, TenantUser
from tests.api.client import IMAGES, Api, api
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


def test_a_token_for_a_token_ends_with_a_credential_that_is_revoked_meanwhile(
    producer, monkeypatch
):
    holder = TenantUser.objects.select_related("user").get(user=producer.manager)
    credential, _ = credentials.create(holder, name="script", role="reader")
    first = tokens.written(tokens.new_claims(holder, "reader", "x", credential=credential))
    reading = sign_in.credential_of

    def revoked_meanwhile(claims):
        ApplicationCredential.objects.all().delete()
        return reading(claims)

    monkeypatch.setattr(sign_in, "credential_of", revoked_meanwhile)
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": first}}}}
    told = Api().post("/identity/v3/auth/tokens", body)

    assert Api(told.headers.get("X-Subject-Token", "")).get(IMAGES).status == 401


def test_a_token_of_a_password_outlives_a_new_secret_key_that_knows_the_old_one(producer, settings):
    before = api(producer)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10

    assert before.get(IMAGES).status == 200


@pytest.mark.parametrize("how", ["its history", "its child"])
def test_the_id_of_an_image_that_is_gone_is_never_taken_by_another_tenant(producer, consumer, how):
    image = ImageFactory(owner=producer.tenant)
    if how == "its child":
        ImageFactory(owner=consumer.tenant, base_image_ref=image.pk)
        Image.objects.filter(pk=image.pk).delete()
    else:
        handshake.delete_image(image, by=producer.by)

    with unchanged():
        told = api(consumer).post(IMAGES, {"id": str(image.pk)})

    assert told.status == 409


def test_an_owner_makes_an_image_anew_under_the_id_it_had(producer):
    image = ImageFactory(owner=producer.tenant)
    handshake.delete_image(image, by=producer.by)

    assert api(producer).post(IMAGES, {"id": str(image.pk)}).status == 201


def test_all_custom_properties_together_have_a_limit(producer):
    image = ImageFactory(owner=producer.tenant)
    half = "x" * (PROPERTIES_LENGTH_MAX // 2)
    add = {"op": "add", "path": "/one", "value": half}
    assert api(producer).patch(f"{IMAGES}/{image.pk}", add).status == 200

    with unchanged():
        told = api(producer).patch(f"{IMAGES}/{image.pk}", add | {"path": "/two"})

    assert told.status == 413


def test_a_member_walks_its_offers_and_answers_each_on_the_way(producer, consumer):
    for _ in range(5):
        MembershipFactory(image=ImageFactory(owner=producer.tenant), member_id=consumer.id)
    me, path = api(consumer), f"{IMAGES}?member_status=pending&limit=2"
    while path:
        told = me.get(path).json
        for image in told["images"]:
            member = f"{IMAGES}/{image['id']}/members/{consumer.id}"
            assert me.put(member, {"status": "accepted"}).status == 200
        path = "/image" + told["next"] if "next" in told else ""

    assert Membership.objects.accepted().count() == 5


def test_an_owner_walks_its_pending_members_while_they_answer(producer):
    image = ImageFactory(owner=producer.tenant)
    MembershipFactory.create_batch(5, image=image)
    path, seen = f"{IMAGES}/{image.pk}/members?status=pending&limit=2", []
    while path:
        told = api(producer).get(path).json
        seen += [member["member_id"] for member in told["members"]]
        Membership.objects.filter(member_id__in=seen).update(status="accepted")
        path = "/image" + told["next"] if "next" in told else ""

    assert len(set(seen)) == len(seen) == 5


def test_statements_for_any_number_of_keys_are_few(producer):
    images = ImageFactory.create_batch(9, owner=producer.tenant)
    for number in range(1, 10):
        keys = [image.pk for image in images[:number]]
        for image in images[:number]:
            ImageTag.objects.get_or_create(image=image, name="gold")
        assert set(reads.tags_of(keys)) == set(keys)
    forms = {key[1] for key in reads._tags._statements}

    assert forms <= {2**n for n in range(11)}

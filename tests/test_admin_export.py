"""The operators' side of export and quota: licence marks, the data of restricted images, what a tenant may keep."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from sharing.imagedata import store
from sharing.imagedata.exports import acknowledge, set_redistributable
from sharing.imagedata.licences import mark
from sharing.models import Event, Image, Tenant
from tests.downloading import bytes_of
from tests.factories import ImageFactory
from tests.imported import RAW, imported
from tests.operating import filled_in, list_url, operator_with, page_of, run, run_on_page, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
WINDOWS = {"os_type": "windows"}


@pytest.fixture
def image(producer):
    return imported(producer, name="Golden disk")


@pytest.fixture
def restricted(producer):
    return imported(producer, name="Windows base", properties=WINDOWS)


def data_of(image):
    return reverse("admin:sharing_image_data", args=(image.pk,))


def words(answer):
    return re.sub(r"\s+", " ", unescape(strip_tags(answer.content.decode())))


class TestMark:
    def test_is_put_on_and_lifted_from_the_list_as_the_operator(self, image, operator_client):
        child, other = imported_child(image), ImageFactory()
        for action, sentence, verb, licence in (
            ("mark_as_restricted", "Marked as restricted: 1 image.", "restricted", "marked by an operator"),
            ("lift_the_mark", "Licence mark lifted: 1 image.", "unrestricted", ""),
        ):  # fmt: skip
            assert told(run(operator_client, Image, action, [image.pk])) == [sentence]
            event = Event.objects.latest("pk")
            assert (event.verb, event.actor) == (verb, "operator@cloud.example")
            for row in (image, child):
                row.refresh_from_db()
                assert row.restriction == licence
            assert Image.objects.get(pk=other.pk).restriction == ""

    def test_is_put_on_and_lifted_from_the_page(self, image, operator_client):
        assert told(run_on_page(operator_client, image, "mark_as_restricted")) == [
            "Marked as restricted: 1 image."
        ]
        assert told(run_on_page(operator_client, image, "lift_the_mark")) == [
            "Licence mark lifted: 1 image."
        ]

    def test_that_is_so_already_changes_nothing(self, image, operator_client, by_operator):
        with unchanged():
            assert told(run_on_page(operator_client, image, "lift_the_mark")) == [
                "Not marked: 1 image."
            ]
        mark(image, by=by_operator)
        with unchanged():
            answer = run_on_page(operator_client, image, "mark_as_restricted")
        assert told(answer) == ["Marked already: 1 image."]

    def test_is_not_for_an_operator_who_may_only_look(self, image):
        client = operator_with("view_image")
        with unchanged():
            answer = run(client, Image, "mark_as_restricted", [image.pk])
            assert run_on_page(client, image, "mark_as_restricted").status_code == 403
        assert "mark_as_restricted" not in answer.content.decode()


def imported_child(image):
    return ImageFactory(owner=image.owner, base_image_ref=image.pk)


class TestPage:
    def test_tells_licence_redistribution_and_where_the_data_is(
        self, producer, image, operator_client
    ):
        set_redistributable(image, True, by=producer.by)
        acknowledge(image, by=producer.by)
        said = words(operator_client.get(page_of(image)))
        assert re.search(f"Stored as: .* {re.escape(image.data)}", said)
        assert "No licence restricts it" in said
        assert f"Acknowledged by {producer.manager.email} on " in said
        assert "Redistributable: Its owner lets members" in said

    def test_leads_to_the_image_that_a_restriction_comes_from(self, restricted, operator_client):
        child = imported_child(restricted)
        Image.objects.filter(pk=child.pk).update(
            restriction="Windows", restriction_origin=restricted.pk
        )
        answer = operator_client.get(page_of(child))
        assert f"Windows, inherited from {restricted.pk}" in words(answer)
        assert f'href="{page_of(restricted)}"' in answer.content.decode()

    def test_has_a_button_where_only_an_operator_may_export(self, restricted, operator_client):
        page = operator_client.get(page_of(restricted)).content.decode()
        assert f'<a class="button" href="{data_of(restricted)}">Download 64.0 KiB</a>' in page

    def test_says_why_there_is_none(self, image, operator_client):
        answer = operator_client.get(page_of(image))
        assert "No licence restricts this image: its owner exports it." in words(answer)
        assert data_of(image) not in answer.content.decode()

    def test_says_nothing_of_export_to_who_may_not(self, restricted):
        page = operator_with("view_image").get(page_of(restricted)).content.decode()
        assert data_of(restricted) not in page
        assert "Export by an operator" not in page


class TestData:
    def test_of_a_restricted_image_goes_out_and_is_recorded(self, restricted, operator_client):
        answer = operator_client.get(data_of(restricted))
        assert (answer.status_code, bytes_of(answer)) == (200, RAW)
        assert answer["Content-Disposition"] == 'attachment; filename="Windows base.img"'
        event = Event.objects.latest("pk")
        assert (event.verb, event.actor, event.actor_tenant_id, event.member_id) == (
            "downloaded",
            "operator@cloud.example",
            "",
            "",
        )

    def test_comes_in_parts_and_after_head(self, restricted, operator_client):
        with unchanged():
            assert operator_client.head(data_of(restricted))["Content-Length"] == str(len(RAW))
        part = operator_client.get(data_of(restricted), headers={"Range": "bytes=5-9"})
        assert (part.status_code, bytes_of(part)) == (206, RAW[5:10])

    def test_of_a_restricted_image_goes_out_on_hold_too(self, restricted, operator_client):
        Image.objects.update(on_hold=True)
        assert bytes_of(operator_client.get(data_of(restricted))) == RAW

    def test_is_told_to_the_owner_without_a_name(self, producer, restricted, operator_client):
        operator_client.get(data_of(restricted))
        page = producer.client().get(reverse("activity", args=[producer.id]))
        assert "Downloaded" in words(page)
        assert "an operator" in words(page)
        assert "operator@cloud.example" not in words(page)

    def test_of_another_image_is_closed_with_a_reason(self, image, operator_client):
        with unchanged():
            answer = operator_client.get(data_of(image))
        assert answer.status_code == 403
        assert "No licence restricts this image: its owner exports it." in words(answer)

    def test_that_is_gone_is_503(self, restricted, operator_client):
        store.image_store().delete(restricted.data)
        with unchanged():
            assert operator_client.get(data_of(restricted)).status_code == 503

    @pytest.mark.parametrize("permissions", [["view_image"], ["view_tenant"], []])
    def test_is_not_for_an_operator_without_both_permissions(self, restricted, permissions):
        client = operator_with(*permissions)
        with unchanged():
            assert client.get(data_of(restricted)).status_code == 403

    def test_is_for_an_operator_with_both(self, restricted):
        client = operator_with("view_image", "change_image")
        assert bytes_of(client.get(data_of(restricted))) == RAW

    def test_of_an_image_that_there_is_not_is_404(self, operator_client):
        assert operator_client.get(data_of(Image(pk=uuid4()))).status_code == 404

    def test_is_read_alone(self, restricted, operator_client):
        with unchanged():
            for method in ("post", "put", "delete"):
                assert getattr(operator_client, method)(data_of(restricted)).status_code == 405


class TestQuota:
    def test_is_set_in_bytes_and_told_in_words(self, producer, image, operator_client):
        body = filled_in(operator_client, producer.tenant, byte_quota=2**30, image_quota=2000)
        operator_client.post(page_of(producer.tenant), body)
        tenant = Tenant.objects.get(pk=producer.id)
        assert (tenant.byte_quota, tenant.image_quota) == (2**30, 2000)
        said = words(operator_client.get(page_of(tenant)))
        assert "64.0 KiB of 1.0 GiB, 1 of 2,000 images" in said

    def test_left_empty_is_the_portals(self, producer, image, operator_client, settings):
        settings.BYTE_QUOTA = settings.IMAGE_QUOTA = 0
        body = filled_in(operator_client, producer.tenant, byte_quota="", image_quota="")
        operator_client.post(page_of(producer.tenant), body)
        assert Tenant.objects.get(pk=producer.id).byte_quota is None
        assert "64.0 KiB of any number of bytes" in words(
            operator_client.get(page_of(producer.tenant))
        )

    @pytest.mark.parametrize("typed", ["-1", "1 GiB", "1.5", str(2**63), "9" * 5000, "1\x00"])
    def test_that_is_no_number_of_bytes_is_refused(self, producer, operator_client, typed):
        body = filled_in(operator_client, producer.tenant, byte_quota=typed)
        with unchanged():
            answer = operator_client.post(page_of(producer.tenant), body)
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors["byte_quota"]


def test_the_list_of_images_offers_the_marks(operator_client, image):
    page = words(operator_client.get(list_url(Image)))
    assert "Mark as restricted by a licence" in page
    assert "Lift the licence mark" in page

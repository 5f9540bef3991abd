"""The page that makes an image: its form, what becomes of it without a script, and what is refused."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sharing.image_forms import TAGS_MAX
from sharing.models import Image, Upload
from tests.disks import qcow2
from tests.factories import ImageFactory, MembershipFactory
from tests.imported import RAW
from tests.pages import HTMX, facts, read, told
from tests.refusals import unchanged

# What an image store does happens at the commit.
pytestmark = pytest.mark.django_db(transaction=True)

WHOLE = {
    "name": "Golden Debian", "disk_format": "raw", "source": "snapshot", "os_type": "linux", "os_distro": "debian",
    "os_version": "13", "architecture": "aarch64", "min_disk": "10", "min_ram": "512", "tags": "gold, golden ,,gold",
    "redistributable": "on", "protected": "on",
}  # fmt: skip


def address(party):
    return reverse("new-image", args=[party.id])


def show(party, status=200, **query):
    answer = party.client().get(address(party), query)
    assert answer.status_code == status
    return read(answer)


def create(party, headers=None, client=None, **fields):
    return (client or party.client()).post(address(party), fields, headers=headers or {})


def disk(data=RAW, name="debian-13.img"):
    return SimpleUploadedFile(name, data)


def errors(answer):
    assert answer.status_code == 422
    return read(answer).texts(".errorlist")


def parents(page):
    return [option.words for option in page.all("select[name=base_image_ref] option")]


def test_the_form_is_empty_and_detects_the_format(producer):
    page = show(producer)
    assert page.one("h1").words == "New image"
    assert page.one("select[name=disk_format] option[selected]").words == "Detect from the data"
    assert page.one("input[type=radio][checked]")["value"] == "import"
    assert page.one("form#new-image")["enctype"] == "multipart/form-data"
    assert parents(page) == ["No image"]


def test_all_that_is_said_becomes_the_record_which_waits_for_its_data(producer):
    answer = create(producer, **WHOLE)
    image = Image.objects.get()
    assert answer["Location"] == reverse("image", args=[producer.id, image.pk])
    assert (image.owner_id, image.status, image.name) == (producer.id, "queued", "Golden Debian")
    assert (image.disk_format, image.min_disk, image.min_ram) == ("raw", 10, 512)
    assert (image.redistributable, image.protected) == (True, True)
    assert image.properties == {
        "image_type": "snapshot", "os_type": "linux", "os_distro": "debian", "os_version": "13",
        "architecture": "aarch64",
    }  # fmt: skip
    assert list(image.tags.values_list("name", flat=True)) == ["gold", "golden"]
    page = read(producer.client().get(answer["Location"]))
    assert page.one("#import-title").words == "This image waits for its data"


def test_who_says_nothing_makes_a_record_of_which_nothing_is_known(producer):
    answer = create(producer)
    assert answer.status_code == 302
    image = Image.objects.get()
    assert (image.name, image.disk_format, image.properties) == ("", "", {})
    assert (image.min_disk, image.redistributable, image.base_image_ref) == (0, False, None)


class TestWithoutAScript:
    def test_a_file_that_comes_with_the_form_is_imported(self, producer):
        client = producer.client()
        answer = create(producer, client=client, file=disk())
        image = Image.objects.get()
        assert (image.status, image.name, image.size) == ("active", "debian-13", len(RAW))
        page = read(client.get(answer["Location"]))
        assert told(page) == ["debian-13.img: imported, verified and stored."]
        assert facts(page)["Formats"] == "raw in bare"
        assert not page.all("#import")

    def test_data_that_is_refused_leaves_the_record_queued_and_its_page_says_why(self, producer):
        client = producer.client()
        answer = create(producer, client=client, file=disk(qcow2()), disk_format="raw")
        image = Image.objects.get()
        assert (image.status, image.data, image.size) == ("queued", "", 0)
        page = read(client.get(answer["Location"]))
        assert (
            "This is no raw image: its content is qcow2."
            in page.one("#import .message-error").words
        )
        assert told(page) == []
        assert not Upload.objects.exists()

    def test_a_file_beyond_the_quota_leaves_the_record_queued_and_says_so(self, producer):
        producer.tenant.byte_quota = 10
        producer.tenant.save()
        client = producer.client()
        answer = create(producer, client=client, file=disk())
        [message] = told(read(client.get(answer["Location"])))
        assert message.startswith("Size: 64.0 KiB would exceed the quota of tenant 4471021")
        assert Image.objects.get().status == "queued"

    def test_a_file_of_whoever_is_not_signed_in_is_read_past(self, producer, settings):
        settings.FILE_UPLOAD_TEMP_DIR = "/nowhere/at/all"
        with unchanged():
            assert create(producer, client=Client(), file=disk()).status_code == 302


class TestWithAScript:
    def test_the_record_alone_is_made_and_its_page_is_asked_for(self, producer):
        answer = create(producer, HTMX, **WHOLE)
        place = reverse("image", args=[producer.id, Image.objects.get().pk])
        assert f'"path": "{place}"' in answer["HX-Location"]
        assert '"target": "#main"' in answer["HX-Location"]

    def test_what_is_wrong_is_answered_as_the_part_of_the_form_that_it_stands_in(self, producer):
        with unchanged():
            answer = create(producer, HTMX, **(WHOLE | {"min_ram": "much"}))
        assert errors(answer) == ["Enter a whole number."]
        part = read(answer)
        assert not part.all("h1")
        assert part.one("#image-facts").one("input[name=name]")["value"] == "Golden Debian"
        assert part.one("input[name=min_ram]")["aria-invalid"] == "true"


class TestMadeFrom:
    def test_own_and_accepted_images_are_offered_newest_first_and_no_others(
        self, producer, consumer, stranger
    ):
        ImageFactory(owner=producer.tenant, name="mine")
        for name, status in (("accepted", "accepted"), ("waiting", "pending"), ("not", "rejected")):
            image = ImageFactory(owner=consumer.tenant, name=name)
            MembershipFactory(image=image, member_id=producer.id, status=status)
        ImageFactory(owner=stranger.tenant, name="of a stranger")
        assert parents(show(producer)) == ["No image", "accepted", "mine"]

    def test_a_link_chooses_an_image_that_can_be_seen_even_one_that_is_not_listed(
        self, producer, consumer
    ):
        image = ImageFactory(owner=consumer.tenant, name="waiting")
        MembershipFactory(image=image, member_id=producer.id)
        page = show(producer, base=str(image.pk))
        assert page.one("select[name=base_image_ref] option[selected]")["value"] == str(image.pk)
        assert parents(page) == ["No image", "waiting"]

    def test_a_link_to_an_image_of_a_stranger_tells_nothing_of_it(self, producer, stranger):
        image = ImageFactory(owner=stranger.tenant, name="secret")
        assert parents(show(producer, base=str(image.pk))) == ["No image"]

    def test_a_link_to_no_uuid_is_refused_with_a_sentence(self, producer):
        assert "Made from: Enter a valid UUID." in show(producer, 422, base="x").one("#error").words

    def test_a_child_inherits_the_licence_that_restricts_its_parent(self, producer):
        parent = ImageFactory(
            owner=producer.tenant, restriction="Windows", properties={"os_type": "windows"}
        )
        Image.objects.update(restriction_origin=parent.pk)
        create(producer, base_image_ref=str(parent.pk))
        child = Image.objects.exclude(pk=parent.pk).get()
        assert (child.base_image_ref, child.restriction) == (parent.pk, "Windows")

    @pytest.mark.parametrize("whose", ["stranger", "nobody"])
    def test_an_image_that_cannot_be_seen_is_refused_alike_whether_it_exists_or_not(
        self, producer, stranger, whose
    ):
        image = ImageFactory.build(owner=stranger.tenant)
        if whose == "stranger":
            image.save()
        with unchanged():
            answer = create(producer, base_image_ref=str(image.pk))
        assert errors(answer) == [
            f"Made from: {image.pk} is no image that tenant {producer.id} owns or that is shared to it."
        ]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "x" * 256, "at most 255 characters"),
        ("name", "a\0b", "Null characters are not allowed."),
        ("disk_format", "ploop", "Select a valid choice."),
        ("source", "dream", "Select a valid choice."),
        ("os_type", "minix", "Select a valid choice."),
        ("os_distro", "x" * 256, "at most 255 characters"),
        ("architecture", "z80", "Select a valid choice."),
        ("min_disk", "-1", "greater than or equal to 0"),
        ("min_ram", str(2**31), "less than or equal to 2147483647"),
        ("tags", ",".join(map(str, range(TAGS_MAX + 1))), "At most 50 tags; these are 51."),
        ("tags", "x" * 256, "A tag has at most 255 characters."),
        ("base_image_ref", "x", "Enter a valid UUID."),
    ],
)
def test_a_bad_field_is_refused_with_a_sentence_and_nothing_typed_is_lost(
    producer, field, value, sentence
):
    with unchanged():
        answer = create(producer, **(WHOLE | {"os_version": "kept", field: value}))
    [error] = errors(answer)
    assert sentence in error
    page = read(answer)
    assert page.one("input[name=os_version]")["value"] == "kept"
    assert page.all("input[name=protected][checked]")


def test_an_empty_file_is_refused(producer):
    with unchanged():
        assert errors(create(producer, file=disk(b""))) == ["The submitted file is empty."]


def test_one_image_more_than_the_quota_is_refused(producer):
    producer.tenant.image_quota = 1
    producer.tenant.save()
    ImageFactory(owner=producer.tenant)
    with unchanged():
        [error] = errors(create(producer, **WHOLE))
    assert error.startswith("Images: tenant 4471021 has the 1 images that it may have.")


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_reader_makes_no_image(producer, method):
    with unchanged():
        answer = getattr(producer.reader_client(), method)(address(producer))
    assert answer.status_code == 403
    assert not read(producer.reader_client().get(reverse("images", args=[producer.id]))).all(
        ".page-head a.button"
    )


def test_no_image_is_made_for_a_tenant_of_others(producer, stranger):
    with unchanged():
        assert create(producer, client=stranger.client()).status_code == 404


def test_the_image_list_leads_here(producer):
    page = read(producer.client().get(reverse("images", args=[producer.id])))
    assert {link["href"] for link in page.all("main a.primary")} == {address(producer)}


@pytest.mark.parametrize("number", [1, 60])
def test_the_page_has_its_number_of_queries_however_many_images(
    producer, number, django_assert_num_queries
):
    ImageFactory.create_batch(number, owner=producer.tenant)
    client = producer.client()
    with django_assert_num_queries(7):
        client.get(address(producer))

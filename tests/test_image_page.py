"""The page of one image, as its owner and as its members see it."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from sharing.checklist import ITEMS
from sharing.models import Image, ImageTag
from sharing.views import images as views
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import facts, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer):
    producer.tenant.contact = "images@producer.example"
    producer.tenant.support_note = "Weekdays."
    producer.tenant.save()
    image = ImageFactory(
        owner=producer.tenant, name="Golden Debian", size=99_559_936, virtual_size=2 * 1024**3,
        min_disk=10, min_ram=512, os_hash_algo="sha512", os_hash_value="ab" * 64,
        properties={"os_distro": "debian", "os_version": "12", "architecture": "x86_64", "hw_disk_bus": "virtio"},
    )  # fmt: skip
    ImageTag.objects.create(image=image, name="gold")
    return image


def show(party, image, status=200, client=None):
    answer = (client or party.client()).get(reverse("image", args=[party.id, image.pk]))
    assert answer.status_code == status
    return read(answer)


def member(party, image, status="accepted", **how):
    return MembershipFactory(image=image, member_id=party.id, status=status, **how)


FACTS = {
    "Source": "import",
    "System": "debian 12, x86_64",
    "Size": "94.9 MiB (99559936 bytes)",
    "Virtual size": "2.0 GiB",
    "Formats": "qcow2 in bare",
    "Minimum": "10 GiB disk, 512 MiB RAM",
    "Checksum (MD5)": "95376952c78a565c99a10659d6b1b8c3",
    "sha512": "ab" * 64,
    "Region": "west; shared within it only",
    "Tags": "gold",
    "hw_disk_bus": "virtio",
}


@pytest.mark.parametrize("role", ["owner", "pending", "accepted"])
def test_the_facts_are_the_same_for_owner_and_members(producer, consumer, image, settings, role):
    settings.REGION = "west"
    if role != "owner":
        member(consumer, image, role)

    page = show(producer if role == "owner" else consumer, image)

    said = facts(page)
    assert said | FACTS == said
    assert said["UUID"] == str(image.pk)
    assert page.one("h1").words == "Golden Debian"


def test_uuid_checksum_and_hash_are_copied_by_a_button(producer, image):
    copied = {button["data-copy"] for button in show(producer, image).all(".facts button.copy")}

    link = f"http://testserver{reverse('find-image', args=[image.pk])}"
    assert copied == {str(image.pk), link, image.checksum, image.os_hash_value}


def test_an_image_of_which_nothing_is_known_has_a_page(producer):
    image = ImageFactory(
        owner=producer.tenant,
        name="",
        status="queued",
        size=0,
        checksum="",
        disk_format="",
        container_format="",
    )

    page = show(producer, image)

    assert page.one("h1").words == str(image.pk)
    assert (facts(page)["Size"], facts(page)["Formats"]) == (
        "no data yet",
        "not known before its data is here",
    )
    assert page.one(".lede .status").words == "Queued"


def test_an_image_deleted_while_its_page_is_made_is_404(producer, image, monkeypatch):
    def meanwhile(actor, image):
        Image.objects.filter(pk=image.pk).delete()
        return []

    monkeypatch.setattr(views, "lineage", meanwhile)

    show(producer, image, status=404)


class TestOwner:
    def test_sees_the_confirmed_checklist_and_that_storage_is_its_own(self, producer, image):
        page = show(producer, image)

        assert page.one(".checklist-confirmed ul").texts("li") == list(ITEMS.values())
        assert "Only you, the owner, are charged for the storage." in page.words

    def test_may_delete_unless_the_image_is_protected(self, producer, image):
        assert show(producer, image).one("main a.danger")["href"] == reverse(
            "confirm-delete", args=[producer.id, image.pk]
        )

        Image.objects.update(protected=True)

        page = show(producer, image)
        button = page.one("button.danger")
        assert "disabled" in button.attributes
        assert page.one(f"#{button['aria-describedby']}").words.startswith("Protected:")
        assert facts(show(producer, image))["Protected"] == "cannot be deleted"

    def test_a_reader_of_it_sees_all_and_no_verb(self, producer, consumer, image):
        member(consumer, image, "rejected")

        main = show(producer, image, client=producer.reader_client()).one("main")

        assert consumer.id in main.one("#members table").words
        assert not main.all("form[method=post]")
        assert [field["name"] for field in main.all("input")] == ["q"]
        assert {button["class"] for button in main.all("button")} == {"copy", "button"}
        assert [a for a in main.all("a") if "confirm" in a["href"]] == []

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "8000"}, ["8000001", "8000002", "80001"]),
            ({"q": "800000"}, ["8000001", "8000002"]),
            ({"q": "800000", "status": "rejected"}, ["8000002"]),
            ({"q": "000"}, []),
            ({"q": "%"}, []),
        ],
    )
    def test_finds_members_by_how_their_tenant_id_begins(self, producer, image, query, found):
        for member_id, status in (
            ("8000002", "rejected"),
            ("80001", "pending"),
            ("8000001", "accepted"),
            ("9", "pending"),
        ):
            MembershipFactory(image=image, member_id=member_id, status=status)
        # As where no list shows it.
        MembershipFactory(member_id="8000003")

        page = read(producer.client().get(reverse("image", args=[producer.id, image.pk]), query))

        assert page.texts("#members tbody th") == found
        assert page.one("#members input[name=q]")["value"] == query["q"]
        if not found:
            assert "tenant ID begins with" in page.one("#members .empty").words

    def test_sees_that_the_image_is_on_hold_and_cannot_offer_it(self, producer, image):
        Image.objects.update(on_hold=True)

        page = show(producer, image)

        assert page.one(".lede .status").words == "On hold"
        assert (
            "neither offered nor used until an operator releases it. Memberships stay."
            in page.words
        )
        assert not page.all("form.offer")
        assert (
            "On hold: it cannot be offered until an operator releases it."
            in page.one("#members").words
        )

    def test_sees_that_a_private_image_cannot_be_offered(self, producer, image):
        Image.objects.update(visibility="private")

        page = show(producer, image)

        assert not page.all("form.offer")
        assert "private: it has to be made shared before" in page.one("#members").words


class TestMember:
    @pytest.mark.parametrize("status", ["pending", "accepted"])
    def test_sees_its_own_membership_and_no_other(
        self, producer, consumer, stranger, image, status
    ):
        member(consumer, image, status, note="As\nagreed.", answered_at=timezone.now())
        member(stranger, image, "accepted", note="Other note.")

        page = show(consumer, image)

        mine = page.one("#membership")
        assert mine.one(".status").words == status.capitalize()
        assert mine.one(".note").words == "As agreed."
        assert mine.all("time")[0]["datetime"].startswith(f"{timezone.now():%Y-%m-%d}")
        assert mine.all(".checklist-confirmed")
        assert not page.all("#members")
        assert stranger.id not in page.words
        assert "Other note." not in page.words
        assert f"Shared to you by {producer.id}." in page.words

    def test_that_waits_may_accept_or_reject_and_knows_what_it_cannot_do_yet(self, consumer, image):
        offer = member(consumer, image, "pending")

        mine = show(consumer, image).one("#membership")

        assert mine.texts("form button") == ["Accept", "Reject"]
        assert {f["name"]: f["value"] for f in mine.all("input") if f["name"] != "csrfmiddlewaretoken"} == {
            "offer": str(offer.pk), "tab": "pending", "seen": "pending", "from_image": "1",
        }  # fmt: skip
        assert "the image is not in your list and its data cannot be used" in mine.words

    def test_that_accepted_may_leave_which_asks_first(self, consumer, image):
        member(consumer, image)

        mine = show(consumer, image).one("#membership")

        assert mine.texts("form button") == ["Decide later"]
        assert mine.one("a.danger").words == "Leave"
        assert mine.one("a.danger")["href"] == reverse(
            "confirm-leave", args=[consumer.id, image.pk]
        )

    @pytest.mark.parametrize("status", ["pending", "accepted"])
    def test_a_reader_of_it_sees_no_verb(self, consumer, image, status):
        member(consumer, image, status)

        main = show(consumer, image, client=consumer.reader_client()).one("main")

        assert main.one("#membership .status").words == status.capitalize()
        assert not main.all("form")
        assert not main.all("a.danger")

    def test_finds_contact_and_support(self, producer, consumer, image):
        member(consumer, image)

        said = facts(show(consumer, image))
        assert said["Contact"] == "images@producer.example"
        assert said["Support"] == "Weekdays. The cloud's own support is best effort: does it boot?"
        assert not {"Contact", "Support"} & set(facts(show(producer, image)))

    def test_that_rejected_finds_nothing_and_learns_nothing(self, consumer, image):
        member(consumer, image, "rejected")

        refused = show(consumer, image, status=404)
        nothing = show(consumer, Image(pk=uuid4()), status=404)
        assert refused.one("main").words == nothing.one("main").words
        assert "Golden" not in str(refused)

    def test_sees_no_button_that_is_its_owners(self, consumer, image):
        member(consumer, image)

        main = show(consumer, image).one("main")
        assert not main.all("form.offer")
        assert "Delete" not in main.words
        assert "Withdraw" not in main.words

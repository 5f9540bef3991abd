"""Deleting an image, and leaving one: the question that names the consequence, and the act."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Image, Membership
from sharing.views import images as views
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import HTMX, read
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="debian-12")


@pytest.fixture
def client(producer):
    return producer.client()


def ask(client, name, tenant_id, image):
    answer = client.get(reverse(name, args=[tenant_id, image.pk]))
    assert answer.status_code == 200
    return read(answer).one("#confirm")


class TestDeleteQuestion:
    @pytest.mark.parametrize(
        ("accepted", "pending", "said"),
        [
            (0, 0, "No tenant has accepted this image."),
            (1, 0, "1 tenant has accepted this image and loses it at once; what they built from it stays theirs."),
            (2, 1, "2 tenants have accepted this image and lose it at once; what they built from it stays theirs."
                   " 1 offer still waits for an answer and ends."),
            (0, 2, "No tenant has accepted this image. 2 offers still wait for an answer and end."),
        ],
    )  # fmt: skip
    def test_names_how_many_accepted_and_how_many_wait(
        self, client, producer, image, accepted, pending, said
    ):
        MembershipFactory.create_batch(accepted, image=image, status="accepted")
        MembershipFactory.create_batch(pending, image=image, status="pending")
        MembershipFactory(image=image, status="rejected")
        MembershipFactory(status="accepted")

        with unchanged():
            question = ask(client, "confirm-delete", producer.id, image)

        assert question.one("h2").words == "Delete “debian-12”?"
        assert question.texts("p") == [said, "This cannot be undone."]
        assert question.one("form")["action"] == reverse("delete", args=[producer.id, image.pk])

    def test_about_an_image_deleted_meanwhile_is_404(self, client, producer, image, monkeypatch):
        monkeypatch.setattr(views, "owner_acts", lambda image, by: image.delete())

        answer = client.get(reverse("confirm-delete", args=[producer.id, image.pk]))
        assert answer.status_code == 404


class TestDelete:
    @HOW
    @pytest.mark.parametrize(
        ("members", "said"), [(0, "0 tenants"), (1, "1 tenant"), (3, "3 tenants")]
    )
    def test_ends_the_image_and_its_sharing_and_leads_to_the_list(
        self, client, producer, image, members, said, how
    ):
        MembershipFactory.create_batch(members, image=image, status="accepted")
        other = MembershipFactory(image__owner=producer.tenant)

        led = client.post(reverse("delete", args=[producer.id, image.pk]), **how)

        assert list(Image.objects.all()) == [other.image]
        assert Membership.objects.get() == other
        target = led["HX-Redirect"] if how else led["Location"]
        assert target == reverse("images", args=[producer.id])
        assert read(client.get(target)).texts("#messages .message") == [
            f"Deleted “debian-12” and ended its sharing to {said}."
        ]

    @HOW
    def test_of_a_protected_image_is_refused(self, client, producer, image, how):
        Image.objects.update(protected=True)
        MembershipFactory(image=image, status="accepted")

        with unchanged():
            answer = client.post(reverse("delete", args=[producer.id, image.pk]), **how)

        page = read(answer)
        assert answer.status_code == 409
        assert page.texts("#messages .message") == [
            "A protected image cannot be deleted. Its owner lifts the protection first."
        ]
        assert page.one("#members")

    @HOW
    @pytest.mark.parametrize("name", ["delete", "confirm-delete"])
    def test_of_an_image_that_is_gone_is_404(self, client, producer, image, name, how):
        handshake.delete_image(image, by=producer.by)
        method = "post" if name == "delete" else "get"

        with unchanged():
            answer = getattr(client, method)(reverse(name, args=[producer.id, image.pk]), **how)

        assert answer.status_code == 404
        assert "may have been withdrawn or deleted" in read(answer).one("#error").words

    @HOW
    def test_of_an_image_deleted_by_somebody_in_the_same_moment_is_404(
        self, client, producer, image, monkeypatch, how
    ):
        deleting = handshake.deleting

        def somebody_first(image, **told):
            handshake.delete_image(image, by=told["by"])
            return deleting(image, **told)

        monkeypatch.setattr(handshake, "deleting", somebody_first)

        assert (
            client.post(reverse("delete", args=[producer.id, image.pk]), **how).status_code == 404
        )

    def test_for_its_former_members_the_image_is_gone(self, client, producer, consumer, image):
        MembershipFactory(image=image, member_id=consumer.id, status="accepted")

        client.post(reverse("delete", args=[producer.id, image.pk]))

        seen = consumer.client().get(reverse("image", args=[consumer.id, image.pk]))
        assert seen.status_code == 404


class TestLeave:
    @pytest.fixture
    def membership(self, consumer, image):
        return MembershipFactory(image=image, member_id=consumer.id, status="accepted")

    def test_asks_and_tells_what_stays(self, consumer, image, membership):
        with unchanged():
            question = ask(consumer.client(), "confirm-leave", consumer.id, image)

        assert question.one("h2").words == "Leave “debian-12”?"
        assert "What you made from it, servers and snapshots, stays yours." in question.words
        assert "you find it under Rejected in your inbox and can change your mind" in question.words

    def test_rejects_and_leads_to_the_accepted_offers_with_undo(self, consumer, image, membership):
        client = consumer.client()
        form = ask(client, "confirm-leave", consumer.id, image).one("form")

        led = client.post(form["action"], {f["name"]: f["value"] for f in form.all("input")})

        membership.refresh_from_db()
        assert membership.status == "rejected"
        page = read(client.get(led["Location"]))
        assert page.texts(".tabs a[aria-current=page]") == ["Accepted"]
        undo = page.one("article.folded form")
        assert undo["action"] == reverse("accept", args=[consumer.id])

    @pytest.mark.parametrize("status", ["pending", "rejected"])
    def test_is_for_what_was_accepted(self, consumer, image, membership, status):
        Membership.objects.update(status=status)

        answer = consumer.client().get(reverse("confirm-leave", args=[consumer.id, image.pk]))
        assert answer.status_code == 404

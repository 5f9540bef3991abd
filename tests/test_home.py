"""Where a user starts, the frame of every page, and the links that anybody can pass on."""

import pytest
from django.urls import reverse

from sharing.checklist import ITEMS
from tests.conftest import signed_in
from tests.factories import ImageFactory, MembershipFactory, TenantUserFactory, UserFactory
from tests.pages import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_two(producer, consumer):
    """A user who manages the producer and reads the consumer."""
    user = UserFactory(email="both@example.org")
    TenantUserFactory(user=user, tenant=producer.tenant, role="manager")
    TenantUserFactory(user=user, tenant=consumer.tenant, role="reader")
    return user


class TestHome:
    def test_leads_to_the_inbox_of_the_users_tenant(self, consumer):
        assert consumer.client().get("/")["Location"] == reverse("inbox", args=[consumer.id])

    def test_leads_to_the_first_of_several(self, of_two, producer):
        assert signed_in(of_two).get("/")["Location"] == reverse("inbox", args=[producer.id])

    def test_leads_an_operator_without_a_tenant_to_the_admin(self, operator_client):
        assert operator_client.get("/")["Location"] == reverse("admin:index")

    def test_leads_an_operator_with_a_tenant_to_its_inbox(self, operator_user, consumer):
        TenantUserFactory(user=operator_user, tenant=consumer.tenant)

        answer = signed_in(operator_user).get("/")
        assert answer["Location"] == reverse("inbox", args=[consumer.id])

    def test_of_a_user_without_a_tenant_says_whom_to_ask(self):
        answer = signed_in(UserFactory(email="new@example.org")).get("/")

        page = read(answer)
        assert answer.status_code == 200
        assert page.one(".empty").words.startswith(
            "You are signed in, but you act for no tenant yet."
        )
        assert "add new@example.org to your tenant" in page.words
        assert not page.all(".rail")

    def test_leads_who_is_not_signed_in_to_the_sign_in(self, client, db):
        assert client.get("/")["Location"] == f"{reverse('account_login')}?next=/"


class TestFrame:
    def test_shows_my_tenant_id_with_a_copy_button(self, consumer):
        page = read(consumer.client().get(reverse("images", args=[consumer.id])))

        assert page.one(".acting").words == f"Consumer {consumer.id}"
        assert page.one(".acting button.copy")["data-copy"] == consumer.id
        assert page.one(".acting button.copy")["aria-label"] == "Copy my tenant ID"

    def test_shows_who_is_signed_in_and_in_which_role(self, consumer):
        for client, role in ((consumer.client(), "manager"), (consumer.reader_client(), "reader")):
            menu = read(client.get(reverse("inbox", args=[consumer.id]))).one(".menu.user")

            assert f"Signed in as {role}@consumer.example {role} of {consumer.id}" in menu.words
            assert menu.one("form")["action"] == reverse("account_logout")

    def test_switches_between_the_users_tenants_and_says_which_acts(
        self, of_two, producer, consumer
    ):
        client = signed_in(of_two)
        for acting, other in ((producer, consumer), (consumer, producer)):
            page = read(client.get(reverse("inbox", args=[acting.id])))

            assert (
                f"now Producer {producer.id}".replace("Producer", acting.tenant.name).replace(
                    producer.id, acting.id
                )
                in page.one(".acting summary").words
            )
            [link] = page.all(".acting .menu-list a")
            assert link["href"] == reverse("inbox", args=[other.id])
            assert link.words == f"{other.tenant.name} {other.id}"

    def test_gives_each_tenant_its_own_role(self, of_two, producer, consumer):
        client = signed_in(of_two)

        assert client.get(reverse("confirm-prune-all", args=[producer.id])).status_code == 200
        assert client.get(reverse("confirm-prune-all", args=[consumer.id])).status_code == 403

    def test_has_no_tenants_of_others(self, consumer, producer):
        page = read(consumer.client().get(reverse("inbox", args=[consumer.id])))

        assert producer.id not in page.words
        assert producer.tenant.name not in page.words

    @pytest.mark.parametrize("name", ["inbox", "images", "activity", "help"])
    def test_marks_the_page_that_is_shown(self, consumer, name):
        page = read(consumer.client().get(reverse(name, args=[consumer.id])))

        [current] = page.all(".rail a[aria-current=page]")
        assert current["href"] == reverse(name, args=[consumer.id])

    def test_links_the_admin_for_operators_alone(self, operator_user, consumer):
        TenantUserFactory(user=operator_user, tenant=consumer.tenant)
        address, admin = reverse("inbox", args=[consumer.id]), reverse("admin:index")

        assert admin in str(read(signed_in(operator_user).get(address)))
        assert admin not in str(read(consumer.client().get(address)))


class TestLinkToAnImage:
    """/images/<UUID>/ names no tenant: it leads to the page of the one of mine that may see the image."""

    @pytest.mark.parametrize("status", ["pending", "accepted"])
    def test_leads_a_member_to_its_page(self, consumer, status):
        image = MembershipFactory(member_id=consumer.id, status=status).image

        answer = consumer.client().get(reverse("find-image", args=[image.pk]))
        assert answer["Location"] == reverse("image", args=[consumer.id, image.pk])

    def test_leads_the_owner_to_its_page(self, producer):
        image = ImageFactory(owner=producer.tenant)

        answer = producer.client().get(reverse("find-image", args=[image.pk]))
        assert answer["Location"] == reverse("image", args=[producer.id, image.pk])

    def test_leads_to_the_tenant_of_several_that_may_see_it(self, of_two, consumer):
        image = MembershipFactory(member_id=consumer.id).image

        answer = signed_in(of_two).get(reverse("find-image", args=[image.pk]))
        assert answer["Location"] == reverse("image", args=[consumer.id, image.pk])

    def test_leads_a_member_that_rejected_and_a_stranger_nowhere(self, consumer, stranger):
        image = MembershipFactory(member_id=consumer.id, status="rejected").image

        for party in (consumer, stranger):
            answer = party.client().get(reverse("find-image", args=[image.pk]))
            assert answer.status_code == 404
            assert "There is nothing at this address" in read(answer).one("#error").words


class TestHelp:
    @pytest.fixture
    def page(self, consumer, settings):
        settings.REGION = "west"
        return read(consumer.client().get(reverse("help", args=[consumer.id])))

    @pytest.mark.parametrize(
        "topic", ["handshake", "tenant-id", "checklist", "statuses", "export", "api", "keys"]
    )
    def test_has_each_topic_that_other_pages_link(self, page, topic):
        assert page.one(f"#{topic}").tag == "section"
        assert page.one(f".contents a[href=#{topic}]")

    def test_tells_my_tenant_id_and_what_to_send(self, page, consumer):
        topic = page.one("#tenant-id")

        assert topic.one("button.copy")["data-copy"] == consumer.id
        assert "send the owner this ID and your region, west" in topic.words

    def test_tells_the_checklist_that_owners_confirm(self, page):
        assert page.texts("#checklist .ticks li") == list(ITEMS.values())

    def test_draws_the_handshake_and_tells_the_drawing_in_words(self, page):
        drawing = page.one("#handshake svg.drawing")

        assert drawing["role"] == "img"
        assert all(drawing.one(f"#{name}").words for name in drawing["aria-labelledby"].split())

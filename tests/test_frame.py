"""The frame of the pages is made once, then filled in: for each with what is its own, and nothing of anybody else."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import signed_in
from tests.factories import MembershipFactory, TenantUserFactory, UserFactory
from tests.pages import read

pytestmark = pytest.mark.django_db
PAGES = ["inbox", "images", "activity", "help"]


def page_of(party, name="inbox", client_of="client"):
    return getattr(party, client_of)().get(reverse(name, args=[party.id]))


@pytest.mark.parametrize("name", ["inbox", "images", "activity", "credentials"])
def test_nobody_sees_anything_of_whoever_came_before(producer, consumer, stranger, name):
    everybody = (producer, consumer, stranger)
    MembershipFactory(member_id=producer.id)
    for party in (*everybody, *everybody):
        told = page_of(party, name).text

        for other in everybody:
            for word in (other.id, other.tenant.name, other.manager.email):
                assert (word in told) == (other is party), (party.id, word)
        assert (read(page_of(party, name)).one("#inbox-badge").words != "") == (party is producer)


@pytest.mark.parametrize("name", PAGES)
def test_it_says_where_one_is(consumer, name):
    [current] = read(page_of(consumer, name)).all(".rail [aria-current=page]")

    assert current["href"] == reverse(name, args=[consumer.id])


def test_a_reader_and_a_manager_of_a_tenant_each_have_their_role(consumer):
    for client_of, role in (("client", "manager"), ("reader_client", "reader")) * 2:
        page = read(page_of(consumer, client_of=client_of))

        assert f"{role} of {consumer.id}" in page.one("details.user").words
        assert len(page.all("p.role")) == (role == "reader")


def test_only_operators_have_the_way_to_their_admin(consumer):
    operator = UserFactory(is_staff=True)
    TenantUserFactory(user=operator, tenant=consumer.tenant)
    url = reverse("inbox", args=[consumer.id])

    for client, shown in ((signed_in(operator), 1), (consumer.client(), 0)) * 2:
        assert len(read(client.get(url)).all(f"a[href={reverse('admin:index')}]")) == shown


def test_whoever_is_not_signed_in_sees_the_bare_page(consumer):
    for _ in range(2):
        page_of(consumer)
        page = read(Client().get(reverse("account_login")))

        assert page.one("body").fits(".bare")
        assert not page.all(".rail") + page.all("details.user") + page.all(".acting")


def test_each_page_has_a_token_of_its_own_that_its_forms_are_sent_with(consumer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(consumer.manager, "allauth.account.auth_backends.AuthenticationBackend")
    offer = MembershipFactory(member_id=consumer.id)
    url, tokens = reverse("inbox", args=[consumer.id]), set()
    for _ in range(2):
        page = read(client.get(url))
        [token] = {field["value"] for field in page.all("[name=csrfmiddlewaretoken]")}
        assert page.one("body")["hx-headers"] == f'{{"X-CSRFToken": "{token}"}}'
        tokens.add(token)

    assert len(tokens) == 2
    for token in tokens:
        sent = {"csrfmiddlewaretoken": token, "offer": offer.pk, "tab": "pending"}
        assert client.post(reverse("accept", args=[consumer.id]), sent).status_code == 302
    assert (
        client.post(reverse("accept", args=[consumer.id]), {"offer": offer.pk}).status_code == 403
    )


def test_names_are_written_and_not_read_as_html(consumer):
    user = UserFactory(email="o'hara&<i>@example.org")
    TenantUserFactory(user=user, tenant=consumer.tenant)
    for name in ("<b>&\"'", "<i>&\"'"):
        tenant = TenantUserFactory(user=user, tenant__name=name).tenant
        page = read(signed_in(user).get(reverse("inbox", args=[tenant.pk])))

        assert page.one(".acting-name").words == name
        assert user.email in page.one("details.user").words
        assert consumer.tenant.name in page.one(".acting .menu-list").words


def test_the_search_says_what_was_searched_for_on_the_list_alone(consumer):
    client, url = consumer.client(), reverse("images", args=[consumer.id])

    assert read(client.get(url, {"q": '"><b>'})).one("#search")["value"] == '"><b>'
    assert read(client.get(url)).one("#search")["value"] == ""
    assert "value" not in read(page_of(consumer)).one("#search").attributes

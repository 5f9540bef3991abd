import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.urls import reverse

from sharing.models import TenantUser, User
from tests.factories import PASSWORD, TenantFactory, UserFactory
from tests.operating import filled_in, list_url, operator_with, page_of, told

pytestmark = pytest.mark.django_db
ADD = "/admin/sharing/user/add/"
OTHER_PASSWORD = "staple battery horse correct"


def add(client: Client, email: str, password: str = PASSWORD, **extra: object):
    body = {"email": email, "usable_password": "true", "password1": password, "password2": password}
    return client.post(ADD, body | extra, follow=True)


def signs_in(email: str, password: str) -> bool:
    return (
        Client().post("/accounts/login/", {"login": email, "password": password}).status_code == 302
    )


def test_an_operator_adds_a_user_who_can_then_sign_in(operator_client):
    add(operator_client, "Ada@Producer.example")

    user = User.objects.get(email="ada@producer.example")
    assert not user.is_staff
    assert signs_in("ada@producer.example", PASSWORD)


def test_a_user_added_without_a_password_asks_for_one_on_the_sign_in_page(
    operator_client, django_capture_on_commit_callbacks
):
    add(operator_client, "ada@producer.example", "", usable_password="false")

    with django_capture_on_commit_callbacks(execute=True):
        Client().post(reverse("account_reset_password"), {"email": "ada@producer.example"})

    assert not User.objects.get(email="ada@producer.example").has_usable_password()
    assert [message.to for message in mail.outbox] == [["ada@producer.example"]]
    assert "/accounts/password/reset/key/" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("READER@producer.example", PASSWORD, "User with this E-mail address already exists."),
        ("not an address", PASSWORD, "Enter a valid email address."),
        ("a\0b@producer.example", PASSWORD, "Null characters are not allowed."),
        (f"{'a' * 250}@producer.example", PASSWORD, "at most 254 characters"),
        ("", PASSWORD, "This field is required."),
        ("ada@producer.example", "12345678", "This password is too common."),
    ],
    ids=["taken, in another case", "no address", "NUL", "too long", "empty", "weak password"],
)
def test_a_user_that_cannot_be_is_refused_with_a_sentence(
    producer, operator_client, email, password, sentence
):
    before = User.objects.count()

    answer = add(operator_client, email, password)

    assert sentence in answer.content.decode()
    assert User.objects.count() == before


def test_users_are_found_by_a_part_of_their_address(producer, consumer, operator_client):
    found = operator_client.get(list_url(User), {"q": "ER@Prod"}).context["cl"].result_list

    assert {user.email for user in found} == {"manager@producer.example", "reader@producer.example"}


def test_a_whole_address_finds_its_user_by_the_address_alone(
    producer, operator_client, django_assert_num_queries
):
    UserFactory(email="x" + producer.manager.email)

    with django_assert_num_queries(4) as queries:  # session, user, the address, rows
        page = operator_client.get(list_url(User), {"q": " MANAGER@producer.example "})

    assert list(page.context["cl"].result_list) == [producer.manager]
    assert not any("LIKE" in query["sql"] for query in queries)
    assert told(page) == []


def test_an_operator_sets_a_password_and_the_old_one_is_void(producer, operator_client):
    address = reverse("admin:auth_user_password_change", args=(producer.manager.pk,))

    operator_client.post(
        address,
        {"usable_password": "true", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD},
    )

    assert signs_in(producer.manager.email, OTHER_PASSWORD)
    assert not signs_in(producer.manager.email, PASSWORD)


def test_a_user_made_inactive_is_signed_out_and_cannot_sign_in(producer, operator_client):
    theirs = producer.client()

    operator_client.post(
        page_of(producer.manager), filled_in(operator_client, producer.manager, is_active=None)
    )

    assert theirs.get(reverse("account_change_password")).status_code == 302
    producer.manager.refresh_from_db()
    assert not producer.manager.is_active


def test_a_changed_address_takes_the_old_ones_power_to_sign_in_and_reset(producer, operator_client):
    EmailAddress.objects.create(
        user=producer.manager, email=producer.manager.email, primary=True, verified=True
    )

    operator_client.post(
        page_of(producer.manager),
        filled_in(operator_client, producer.manager, email="New@Producer.example"),
    )

    assert signs_in("new@producer.example", PASSWORD)
    assert not signs_in("manager@producer.example", PASSWORD)


def test_an_operator_makes_an_operator_of_a_group(producer, operator_client):
    group = Group.objects.create(name="Support")
    body = filled_in(operator_client, producer.reader, is_staff="on", groups=[group.pk])

    operator_client.post(page_of(producer.reader), body)

    reader = User.objects.get(pk=producer.reader.pk)
    assert reader.is_staff
    assert list(reader.groups.all()) == [group]


def test_a_users_tenants_are_changed_on_its_page(producer, consumer, operator_client):
    user = producer.manager
    body = filled_in(
        operator_client,
        user,
        **{"tenant_users-0-role": "reader", "tenant_users-2-0-tenant": consumer.id},
    )

    operator_client.post(page_of(user), body)

    roles = dict(TenantUser.objects.filter(user=user).values_list("tenant_id", "role"))
    assert roles == {producer.id: "reader", consumer.id: "reader"}


def test_users_are_not_deleted(producer, operator_client):
    address = reverse("admin:sharing_user_delete", args=(producer.manager.pk,))

    assert operator_client.post(address, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in operator_client.get(list_url(User)).content.decode()
    assert User.objects.filter(pk=producer.manager.pk).exists()


def test_the_query_count_of_a_users_page_does_not_grow_with_its_tenants(
    producer, operator_client, django_assert_num_queries
):
    def queries() -> None:
        with django_assert_num_queries(7):
            operator_client.get(page_of(producer.manager))

    queries()
    for tenant in TenantFactory.create_batch(20):
        TenantUser.objects.create(user=producer.manager, tenant=tenant)
    queries()


class TestAnOperatorWhoMayChangeUsersButIsNoSuperuser:
    @pytest.fixture
    def client(self, db):
        return operator_with("view_user", "change_user", "add_user")

    def test_changes_a_user(self, client, producer):
        client.post(page_of(producer.reader), filled_in(client, producer.reader, first_name="Ada"))

        assert User.objects.get(pk=producer.reader.pk).first_name == "Ada"

    def test_gives_no_rights(self, client, producer):
        body = filled_in(client, producer.reader, is_staff="on", is_superuser="on")

        client.post(page_of(producer.reader), body)

        reader = User.objects.get(pk=producer.reader.pk)
        assert (reader.is_staff, reader.is_superuser) == (False, False)

    @pytest.mark.parametrize(
        "rights", [{"is_staff": True}, {"is_superuser": True}], ids=["staff", "superuser"]
    )
    def test_does_not_change_an_operator_or_its_password(self, client, rights):
        other = UserFactory(email="other@cloud.example", **rights)
        body = {"usable_password": "true", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD}

        form = client.post(page_of(other), {"email": "mine@cloud.example"})
        password = client.post(reverse("admin:auth_user_password_change", args=(other.pk,)), body)

        assert (form.status_code, password.status_code) == (403, 403)
        other.refresh_from_db()
        assert other.email == "other@cloud.example"
        assert other.check_password(PASSWORD)

    def test_sees_no_group(self, client):
        assert client.get(list_url(Group)).status_code == 403


def test_a_group_is_given_the_permissions_that_screens_ask_for(operator_client):
    page = operator_client.get("/admin/auth/group/add/").context["adminform"].form

    offered = set(page.fields["permissions"].queryset.values_list("codename", flat=True))
    assert {"change_image", "add_membership", "change_user"} <= offered
    assert not {"delete_event", "change_event", "delete_tenant", "delete_image"} & offered

    operator_client.post("/admin/auth/group/add/", {"name": "Support", "permissions": [
        Permission.objects.get(codename="view_image").pk
    ]})  # fmt: skip
    assert Group.objects.get().permissions.get().codename == "view_image"


def test_saving_says_what_was_saved(operator_client):
    assert "was added successfully" in told(add(operator_client, "ada@producer.example"))[0]

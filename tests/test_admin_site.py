from urllib.parse import unquote

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from sharing.models import User
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
INDEX = "/admin/"


def test_the_operators_site_names_itself_and_leads_back_to_the_portal(operator_client):
    page = operator_client.get(INDEX).content.decode()

    assert "Proffer operators</a>" in page
    assert f'<a href="{reverse("home")}">View site</a>' in page


@pytest.mark.parametrize(
    "address", [INDEX, "/admin/sharing/image/", "/admin/login/", "/admin/no/such/page/"]
)
def test_who_is_signed_in_without_being_staff_gets_403(producer, address):
    assert producer.client().get(address).status_code == 403


@pytest.mark.parametrize("address", [INDEX, "/admin/sharing/image/", "/admin/no/such/page/"])
def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(db, address):
    answer = Client().get(address, follow=True)

    assert unquote(answer.redirect_chain[-1][0]) == f"/accounts/login/?next={address}"


def test_an_operator_made_inactive_is_out_at_once(operator_user, operator_client):
    User.objects.filter(pk=operator_user.pk).update(is_active=False)

    assert operator_client.get(INDEX).status_code == 302


def test_the_screens_are_those_that_operators_need():
    screens = {model._meta.label for model in admin.site._registry}

    assert screens == {
        "auth.Group", "sharing.ApplicationCredential", "sharing.Event", "sharing.Image", "sharing.Membership",
        "sharing.Tenant", "sharing.User",
    }  # fmt: skip


def test_an_operator_changes_its_password_where_everybody_does(operator_client):
    answer = operator_client.get("/admin/password_change/")

    assert answer.url == reverse("account_change_password")


def test_signing_out_of_the_admin_leads_to_the_sign_in(operator_client):
    answer = operator_client.post("/admin/logout/")

    assert answer.url == reverse("account_login")
    assert operator_client.get(INDEX).status_code == 302


class TestAnOperatorWithoutRights:
    """Staff that is in no group: in the admin, but not shown anything."""

    @pytest.fixture
    def client(self, db):
        return signed_in(User.objects.create_user("new@cloud.example", is_staff=True))

    def test_gets_in_and_is_told_so(self, client):
        assert "permission to view or edit anything" in client.get(INDEX).content.decode()

    @pytest.mark.parametrize(
        "model", ["applicationcredential", "event", "image", "membership", "tenant", "user"]
    )
    def test_sees_no_list(self, client, model):
        assert client.get(f"/admin/sharing/{model}/").status_code == 403

"""The second factor of operators, and what operators do about a lost one."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from portal.accounts import has_second_factor
from sharing.models import User
from tests.factories import PASSWORD, UserFactory
from tests.operating import list_url, operator_with, page_of, run, run_on_page, told
from tests.pages import read
from tests.second_factor import ASK, give

pytestmark = pytest.mark.django_db
ACTION = "remove_second_factor"


@pytest.fixture
def user(producer):
    give(producer.manager)
    return producer.manager


def logged():
    return list(LogEntry.objects.values_list("user__email", "object_id", "change_message"))


def test_the_admin_asks_operators_for_their_code_too(operator_user, client):
    _, [code, *_] = give(operator_user)
    asked = client.get("/admin/", follow=True)
    form = read(asked).one("main form")
    body = {"login": operator_user.email, "password": PASSWORD}
    body["next"] = form.one("input[name=next]")["value"]

    assert client.post("/accounts/login/", body)["Location"] == ASK
    assert client.get("/admin/").status_code == 302
    assert client.post("/admin/login/", {"username": operator_user.email, "password": PASSWORD})[
        "Location"
    ].startswith("/accounts/login/")
    assert client.get("/admin/").status_code == 302

    let_in = client.post(ASK, {"code": code}, follow=True)
    assert let_in.request["PATH_INFO"] == "/admin/"
    assert let_in.status_code == 200


class TestRemovingALostOne:
    def test_asks_first_and_names_whose(self, user, operator_client):
        page = read(run(operator_client, User, ACTION, [user.pk]))

        assert page.texts("#content li") == [user.email]
        assert "The password alone will sign this user in" in page.one("#content").words
        assert has_second_factor(user)
        assert logged() == []

    def test_leaves_the_password_to_sign_in_and_is_logged(
        self, user, operator_client, operator_user, client
    ):
        answer = run(operator_client, User, ACTION, [user.pk], confirmed="Remove")

        assert told(answer) == [f"Second factor removed: {user.email}."]
        assert logged() == [(operator_user.email, str(user.pk), "Removed the second factor.")]
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert client.session["_auth_user_id"] == str(user.pk)

    def test_on_the_users_page_leads_back_to_it(self, user, operator_client):
        page = read(run_on_page(operator_client, user, ACTION))
        form = page.one("#content form")
        body = {field["name"]: field["value"] for field in form.all("input[name]")}

        answer = operator_client.post(form["action"], body, follow=True)

        assert form["action"] == answer.request["PATH_INFO"] == page_of(user)
        assert told(answer) == [f"Second factor removed: {user.email}."]
        assert not has_second_factor(user)

    def test_where_there_is_none_says_so(self, producer, operator_client):
        answer = run(operator_client, User, ACTION, [producer.reader.pk], confirmed="Remove")

        assert told(answer) == ["There is no second factor: reader@producer.example."]
        assert logged() == []

    def test_of_ones_own_is_refused_as_no_password_is_asked_here(
        self, operator_user, operator_client
    ):
        give(operator_user)

        answer = run(operator_client, User, ACTION, [operator_user.pk], confirmed="Remove")

        assert "in the user menu, where your password is asked" in told(answer)[0]
        assert has_second_factor(operator_user)
        assert logged() == []

    @pytest.mark.parametrize(
        "rights", [{"is_staff": True}, {"is_superuser": True}], ids=["staff", "superuser"]
    )
    def test_of_an_operator_is_a_superusers_to_do(self, user, rights):
        other = UserFactory(email="other@cloud.example", **rights)
        give(other)
        client = operator_with("view_user", "change_user")

        answer = run(client, User, ACTION, [other.pk, user.pk], confirmed="Remove")
        run_on_page(client, other, ACTION)

        assert "Only a superuser changes operators: other@cloud.example." in told(answer)
        assert has_second_factor(other)
        assert not has_second_factor(user)

    def test_is_not_offered_to_who_may_only_look(self, user):
        client = operator_with("view_user")

        run(client, User, ACTION, [user.pk], confirmed="Remove")

        assert ACTION not in client.get(list_url(User)).content.decode()
        assert has_second_factor(user)
        assert logged() == []


def test_a_users_page_tells_whether_there_is_one(user, producer, operator_client):
    for person, words in ((user, "Set up"), (producer.reader, "None")):
        page = read(operator_client.get(reverse("admin:sharing_user_change", args=[person.pk])))
        assert page.one(".field-second_factor .readonly").words == words

"""Mangled addresses and forms of the admin: an answer, never a failure, and nothing changed."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group
from django.test import Client

from sharing.models import ApplicationCredential, Event, Image, Membership, Tenant, User
from tests.factories import CredentialFactory, ImageFactory, MembershipFactory
from tests.operating import list_url, run, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
MODELS = [ApplicationCredential, Event, Group, Image, Membership, Tenant, User]
BIG = "9" * 30
PAGES = ("change", "history", "delete")
KEYS = [
    "junk",
    "%00",
    "a%00b",
    "-1",
    "0",
    BIG,
    "1e5",
    "_",
    "_5F",
    "%F0%9F",
    "x" * 3000,
    "%2F",
    "..",
    "_00",
]
QUERIES = [
    "q=%00", "q=" + "x" * 256, "q=" + "x%20" * 3000, "q=%22", "q='", "q=%5C", "q=12%25_", "q=%F0%9F", f"q={BIG}",
    "p=junk", "p=0", "p=-3", f"p={BIG}", "p=" + "9" * 5000, "p=%00", "o=junk", "o=99.-3.x", "o=-1.2.3", "all=", "e=1",
    "e=1&x=1", "x=1", "status__exact=junk", "status__exact=%00", "status__isnull=junk", "on_hold__exact=junk",
    "on_hold__exact=%00", "verb__exact=%00", "is_staff__exact=2", "is_staff__exact=%00", "image__exact=junk",
    "image__exact=%00", "image_id__exact=junk", "member_id__exact=%00", "owner__exact=%00", "member_id__regex=(",
    "id__regex=(", "id__exact=junk", f"id__exact={BIG}", "image__owner__name__icontains=x", "password__startswith=a",
    "_to_field=junk", "_popup=1", "_facets=1",
]  # fmt: skip


@pytest.fixture(autouse=True)
def rows(producer, by_operator):
    image = ImageFactory(owner=producer.tenant)
    CredentialFactory()
    return MembershipFactory.create_batch(2, image=image)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:40])
def test_a_malformed_key_leads_away(operator_client, key):
    for address in (f"{list_url(model)}{key}/{page}/" for model in MODELS for page in PAGES):
        assert operator_client.get(address).status_code in (302, 403, 404), address


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:40])
def test_a_malformed_key_has_no_password_to_set(operator_client, key):
    assert operator_client.post(f"{list_url(User)}{key}/password/", {}).status_code in (302, 404)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
def test_a_mangled_list_is_shown_or_leads_to_the_whole_one(operator_client, query):
    for address in (f"{list_url(model)}?{query}" for model in MODELS):
        assert operator_client.get(address).status_code in (200, 302, 400), address


@pytest.mark.parametrize(
    "query",
    ["member_id__regex=(", "status__isnull=junk", "status__exact=%00", "image__exact=junk", "p=99"],
)
def test_a_filter_that_is_none_shows_all_rows(operator_client, rows, query):
    if query == "p=99":
        MembershipFactory.create_batch(60, image=rows[0].image)

    answer = operator_client.get(f"{list_url(Membership)}?{query}", follow=True)

    assert answer.redirect_chain == [("/admin/sharing/membership/?e=1", 302)]
    assert answer.context["cl"].result_count == Membership.objects.count()


@pytest.mark.parametrize(
    ("term", "sentence"),
    [("x" * 256, "Search: at most 255 characters."), ("\0", "Null characters are not allowed.")],
    ids=["too long", "NUL"],
)
def test_a_term_that_cannot_be_searched_for_is_told(operator_client, term, sentence):
    assert told(operator_client.get(list_url(Image), {"q": term})) == [sentence]


@pytest.mark.parametrize(
    ("model", "action"),
    [
        (Image, "put_on_hold"),
        (Membership, "accept"),
        (Membership, "withdraw"),
        (ApplicationCredential, "revoke"),
    ],
)
@pytest.mark.parametrize("key", ["junk", "", "\0", BIG, "-" + BIG, "1.5", "x" * 5000, "[]"])
def test_an_action_on_something_that_is_no_row_is_refused_with_a_sentence(
    operator_client, rows, model, action, key
):
    keys = [model.objects.first().pk, key]

    with unchanged():
        answer = run(operator_client, model, action, keys, confirmed="Withdraw")

    assert told(answer) == ["This selection is not one that the list gave. Nothing was changed."]


@pytest.mark.parametrize("body", [
    {}, {"action": "accept"}, {"action": "junk", "index": 0}, {"action": "accept", "index": "junk"},
    {"action": "accept", "index": "-7"}, {"action": "\0", "index": 0}, {"index": 99, "action": "accept"},
    {"action": "accept", "index": 0, "select_across": "junk"}, {"_save": "1"},
    {"form-TOTAL_FORMS": "junk", "_save": "1"},
])  # fmt: skip
@pytest.mark.parametrize("selected", [[], ["junk"]])
def test_a_form_that_the_list_did_not_give_changes_nothing(operator_client, body, selected):
    with unchanged():
        answer = operator_client.post(list_url(Membership), body | {ACTION_CHECKBOX_NAME: selected})

    assert answer.status_code in (200, 302)


def test_an_action_on_a_page_for_another_row_is_refused(operator_client, rows):
    one, other = rows
    body = {"CHANGE_FORM-action": "accept", "index": 0, ACTION_CHECKBOX_NAME: other.pk}

    with unchanged():
        answer = operator_client.post(f"{list_url(Membership)}{one.pk}/change/", body)

    assert answer.status_code == 400


def test_more_rows_than_a_list_shows_cannot_be_posted(operator_client, rows):
    with unchanged():
        answer = operator_client.post(
            list_url(Membership),
            {"action": "accept", "index": 0, ACTION_CHECKBOX_NAME: [rows[0].pk] * 1101},
        )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "address", ["/admin/autocomplete/?term=a", "/admin/r/1/1/", "/admin/r/junk/junk/"]
)
def test_addresses_of_django_that_no_screen_uses_are_not_there(operator_client, address):
    assert operator_client.get(address).status_code == 404


def test_a_form_without_its_csrf_token_is_refused(operator_client, operator_user, rows):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator_client.cookies

    with unchanged():
        answer = strict.post(
            list_url(Membership), {"action": "accept", "index": 0, ACTION_CHECKBOX_NAME: rows[0].pk}
        )

    assert answer.status_code == 403

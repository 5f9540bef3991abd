"""Values that no page makes, in every field of every form and every parameter of every page.

Each gets a 4xx with a sentence, by htmx and without; nothing changes.
"""

import pytest
from django.test import Client
from django.urls import reverse

from sharing.cursors import CURSOR_MAX
from sharing.models import Membership
from tests.pages import HTMX, read
from tests.refusals import unchanged
from tests.scene import Scene, build_scene
from tests.test_access import IN_IMAGE, ROWS

pytestmark = pytest.mark.django_db

CHOICE = ["unknown", "PENDING", "pending\n\x00", "x" * 10_000, "\x00", "é", "['pending']"]
KEY = ["x", "-1", "0", "1.5", "9" * 30, str(2**63), "1e3", "\x00", "1\x00", "é", "x" * 10_000, " "]
CURSOR = [
    "x",
    "\x00",
    "é",
    "A" * (CURSOR_MAX + 1),
    "WyItaWQiLGZhbHNlLDFd\x00",
    "WyItaWQiLGZhbHNlLCJ4Il0",
    "null",
]
TEXT = ["\x00", "debian\x00", "x" * 256]
# What a checkbox would take for yes.
ALL = ["0", "no", "off", "x", "\x00"]
MEMBER = ["x" * 65, "\x00", "1\x00", ""]
CREDENTIAL = ["", "x", "\x00", "0" * 31, "0" * 33, "\x00" + "0" * 31, "é" * 32, "x" * 10_000]

PARAMETERS = {
    "inbox": {"status": CHOICE, "answered": KEY, "page": CURSOR},
    "images": {
        "q": TEXT,
        "show": CHOICE,
        "sort": [*CHOICE, "--name", "id", "owner__name"],
        "page": CURSOR,
    },
    "image": {"status": CHOICE, "page": CURSOR},
    "activity": {"verb": [*CHOICE, "Offered"], "page": CURSOR},
    "confirm-withdraw": {"member": MEMBER, "all": ALL},
    "credentials": {"page": CURSOR},
    "confirm-revoke": {"credential": CREDENTIAL},
}
ANSWER = {"offer": [*KEY, ""], "tab": [*CHOICE, ""]}
FIELDS = {
    "accept": ANSWER,
    "reject": ANSWER,
    "postpone": ANSWER,
    "withdraw": {"member": MEMBER, "all": ALL},
    "offer": {
        "tenant_ids": ["", " ", "\x00", "1 2\x00", ",;", "1" * 70_001, "1 " * 1001],
        "note": ["\x00", "x" * 501, "As agreed.\x00"],
    },
}
CALLER = {name: "pending" if fields is ANSWER else "owner" for name, fields in FIELDS.items()}


def cases(table):
    return [
        pytest.param(name, field, value, id=f"{name} {field} {value[:12]!r}({len(value)})")
        for name, fields in table.items()
        for field, values in fields.items()
        for value in values
    ]


@pytest.fixture
def scene() -> Scene:
    return build_scene()


def address(scene, name, caller="owner"):
    args = [scene.tenant_of(caller), scene.image.pk]
    return reverse(name, args=args if ROWS[name].args == IN_IMAGE else args[:1])


def good(scene, name, caller):
    """What the form holds when it is well filled in."""
    if caller == "pending":
        return {"offer": scene.offer_to(caller).pk, "tab": "pending"}
    return {"withdraw": {"member": "5083310"}, "offer": {"tenant_ids": "1", "note": "As agreed."}}[
        name
    ]


def sentences(page):
    return [part.words for part in page.all("#error") + page.all(".errorlist")]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(("name", "field", "value"), cases(PARAMETERS))
def test_a_bad_parameter_is_refused_with_a_sentence(scene, name, field, value, headers):
    with unchanged():
        answer = scene.clients["owner"].get(address(scene, name), {field: value}, headers=headers)

    assert answer.status_code == 422
    [sentence] = sentences(read(answer))
    assert sentence.endswith("Nothing was changed or lost.")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(("name", "field", "value"), cases(FIELDS))
def test_a_bad_field_is_refused_with_a_sentence_and_nothing_changes(
    scene, name, field, value, headers
):
    caller = CALLER[name]
    data = good(scene, name, caller) | {field: value}

    with unchanged():
        answer = scene.clients[caller].post(address(scene, name, caller), data, headers=headers)

    assert answer.status_code == 422
    assert all(sentences(read(answer)))
    assert len(sentences(read(answer))) == 1


@pytest.mark.parametrize("name", FIELDS)
def test_the_same_form_well_filled_in_is_taken(scene, name):
    caller = CALLER[name]

    answer = scene.clients[caller].post(address(scene, name, caller), good(scene, name, caller))

    assert answer.status_code == 302


@pytest.mark.parametrize("name", FIELDS)
def test_an_empty_form_is_refused(scene, name):
    with unchanged():
        answer = scene.clients[CALLER[name]].post(address(scene, name, CALLER[name]))

    assert answer.status_code == 422
    assert all(sentences(read(answer)))


@pytest.mark.parametrize("name", ["accept", "withdraw", "confirm-withdraw", "inbox"])
def test_more_than_a_thousand_at_a_time_are_refused_with_the_limit(scene, name):
    field = {"accept": "offer", "inbox": "answered"}.get(name, "member")
    data = {field: list(range(1, 1002)), "tab": "pending"}
    caller = CALLER.get(name, "owner")
    method = "post" if name in FIELDS else "get"

    with unchanged():
        answer = getattr(scene.clients[caller], method)(address(scene, name, caller), data)

    assert answer.status_code == 422
    assert "at most 1000 at a time." in read(answer).one("#error").words


@pytest.mark.parametrize(
    ("name", "query"), [("accept", {"offer": 1}), ("withdraw", {}), ("confirm-withdraw", {})]
)
def test_a_refusal_by_htmx_is_shown_among_the_messages(scene, name, query):
    method = "get" if name.startswith("confirm") else "post"

    answer = getattr(scene.clients["owner"], method)(address(scene, name), query, headers=HTMX)

    shown = (answer["HX-Retarget"], answer["HX-Reselect"], answer["HX-Reswap"])
    assert shown == ("#messages", "#error", "innerHTML")


def test_the_page_tells_which_field_was_meant(scene):
    for name, field, sentence in (
        ("inbox", "status", "Status: Select a valid choice. unknown is not one of the available choices."),
        ("images", "page", "Page: this link to a page is not one that the list gave. Start from the first page."),
        ("activity", "verb", "What: Select a valid choice."),
        ("inbox", "answered", "Offers: Enter a whole number."),
    ):  # fmt: skip
        page = read(scene.clients["owner"].get(address(scene, name), {field: "unknown"}))

        assert page.one("#error").words.startswith(sentence)


@pytest.mark.parametrize("name", ["accept", "reject", "postpone"])
def test_an_offer_that_never_was_is_not_found(scene, name):
    with unchanged():
        answer = scene.clients["pending"].post(
            address(scene, name, "pending"), {"offer": 2**63 - 1, "tab": "pending"}
        )

    assert answer.status_code == 404
    assert read(answer).one("#error").words


def test_answered_offers_of_others_are_not_shown(scene):
    ids = list(Membership.objects.values_list("pk", flat=True))

    page = read(
        scene.clients["stranger"].get(address(scene, "inbox", "stranger"), {"answered": ids})
    )

    assert not page.all("article")


ACCOUNT_FIELDS = {
    "/accounts/login/": {"login": "manager@producer.example", "password": "x"},
    "/accounts/password/reset/": {"email": "manager@producer.example"},
    "/accounts/password/change/": {"oldpassword": "x", "password1": "y", "password2": "y"},
    "/accounts/reauthenticate/": {"password": "x"},
}


@pytest.mark.parametrize(
    ("path", "field"),
    [(path, field) for path, fields in ACCOUNT_FIELDS.items() for field in fields],
)
@pytest.mark.parametrize(
    "value", ["", "\x00", "a\x00@b.example", "x" * 100_000], ids=lambda v: f"{v[:3]!r}({len(v)})"
)
def test_a_bad_field_of_an_account_form_is_told_in_the_form(scene, path, field, value):
    signed_out = path in ("/accounts/login/", "/accounts/password/reset/")
    client = Client() if signed_out else scene.clients["owner"]

    with unchanged():
        answer = client.post(path, ACCOUNT_FIELDS[path] | {field: value})

    assert answer.status_code == 200
    assert read(answer).texts(".errorlist")

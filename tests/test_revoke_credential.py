"""Revoking an application credential: asked first, done at once, for its own user alone."""

from uuid import uuid4

import pytest
from django.utils import timezone

from sharing.models import ApplicationCredential
from tests.credentials import at, holder, page_of
from tests.factories import CredentialFactory, TenantUserFactory
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def credential(producer):
    return CredentialFactory(holder=holder(producer), name="Nightly")


def revoke(party, key, client=None, headers=None):
    address = at(party, "revoke-credential")
    body = {} if key is None else {"credential": key}
    return (client or party.client()).post(address, body, headers=headers or {})


def ask(party, key, client=None):
    query = {} if key is None else {"credential": key}
    return (client or party.client()).get(at(party, "confirm-revoke"), query)


def test_the_question_names_the_consequence(producer, credential):
    link = page_of(producer).one("tbody td a")
    assert link["hx-get"] == link["href"]
    question = read(producer.client().get(link["href"])).one("#confirm")

    assert question.one("h2").words == "Revoke “Nightly”?"
    assert "Programs that use it are signed out at once" in question.words
    assert "It was never used." in question.words
    form = question.one("form")
    assert form["action"] == at(producer, "revoke-credential")
    assert form.one("input[name=credential]")["value"] == credential.pk.hex
    assert question.one("a[data-close]")["href"] == at(producer)


def test_the_question_says_when_it_was_last_used(producer, credential):
    ApplicationCredential.objects.update(last_used_at=timezone.now())
    question = read(ask(producer, credential.pk.hex)).one("#confirm").words
    assert f"It was last used on {timezone.now().day} {timezone.now():%B %Y}" in question


@HOW
def test_revoking_ends_it_and_leads_back_to_the_list(producer, credential, headers):
    other = CredentialFactory(holder=holder(producer))

    client = producer.client()
    answer = revoke(producer, credential.pk.hex, client, headers)

    assert (answer.status_code, answer.url) == (302, at(producer))
    assert told(page_of(producer, client)) == ["Revoked “Nightly”: whatever used it is signed out."]
    assert ApplicationCredential.objects.get() == other


def test_revoking_works_from_the_frame_of_any_tenant_of_the_person(producer, consumer, credential):
    TenantUserFactory(user=producer.manager, tenant=consumer.tenant)

    answer = revoke(consumer, str(credential.pk), producer.client())

    assert (answer.status_code, answer.url) == (302, at(consumer))
    assert not ApplicationCredential.objects.exists()


@pytest.mark.parametrize("who", ["the tenant's reader", "another tenant's manager"])
def test_a_credential_of_somebody_else_is_not_found(producer, consumer, credential, who):
    party = producer if who == "the tenant's reader" else consumer
    client = producer.reader_client() if party is producer else consumer.client()
    for act in (ask, revoke):
        with unchanged():
            theirs, none = (act(party, key, client) for key in (credential.pk.hex, uuid4().hex))
        assert theirs.status_code == none.status_code == 404
        assert read(theirs).one("#error").words == read(none).one("#error").words


def test_one_that_was_revoked_is_not_found(producer, credential):
    client = producer.client()
    revoke(producer, credential.pk.hex, client)
    assert revoke(producer, credential.pk.hex, client).status_code == 404


@pytest.mark.parametrize("key", [None, "", "junk", "\x00", "0" * 31, "x" * 10_000], ids=str)
def test_what_is_no_id_is_refused_with_a_sentence(producer, credential, key):
    for act in (ask, revoke):
        with unchanged():
            answer = act(producer, key)
        assert answer.status_code == 422
        assert read(answer).one("#error").words.startswith("Credential: ")

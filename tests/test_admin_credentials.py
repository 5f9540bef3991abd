import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from sharing.models import ApplicationCredential, TenantUser
from tests.factories import CredentialFactory
from tests.operating import list_url, operator_with, page_of, run, run_on_page, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
LIST = list_url(ApplicationCredential)
CONFIRMED = {"confirmed": "Revoke"}


@pytest.fixture
def credential(producer):
    manager = TenantUser.objects.get(user=producer.manager)
    return CredentialFactory(holder=manager, name="Nightly", secret_hash="f" * 64)


@pytest.fixture
def other(consumer):
    return CredentialFactory(holder=TenantUser.objects.get(user=consumer.reader), name="CI")


def found(client, term):
    return {row.name for row in client.get(LIST, {"q": term}).context["cl"].result_list}


def test_the_list_says_whose_each_is(credential, other, operator_client):
    page = operator_client.get(LIST).content.decode()

    for text in ("Nightly", "manager@producer.example", "4471021", str(credential.pk)):
        assert text in page


def test_they_are_found_by_id_user_and_tenant_in_full(credential, other, operator_client):
    for term in (str(credential.pk), credential.pk.hex, "manager@producer.example", "4471021"):
        assert found(operator_client, term) == {"Nightly"}
    for term in ("manager@producer", "447102", "Nightly"):
        assert found(operator_client, term) == set()


def test_the_hash_of_the_secret_is_never_shown(credential, operator_client):
    pages = (LIST, page_of(credential), page_of(credential).replace("change", "history"))
    asked = run(operator_client, ApplicationCredential, "revoke", [credential.pk])
    for answer in (*map(operator_client.get, pages), asked):
        assert answer.status_code == 200
        assert "f" * 64 not in answer.content.decode()
        assert "secret" not in answer.content.decode().lower()


def test_none_is_made_edited_or_deleted_but_by_the_verb(credential, operator_client):
    with unchanged():
        for page, status in (("add", 403), ("change", 403), ("delete", 403)):
            args = () if page == "add" else (credential.pk,)
            address = reverse(f"admin:sharing_applicationcredential_{page}", args=args)
            answer = operator_client.post(address, {"name": "x", "post": "yes", "role": "reader"})
            assert answer.status_code == status


def test_an_operator_revokes_those_that_were_ticked(credential, other, operator_client):
    with unchanged():
        asked = run(operator_client, ApplicationCredential, "revoke", [credential.pk])
    assert "1 application credential will be revoked." in asked.content.decode()
    assert "never used" in asked.content.decode()

    keys = [credential.pk]
    answer = run(operator_client, ApplicationCredential, "revoke", keys, **CONFIRMED)

    assert told(answer) == ["Revoked: 1 credential."]
    assert ApplicationCredential.objects.get() == other
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.object_repr) == (str(credential.pk), "Nightly")


def test_an_operator_revokes_one_on_its_page(credential, other, operator_client):
    asked = run_on_page(operator_client, credential, "revoke")

    assert f'action="{LIST}"' in asked.content.decode()
    assert ApplicationCredential.objects.count() == 2


def test_one_that_is_gone_meanwhile_is_told(credential, operator_client):
    key = credential.pk
    credential.delete()
    answer = run(operator_client, ApplicationCredential, "revoke", [key], **CONFIRMED)

    assert told(answer) == ["There was nothing left to revoke."]
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "status"),
    [((), 403), (("view_applicationcredential",), 200), (("view_tenant",), 403)],
)
def test_an_operator_without_the_right_revokes_nothing(credential, permissions, status):
    client = operator_with(*permissions)
    assert client.get(LIST).status_code == status
    with unchanged():
        run(client, ApplicationCredential, "revoke", [credential.pk], **CONFIRMED)


def test_an_operator_with_the_right_needs_no_other(credential):
    client = operator_with("view_applicationcredential", "delete_applicationcredential")

    run(client, ApplicationCredential, "revoke", [credential.pk], **CONFIRMED)

    assert not ApplicationCredential.objects.exists()

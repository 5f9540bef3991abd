"""Making an application credential: the secret is shown in the answer, and nowhere else, ever."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from sharing.credentials import CREDENTIALS_MAX, hash_of
from sharing.models import ApplicationCredential
from tests.credentials import at, errors, holder, make
from tests.factories import CredentialFactory, TenantUserFactory
from tests.pages import HTMX, facts, read, told
from tests.refusals import everything, unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
ENTRY = """\
clouds:
  proffer-4471021-nightly-sync:
    auth_type: v3applicationcredential
    auth:
      auth_url: "http://testserver/identity/v3"
      application_credential_id: "{id}"
      application_credential_secret: "{secret}"
    region_name: "North \\"1\\""
    interface: public
    identity_api_version: 3
"""


@HOW
def test_the_answer_shows_the_secret_with_all_that_a_program_needs(producer, headers):
    answer = make(producer, name="Nightly sync", role="manager", headers=headers)

    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    made = ApplicationCredential.objects.get()
    page = read(answer)
    assert len(page.all("#messages")) == len(page.all(".made")) == 1
    assert len(page.all("html")) == (not headers)
    shown = facts(page.one(".made"))
    assert hash_of(shown["Secret"]) == made.secret_hash
    assert (shown["ID"], shown["Signs in as"]) == (made.pk.hex, f"manager of {producer.id}")
    assert "nobody can show it again" in page.one(".made .message").words
    copied = {button["data-copy"] for button in page.all(".made [data-copy]")}
    assert {made.pk.hex, shown["Secret"]} < copied
    assert "".join(page.one("#clouds-yaml").inside) in copied
    assert page.texts("tbody th") == [f"Nightly sync {made.pk.hex}"]
    assert (made.holder, made.role) == (holder(producer), "manager")


def test_the_answer_gives_an_entry_of_clouds_yaml(producer, settings):
    settings.REGION = 'North "1"'
    page = read(make(producer, name="Nightly sync"))

    made, secret = ApplicationCredential.objects.get(), facts(page.one(".made"))["Secret"]
    entry = ENTRY.format(id=made.pk.hex, secret=secret)
    assert "".join(page.one("#clouds-yaml").inside) == entry
    assert "openstack --os-cloud proffer-4471021-nightly-sync image list" in page.words


@pytest.mark.parametrize(
    ("name", "cloud"),
    [
        ("日本", "proffer-4471021"),
        ("123", "proffer-4471021-123"),
        ("a: b # c\n", "proffer-4471021-a-b-c"),
        ("x" * 99, "proffer-4471021-" + "x" * 40),
    ],
)
def test_the_cloud_is_named_by_what_yaml_and_shells_take(producer, name, cloud):
    page = read(make(producer, name=name))
    assert f"\n  {cloud}:\n" in "".join(page.one("#clouds-yaml").inside)


def test_the_region_has_a_name_where_the_cloud_gives_it_none(producer):
    assert 'region_name: "RegionOne"' in make(producer).content.decode().replace("&quot;", '"')


@HOW
def test_the_secret_is_in_that_answer_alone(producer, headers, caplog):
    client = producer.client()
    answer = make(producer, client, headers)
    secret = facts(read(answer).one(".made"))["Secret"]

    again = client.get(at(producer))
    kept = [str(everything()), caplog.text, str(answer.headers), str(answer.cookies)]
    kept.append(again.content.decode())
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    assert not any(secret in text for text in kept)
    assert told(read(again)) == []


@HOW
def test_a_form_sent_again_by_a_reload_makes_no_second_one(producer, headers):
    client = producer.client()
    make(producer, client, headers)

    with unchanged():
        again = make(producer, client, headers)
    assert errors(again) == (
        "Name",
        "Name: you have a credential “CI” for this tenant already.",
    )
    assert not read(again).all(".made")


@pytest.mark.parametrize(
    ("expires", "days"), [("30", 30), ("90", 90), ("365", 365), ("never", None)]
)
def test_it_is_kept_and_told_when_it_expires(producer, expires, days):
    shown = facts(read(make(producer, expires=expires)).one(".made"))["Expires"]

    kept = ApplicationCredential.objects.get().expires_at
    if days is None:
        assert (shown, kept) == ("never", None)
    else:
        assert abs(kept - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
        assert f"{kept:%B %Y, %H:%M}" in shown


def test_one_for_another_tenant_of_the_person_is_for_that_one(producer, consumer):
    there = TenantUserFactory(user=producer.manager, tenant=consumer.tenant, role="reader")

    assert make(producer, tenant=consumer.id).status_code == 201

    assert ApplicationCredential.objects.get().holder == there


def test_a_reader_makes_one_for_reading(producer):
    answer = make(producer, producer.reader_client())

    assert answer.status_code == 201
    assert ApplicationCredential.objects.get().holder == holder(producer, producer.reader)


@HOW
def test_a_reader_makes_none_for_managing(producer, headers):
    with unchanged():
        answer = make(producer, producer.reader_client(), headers, role="manager")
    assert errors(answer) == (
        "Role", "Role: you are a reader of this tenant, and so is your credential."
    )  # fmt: skip


def test_what_is_allowed_goes_by_the_role_in_the_chosen_tenant(producer, consumer):
    TenantUserFactory(user=producer.manager, tenant=consumer.tenant, role="reader")
    with unchanged():
        assert errors(make(producer, tenant=consumer.id, role="manager"))[0] == "Role"


@HOW
@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        *(("name", value, "Name") for value in (None, "", "  ", "a\x00b", "x" * 256, "x" * 100_000)),
        *(("tenant", value, "Tenant") for value in (None, "", "\x00", "5083310", "999999999", "x" * 65)),
        *(("role", value, "Role") for value in (None, "", "owner", "\x00", "x" * 10_000)),
        *(("expires", value, "Expires") for value in (None, "", "0", "-1", "91", "Never", "\x00", "9" * 30)),
    ],
    ids=lambda value: f"{str(value)[:9]!r}({len(value or '')})",
)  # fmt: skip
def test_a_bad_field_is_refused_beside_it(producer, consumer, headers, field, value, label):
    with unchanged():
        answer = make(producer, headers=headers, **{field: value})

    assert errors(answer)[0] == label
    assert errors(answer)[1].endswith((".", ")"))
    assert len(read(answer).all("html")) == (not headers)


def test_a_tenant_of_others_is_refused_as_one_that_does_not_exist(producer, consumer):
    one, other = (make(producer, tenant=tenant) for tenant in (consumer.id, "9999999"))

    assert errors(one) == errors(other) == ("Tenant", "Choose one of your tenants.")
    assert consumer.tenant.name not in one.content.decode()


@HOW
def test_more_than_there_may_be_are_refused(producer, headers):
    CredentialFactory.create_batch(CREDENTIALS_MAX, holder=holder(producer))
    with unchanged():
        answer = make(producer, headers=headers)
    assert "Revoke one you no longer use." in errors(answer)[1]


def test_a_refusal_keeps_what_was_typed_and_a_list_whose_pages_can_be_reached(producer):
    CredentialFactory.create_batch(30, holder=holder(producer))
    page = read(make(producer, name="Nightly", role="owner", expires="never"))

    assert page.one("input[name=name]")["value"] == "Nightly"
    assert page.one("select[name=expires] option[selected]")["value"] == "never"
    following = producer.client().get(page.one("a[rel=next]")["href"])
    assert len(read(following).all("tbody tr")) == 5


def test_one_for_a_tenant_that_the_person_left_meanwhile_is_not_found(producer, monkeypatch):
    left = holder(producer)
    client = producer.client()
    monkeypatch.setattr(
        "sharing.credential_forms.NewCredentialForm.is_valid",
        lambda form, real=lambda f: not f.errors: real(form) and left.delete(),
    )
    assert make(producer, client).status_code == 404
    assert not ApplicationCredential.objects.exists()

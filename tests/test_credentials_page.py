"""The page of a person's application credentials: the list, and the form that makes one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sharing.models import ApplicationCredential, TenantUser
from tests.credentials import at, holder, make, page_of
from tests.factories import CredentialFactory, TenantFactory, TenantUserFactory
from tests.pages import read

pytestmark = pytest.mark.django_db
HOSTILE = """</title>"'><evil onload=alert(1)>{{ 7|add:7 }}&amp;"""


class TestTheList:
    def row(self, producer, **fields):
        CredentialFactory(holder=holder(producer), **fields)
        [row] = page_of(producer).all("tbody tr")
        return {cell["data-label"]: cell.words for cell in row.all("[data-label]")} | {"row": row}

    def test_tells_what_matters(self, producer):
        then = timezone.now().replace(year=2026, month=5, day=3, hour=12, minute=40)

        row = self.row(producer, name="Nightly", role="manager", created_at=then, last_used_at=then)

        credential = ApplicationCredential.objects.get()
        assert row.pop("row").one("button.copy")["data-copy"] == credential.pk.hex
        assert row == {
            "Name": f"Nightly {credential.pk.hex}", "Signs in as": f"manager of {producer.id}",
            "Made": "3 May 2026", "Expires": "never", "Last used": "3 May 2026, 12:40", "Revoke": "Revoke",
        }  # fmt: skip

    def test_says_that_it_was_never_used(self, producer):
        assert self.row(producer)["Last used"] == "never"

    @pytest.mark.parametrize(("left", "expired"), [(1, False), (-1, True)])
    def test_says_that_it_has_expired_by_icon_and_word(self, producer, left, expired):
        moment = timezone.now() + timedelta(days=left)
        row = self.row(producer, expires_at=moment)

        assert row["Expires"].startswith("Expired") is expired
        assert f"{moment:%b %Y}" in row["Expires"]
        assert len(row["row"].all(".status-expired svg")) == expired

    def test_says_that_the_role_is_less_by_now(self, producer):
        assert "reader" not in self.row(producer, role="manager")["Signs in as"]
        ApplicationCredential.objects.all().delete()
        TenantUser.objects.update(role="reader")
        CredentialFactory(holder=holder(producer), role="manager")

        row = page_of(producer).one("tbody tr").words
        assert f"manager of {producer.id} refused: you are reader now" in row

    def test_is_the_persons_for_all_tenants_newest_first(self, producer, consumer):
        there = TenantUserFactory(user=producer.manager, tenant=consumer.tenant)
        now = timezone.now()
        for age, of in ((3, holder(producer)), (1, there), (2, holder(producer))):
            CredentialFactory(holder=of, name=f"{age}", created_at=now - timedelta(age))
        CredentialFactory(holder=holder(producer, producer.reader), name="the reader's")
        CredentialFactory(holder=holder(consumer), name="the consumer's")

        shown = [text.split()[0] for text in page_of(producer).texts("tbody th")]
        assert shown == ["1", "2", "3"]

    def test_has_pages(self, producer):
        CredentialFactory.create_batch(30, holder=holder(producer))
        client, first = producer.client(), page_of(producer)
        second = read(client.get(first.one("a[rel=next]")["href"]))

        names = [page.texts("tbody th") for page in (first, second)]
        assert [len(page) for page in names] == [25, 5]
        assert len({*names[0], *names[1]}) == 30
        assert read(client.get(second.one("a[rel=prev]")["href"])).texts("tbody th") == names[0]

    def test_that_is_empty_says_what_they_are_for(self, producer):
        empty = page_of(producer).one(".empty")

        assert empty.words.startswith("No application credential yet.")
        assert empty.one("a")["href"] == reverse("help", args=[producer.id]) + "#api"

    def test_never_shows_a_hash(self, producer):
        CredentialFactory(holder=holder(producer), secret_hash="f" * 64)
        answer = producer.client().get(at(producer))
        assert "f" * 64 not in answer.content.decode()


class TestTheForm:
    def choices(self, page, name):
        return {one["value"]: one.words for one in page.all(f"select[name={name}] option")}

    def test_offers_the_persons_tenants_with_the_acting_one_chosen(self, producer, consumer):
        TenantUserFactory(user=producer.manager, tenant=consumer.tenant, role="reader")

        page = page_of(producer)

        assert self.choices(page, "tenant") == {
            producer.id: f"{producer.id} · Producer · manager",
            consumer.id: f"{consumer.id} · Consumer · reader",
        }
        assert page.one("select[name=tenant] option[selected]")["value"] == producer.id
        assert [one["value"] for one in page.all("input[name=role]")] == ["manager", "reader"]
        assert page.one("input[name=role][checked]")["value"] == "reader"

    def test_offers_a_reader_what_a_reader_may(self, producer):
        page = page_of(producer, producer.reader_client())

        assert [one["value"] for one in page.all("input[name=role]")] == ["reader"]
        assert page.one("select[name=tenant] option").words.endswith("reader")

    def test_says_on_which_day_it_would_expire(self, producer):
        offered = self.choices(page_of(producer), "expires")

        in_90_days = timezone.now() + timedelta(days=90)
        assert list(offered) == ["30", "90", "365", "never"]
        assert offered["90"] == f"In 90 days, on {in_90_days.day} {in_90_days:%B %Y}"
        assert page_of(producer).one("select[name=expires] option[selected]")["value"] == "90"

    def test_lists_no_more_tenants_than_fit_and_takes_the_others(self, producer, monkeypatch):
        monkeypatch.setattr("sharing.credential_forms.TENANTS_SHOWN", 2)
        others = [TenantFactory(id=str(number)) for number in (1, 2, 3)]
        for tenant in others:
            TenantUserFactory(user=producer.manager, tenant=tenant)

        assert list(self.choices(page_of(producer), "tenant")) == [producer.id, "1"]
        again = read(make(producer, tenant="3", name=""))
        assert list(self.choices(again, "tenant")) == [producer.id, "1", "3"]
        assert again.one("select[name=tenant] option[selected]")["value"] == "3"
        assert make(producer, tenant="3").status_code == 201


def test_what_people_write_is_never_markup(producer):
    TenantUserFactory(user=producer.manager, tenant=TenantFactory(name=HOSTILE))
    client = producer.client()
    made = make(producer, client, name=HOSTILE)
    credential = ApplicationCredential.objects.get()
    asked = client.get(at(producer, "confirm-revoke"), {"credential": credential.pk})
    for answer in (made, asked, client.get(at(producer)), make(producer, client, name=HOSTILE)):
        page = read(answer)
        assert not page.all("evil")
        assert HOSTILE in page.words


def test_the_user_menu_leads_here_from_every_page_of_a_tenant(producer, consumer):
    menu = read(producer.client().get(reverse("inbox", args=[producer.id]))).one("details.user")
    assert at(producer) in [link["href"] for link in menu.all("a")]
    bare = producer.client().get(reverse("account_change_password"))
    assert "/credentials/" not in bare.content.decode()

"""Application credentials: made with a secret that is kept as a hash, ended at once, and gone with the role."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from sharing import credentials
from sharing.credentials import CREDENTIALS_MAX, create, hash_of, note_use, revoke, revoke_any
from sharing.errors import BadInput, NotAllowed, NotVisible
from sharing.models import ApplicationCredential, RevokedToken, TenantUser
from sharing.models.credential import NAME_MAX
from tests.factories import CredentialFactory, TenantUserFactory
from tests.racing import together
from tests.refusals import refused, unchanged

pytestmark = pytest.mark.django_db


def role_of(party, role="manager"):
    return TenantUser.objects.get(tenant=party.tenant, role=role)


@pytest.fixture
def manager(producer):
    return role_of(producer)


@pytest.fixture
def reader(producer):
    return role_of(producer, "reader")


def minutes(number):
    return timezone.now() + timedelta(minutes=number)


class TestMaking:
    def test_keeps_the_hash_of_the_secret_alone(self, manager):
        credential, secret = create(manager, name="Nightly", role="manager")

        [row] = ApplicationCredential.objects.values()
        assert row["secret_hash"] == hash_of(secret)
        assert secret not in str(row)
        assert credentials.is_secret_of(credential, secret)
        assert not credentials.is_secret_of(credential, secret[:-1])
        assert (credential.holder, credential.name, credential.role) == (
            manager,
            "Nightly",
            "manager",
        )
        assert credential.expires_at is credential.last_used_at is None

    def test_gives_each_a_secret_of_256_bits_of_its_own(self, manager):
        given = {create(manager, name=str(number), role="reader")[1] for number in range(20)}

        assert len(given) == 20
        assert {len(secret) for secret in given} == {43}

    @pytest.mark.parametrize("name", ["n", "n" * NAME_MAX, "日" * NAME_MAX, " ", "a'b\"c"])
    def test_takes_any_name_that_fits(self, manager, name):
        create(manager, name=name, role="reader")

        assert ApplicationCredential.objects.get().name == name

    @pytest.mark.parametrize("name", ["", "n" * (NAME_MAX + 1), "a\x00", "\ud800"])
    def test_refuses_a_name_that_cannot_be(self, manager, name):
        with refused(BadInput):
            create(manager, name=name, role="reader")

    def test_refuses_a_name_in_use_for_this_tenant_and_no_other(self, manager, reader, consumer):
        create(manager, name="CI", role="reader")

        with refused(BadInput):
            create(manager, name="CI", role="manager")
        other = TenantUserFactory(user=manager.user, tenant=consumer.tenant)
        for holder in (reader, other):
            create(holder, name="CI", role="reader")

    @pytest.mark.parametrize("role", ["", "owner", "Manager", "manager\x00"])
    def test_refuses_an_unknown_role(self, manager, role):
        with refused(BadInput):
            create(manager, name="CI", role=role)

    def test_gives_no_more_than_the_users_own_role(self, manager, reader):
        with refused(NotAllowed):
            create(reader, name="CI", role="manager")
        for holder, role in ((reader, "reader"), (manager, "reader")):
            assert create(holder, name="CI", role=role)[0].role == role

    @pytest.mark.parametrize("ago", [0, 1])
    def test_refuses_a_time_that_has_passed(self, manager, ago):
        with refused(BadInput):
            create(manager, name="CI", role="reader", expires_at=minutes(-ago))
        assert create(manager, name="CI", role="reader", expires_at=minutes(1))

    def test_refuses_more_than_it_may_have_for_one_tenant(self, manager, reader):
        CredentialFactory.create_batch(CREDENTIALS_MAX - 1, holder=manager)
        last, _ = create(manager, name="last", role="reader")

        with refused(BadInput):
            create(manager, name="one more", role="reader")
        create(reader, name="one more", role="reader")
        revoke(last.pk, user=manager.user)
        create(manager, name="one more", role="reader")

    def test_looks_at_the_role_as_it_is_now(self, manager):
        TenantUser.objects.filter(pk=manager.pk).update(role="reader")
        with refused(NotAllowed):
            create(manager, name="CI", role="manager")

        TenantUser.objects.filter(pk=manager.pk).delete()
        with refused(NotVisible):
            create(manager, name="CI", role="reader")


@pytest.mark.django_db(transaction=True)
def test_of_two_of_one_name_made_at_once_one_is_refused(producer):
    manager = role_of(producer)
    with together() as race:
        for number in range(10):

            def make(name=f"CI {number}"):
                return create(manager, name=name, role="reader")

            outcomes = race(make, make)
            assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BadInput", "tuple"]
    assert ApplicationCredential.objects.count() == 10


class TestRevoking:
    def test_ends_it_and_no_other(self, manager):
        kept, gone = CredentialFactory.create_batch(2, holder=manager)

        assert revoke(gone.pk, user=manager.user) == gone
        assert ApplicationCredential.objects.get() == kept

    def test_reaches_all_tenants_of_the_user(self, manager, consumer):
        there = TenantUserFactory(user=manager.user, tenant=consumer.tenant)

        revoke(CredentialFactory(holder=there).pk, user=manager.user)

        assert not ApplicationCredential.objects.exists()

    def test_of_anothers_or_of_none_is_answered_alike(self, manager, reader):
        theirs = CredentialFactory(holder=manager)
        for credential_id in (theirs.pk, uuid4()):
            with refused(NotVisible):
                revoke(credential_id, user=reader.user)

    def test_twice_is_refused(self, manager):
        credential = CredentialFactory(holder=manager)
        revoke(credential.pk, user=manager.user)

        with refused(NotVisible):
            revoke(credential.pk, user=manager.user)

    def test_of_others_is_for_operators(self, manager, reader, producer, by_operator):
        CredentialFactory.create_batch(2, holder=manager)
        chosen = ApplicationCredential.objects.filter(pk=CredentialFactory(holder=reader).pk)

        for actor in (producer.by, producer.read_by):
            with refused(NotAllowed):
                revoke_any(chosen, by=actor)
        assert revoke_any(chosen, by=by_operator) == 1
        assert revoke_any(chosen, by=by_operator) == 0
        assert ApplicationCredential.objects.count() == 2


class TestItsEnd:
    @pytest.fixture
    def credential(self, manager, reader):
        CredentialFactory(holder=reader)
        return CredentialFactory(holder=manager)

    def ended(self, credential):
        return list(ApplicationCredential.objects.values_list("holder__role")) == [("reader",)]

    def test_comes_with_the_role(self, credential):
        credential.holder.delete()
        assert self.ended(credential)

    def test_comes_with_the_user(self, credential):
        credential.holder.user.delete()
        assert self.ended(credential)

    def test_comes_with_the_tenant(self, credential):
        credential.holder.tenant.delete()
        assert not ApplicationCredential.objects.exists()

    @pytest.mark.parametrize(
        ("left", "expired"), [(None, False), (1, False), (0, True), (-1, True)]
    )
    def test_comes_with_its_time(self, credential, left, expired):
        credential.expires_at = None if left is None else minutes(left)

        assert credential.has_expired is expired


class TestUse:
    def test_is_kept_to_the_minute(self, manager):
        credential = CredentialFactory(holder=manager)
        note_use(credential)
        credential.refresh_from_db()
        first = credential.last_used_at
        assert timezone.now() - first < timedelta(minutes=1)

        note_use(credential)
        credential.refresh_from_db()
        assert credential.last_used_at == first

        ApplicationCredential.objects.update(last_used_at=first - timedelta(minutes=1))
        credential.refresh_from_db()
        note_use(credential)
        credential.refresh_from_db()
        assert credential.last_used_at > first

    def test_within_a_minute_writes_nothing(self, manager, django_assert_num_queries):
        credential = CredentialFactory(holder=manager, last_used_at=timezone.now())
        with django_assert_num_queries(0):
            note_use(credential)

    def test_of_many_at_once_is_written_by_one(self, manager):
        credential = CredentialFactory(holder=manager)
        before = ApplicationCredential.objects.get()
        note_use(credential)
        with unchanged():
            note_use(before)

    def test_of_one_that_is_gone_brings_nothing_back(self, manager):
        credential = CredentialFactory(holder=manager)
        revoke(credential.pk, user=manager.user)
        with unchanged():
            note_use(credential)


@pytest.mark.parametrize("fields", [{"role": "owner"}, {"name": "taken"}])
def test_the_database_refuses_what_must_not_be(manager, fields):
    CredentialFactory(holder=manager, name="taken")
    with unchanged(), pytest.raises(IntegrityError), transaction.atomic():
        CredentialFactory(holder=manager, **fields)


def test_revoked_tokens_are_kept_until_they_expire():
    for left in (-1, 0, 1):
        RevokedToken.objects.create(id=uuid4(), expires_at=minutes(left))

    with unchanged():
        assert credentials.forget_expired_tokens(dry_run=True) == 2
    assert credentials.forget_expired_tokens() == 2
    assert RevokedToken.objects.get().expires_at > timezone.now()

"""How a token is got: by password, by application credential, or by another token; and who gets none."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.api.signing_in import (
    ask,
    by_credential,
    by_password,
    by_token,
    credential_of,
    granted,
    project,
    token_from,
    works,
)
from tests.clients.recording import EXCHANGES
from tests.factories import PASSWORD, TenantFactory, TenantUserFactory

pytestmark = pytest.mark.django_db

RECORDED = EXCHANGES["POST {identity}/v3/auth/tokens -> 201"]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z")


def shape(value):
    """The keys and types of a JSON value."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


def project_of(told):
    return told.json["token"]["project"]["id"]


class TestTheAnswer:
    def test_has_the_keys_types_and_headers_of_the_recorded_one(self, producer):
        body = RECORDED["request_body"]["auth"]
        body["identity"]["password"]["user"] |= {
            "name": producer.manager.email,
            "password": PASSWORD,
        }
        body["scope"]["project"]["name"] = "Producer"
        told = granted({"auth": body})
        assert shape(told.json) == shape(RECORDED["response_body"])
        expected = RECORDED["response_headers"] | {
            "X-Subject-Token": told.headers["X-Subject-Token"]
        }
        assert expected.items() <= told.headers.items()

    def test_says_who_for_which_tenant_and_until_when(self, producer, settings):
        settings.TOKEN_LIFETIME = 600
        token = granted(by_password(producer)).json["token"]
        domain = {"id": "default", "name": "Default"}
        manager = producer.manager
        assert token["methods"] == ["password"]
        assert token["user"] == {
            "id": str(manager.pk), "name": manager.email, "domain": domain, "password_expires_at": None
        }  # fmt: skip
        assert token["project"] == {"id": "4471021", "name": "Producer", "domain": domain}
        times = [token[name] for name in ("issued_at", "expires_at")]
        assert all(MOMENT.fullmatch(time) for time in times)
        issued, expires = map(datetime.fromisoformat, times)
        assert expires - issued == timedelta(minutes=10)
        assert abs(timezone.now() - issued) < timedelta(minutes=1)

    def test_has_a_catalog_whose_image_address_has_no_version(self, producer):
        token = granted(by_password(producer)).json["token"]
        assert {
            (service["type"], one["interface"], one["url"])
            for service in token["catalog"]
            for one in service["endpoints"]
        } == {
            (kind, interface, f"http://testserver{path}")
            for kind, path in (("identity", "/identity/v3"), ("image", "/image"))
            for interface in ("public", "internal", "admin")
        }

    @pytest.mark.parametrize(
        ("who", "roles"), [("manager", ["member", "reader"]), ("reader", ["reader"])]
    )
    def test_names_the_roles(self, producer, who, roles):
        told = granted(by_password(producer, name=getattr(producer, who).email))
        assert [role["name"] for role in told.json["token"]["roles"]] == roles

    @pytest.mark.parametrize(
        ("role", "roles"), [("manager", ["member", "reader"]), ("reader", ["reader"])]
    )
    def test_names_the_roles_of_a_credential_and_the_credential(self, producer, role, roles):
        credential, secret = credential_of(producer, role)
        token = granted(by_credential(credential, secret)).json["token"]
        assert [one["name"] for one in token["roles"]] == roles
        assert token["methods"] == ["application_credential"]
        assert token["application_credential"]["id"] == credential.pk.hex
        assert secret not in str(token)


class TestByPassword:
    @pytest.mark.parametrize(
        "user",
        [
            {}, {"name": "Manager@Producer.EXAMPLE"}, {"domain": None}, {"domain": {"id": "default"}},
            {"domain": {"id": "default", "name": "Default"}}, {"domain": {"name": "default"}},
        ],
        ids=str,
    )  # fmt: skip
    def test_of_a_user_by_name(self, producer, user):
        assert works(token_from(by_password(producer, **user)))

    @pytest.mark.parametrize("domain", [None, {"name": "Default"}])
    def test_of_a_user_by_id(self, producer, domain):
        user = {"id": str(producer.manager.pk), "name": None, "domain": domain}
        assert works(token_from(by_password(producer, **user)))

    @pytest.mark.parametrize(
        "scope",
        [
            {"id": "4471021"}, {"name": "Producer"}, {"name": "4471021"},
            {"id": "4471021", "domain": {"id": "default"}}, {"name": "Producer", "domain": {"name": "Default"}},
            {"name": "Producer", "domain": {"id": "Default"}},
        ],
        ids=str,
    )  # fmt: skip
    def test_for_a_project_by_id_or_by_name(self, producer, scope):
        assert project_of(granted(by_password(producer, project(**scope)))) == producer.id

    def test_for_a_name_that_only_strangers_share(self, producer):
        TenantFactory(name="Producer")
        assert project_of(granted(by_password(producer, project(name="Producer")))) == producer.id

    @pytest.mark.parametrize("other", [{"name": "Producer"}, {"id": "777", "name": "4471021"}])
    def test_for_a_name_that_two_of_the_user_s_projects_have_is_refused(self, producer, other):
        TenantUserFactory(user=producer.manager, tenant=TenantFactory(**other))
        name = other["name"]
        assert ask(by_password(producer, project(name=name))).status == 401
        assert project_of(granted(by_password(producer, project(id=producer.id)))) == producer.id


class TestByToken:
    def test_for_the_same_project_without_a_scope(self, producer):
        told = granted(by_token(token_from(by_password(producer))))
        assert project_of(told) == producer.id
        assert set(told.json["token"]["methods"]) == {"token", "password"}

    @pytest.mark.parametrize("scope", [{"id": "5083310"}, {"name": "Consumer"}])
    def test_of_a_password_for_another_project_of_the_user_in_its_role_there(
        self, producer, consumer, scope
    ):
        TenantUserFactory(user=producer.manager, tenant=consumer.tenant, role="reader")
        told = granted(by_token(token_from(by_password(producer)), project(**scope)))
        assert project_of(told) == consumer.id
        assert [role["name"] for role in told.json["token"]["roles"]] == ["reader"]
        assert works(told.headers["X-Subject-Token"])

    def test_of_a_password_for_a_project_of_others_is_refused(self, producer, consumer):
        scope = project(id=consumer.id)
        assert ask(by_token(token_from(by_password(producer)), scope)).status == 401

    @pytest.mark.parametrize("scope", [{"id": "5083310"}, {"name": "Consumer"}])
    def test_of_a_credential_for_another_project_is_refused(self, producer, consumer, scope):
        TenantUserFactory(user=producer.manager, tenant=consumer.tenant)
        token = token_from(by_credential(*credential_of(producer)))
        again = token_from(by_token(token))
        for one in (token, again):
            assert ask(by_token(one, project(**scope))).status == 401

    def test_of_a_credential_keeps_its_role(self, producer):
        token = token_from(by_credential(*credential_of(producer, "reader")))
        for scope in (None, project(id=producer.id), project(name="Producer")):
            told = granted(by_token(token, scope))
            assert [role["name"] for role in told.json["token"]["roles"]] == ["reader"]
            assert "application_credential" in told.json["token"]

    @pytest.mark.parametrize("way", ["password", "credential"])
    def test_never_lasts_longer_than_the_first_one(self, producer, settings, way):
        body = (
            by_password(producer) if way == "password" else by_credential(*credential_of(producer))
        )
        settings.TOKEN_LIFETIME = 60
        first = granted(body)
        settings.TOKEN_LIFETIME = 3600
        second = granted(by_token(first.headers["X-Subject-Token"]))
        third = granted(by_token(second.headers["X-Subject-Token"], project(id=producer.id)))
        assert len({told.json["token"]["expires_at"] for told in (first, second, third)}) == 1

    def test_of_a_credential_lasts_no_longer_than_the_credential(self, producer):
        until = timezone.now().replace(microsecond=0) + timedelta(minutes=5)
        body = by_credential(*credential_of(producer, expires_at=until))
        expires = datetime.fromisoformat(granted(body).json["token"]["expires_at"])
        assert expires == until

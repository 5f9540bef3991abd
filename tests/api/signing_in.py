"""How a client asks for a token, and what it reads of the answer."""

from typing import Any

from sharing.credentials import create
from sharing.models import ApplicationCredential, TenantUser
from tests.api.client import Api, Told
from tests.conftest import Party
from tests.factories import PASSWORD

TOKENS = "/identity/v3/auth/tokens"
DOMAIN = {"name": "Default"}


def project(**named: Any) -> dict[str, Any]:
    return {"project": named}


def asked(method: str, said: dict[str, Any], scope: Any = None) -> dict[str, Any]:
    identity = {"methods": [method], method: said}
    return {"auth": {"identity": identity} | ({} if scope is None else {"scope": scope})}


def by_password(party: Party, scope: Any = None, **changed: Any) -> dict[str, Any]:
    """The body of the party's manager, for its tenant; what is `changed` of its user replaces what it says."""
    user = {"name": party.manager.email, "password": PASSWORD, "domain": DOMAIN} | changed
    user = {name: value for name, value in user.items() if value is not None}
    return asked("password", {"user": user}, scope or project(id=party.id))


def by_credential(credential: ApplicationCredential, secret: str, scope: Any = None) -> Any:
    said = {"id": credential.pk.hex, "secret": secret}
    return asked("application_credential", said, scope)


def by_token(token: str, scope: Any = None) -> dict[str, Any]:
    return asked("token", {"id": token}, scope)


def credential_of(party: Party, role: str = "manager", **more: Any):
    """A credential of the party's manager, and its secret."""
    holder = TenantUser.objects.get(user=party.manager, tenant=party.tenant)
    return create(holder, name=f"{role} program", role=role, **more)


def ask(body: Any, **how: Any) -> Told:
    return Api().post(TOKENS, body, **how)


def granted(body: Any) -> Told:
    told = ask(body)
    assert told.status == 201, told.content
    return told


def token_from(body: Any) -> str:
    return granted(body).headers["X-Subject-Token"]


def works(token: str) -> bool:
    told = Api(token).get("/image/v2/images")
    assert told.status in (200, 401)
    return told.status == 200

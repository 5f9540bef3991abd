"""A small, honest subset of Identity v3: enough for clients to sign in and to find the image service."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.http import HttpResponse

from sharing.api import tokens
from sharing.api.calls import Call, answer
from sharing.api.errors import Unauthorized, Unfit
from sharing.api.sign_in import credential_of, sign_in
from sharing.api.tokens import Claims
from sharing.credentials import note_use
from sharing.errors import NotAllowed, NotVisible
from sharing.models import ApplicationCredential, Tenant, TenantUser, User

DOMAIN = {"id": "default", "name": "Default"}
MEDIA_TYPES = [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}]
ROLES = {TenantUser.Role.MANAGER: ("member", "reader"), TenantUser.Role.READER: ("reader",)}
VARY = {"Vary": "X-Auth-Token"}
SUBJECT = "HTTP_X_SUBJECT_TOKEN"


def root(call: Call) -> HttpResponse:
    return answer(300, {"versions": {"values": [_version(call)]}}, VARY)


def version(call: Call) -> HttpResponse:
    return answer(200, {"version": _version(call)}, VARY)


def _version(call: Call) -> dict[str, Any]:
    here = call.request.build_absolute_uri("/identity/v3/")
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": here}],
        "media-types": MEDIA_TYPES,
    }


def create_token(call: Call) -> HttpResponse:
    granted = sign_in(call)
    body = {"token": _token(call, granted.claims, granted.holder, granted.credential)}
    headers = {"X-Subject-Token": tokens.written(granted.claims), **VARY}
    response = answer(201, body, headers)
    if granted.credential:
        response.afterwards = partial(note_use, granted.credential)
    return response


def show_token(call: Call) -> HttpResponse:
    claims = _subject(call)
    holders = TenantUser.objects.select_related("user", "tenant")
    holder = holders.filter(user_id=claims.user_id, tenant_id=claims.tenant_id).first()
    if holder is None:
        raise NotVisible("Could not find token.")
    credential = credential_of(claims)
    subject = call.request.META.get(SUBJECT, "")
    body = {"token": _token(call, claims, holder, credential)}
    return answer(200, body, {"X-Subject-Token": subject, **VARY})


def revoke_token(call: Call) -> HttpResponse:
    tokens.revoke(_subject(call))
    return answer(204, headers=VARY)


def _subject(call: Call) -> Claims:
    """The token that is asked about: one of the same user and tenant as the token that asks."""
    try:
        subject = tokens.session(call.request.META.get(SUBJECT, "")).claims
    except Unauthorized as error:
        raise NotVisible("Could not find token.") from error
    mine = call.session.claims
    if (subject.user_id, subject.tenant_id) != (mine.user_id, mine.tenant_id):
        raise NotAllowed("This token is another's.")
    return subject


def _token(
    call: Call, claims: Claims, holder: TenantUser, credential: ApplicationCredential | None
) -> dict[str, Any]:
    token = {
        "methods": claims.methods,
        "user": _user(holder.user) | {"password_expires_at": None},
        "audit_ids": [urlsafe_b64encode(claims.id.bytes).decode().rstrip("=")],
        "expires_at": _time(claims.expires),
        "issued_at": _time(claims.issued),
        "project": {"domain": DOMAIN, "id": holder.tenant_id, "name": holder.tenant.name},
        "is_domain": False,
        "roles": [{"id": _id(name), "name": name} for name in ROLES[TenantUser.Role(claims.role)]],
        "catalog": _catalog(call),
    }
    if credential:
        named = {"id": credential.pk.hex, "name": credential.name, "restricted": True}
        token["application_credential"] = named
    return token


def projects_of_mine(call: Call) -> HttpResponse:
    """The tenants that a token can be had for: all of the user's, or of a credential just its own."""
    claims = call.session.claims
    tenants = Tenant.objects.filter(tenant_users__user_id=claims.user_id)
    if claims.credential_id:
        tenants = tenants.filter(pk=claims.tenant_id)
    return _list(call, "projects", [_project(tenant) for tenant in tenants])


def show_project(call: Call, project_id: str) -> HttpResponse:
    """One's own; of any other the answer says nothing, not even whether there is one."""
    if project_id != call.actor.tenant_id:
        raise NotAllowed(_not_authorized("identity:get_project"))
    return answer(200, {"project": _project(_own_tenant(call))}, VARY)


def projects(call: Call) -> HttpResponse:
    own = _own_tenant(call)
    names = [value for name, value in call.query if name == "name"]
    if names not in ([own.name], [own.pk]):
        raise NotAllowed(_not_authorized("identity:list_projects"))
    return _list(call, "projects", [_project(own)])


def catalog(call: Call) -> HttpResponse:
    return _list(call, "catalog", _catalog(call))


def show_user(call: Call, user_id: str) -> HttpResponse:
    if user_id != str(call.session.claims.user_id):
        raise NotAllowed(_not_authorized("identity:get_user"))
    user = User.objects.get(pk=call.session.claims.user_id)
    known = {"enabled": True, "domain_id": "default", "password_expires_at": None}
    return answer(200, {"user": _user(user) | known}, VARY)


def _list(call: Call, name: str, values: list[dict[str, Any]]) -> HttpResponse:
    here = call.request.build_absolute_uri()
    links = {"self": here, "next": None, "previous": None}
    return answer(200, {name: values, "links": links}, VARY)


def _own_tenant(call: Call) -> Tenant:
    found = Tenant.objects.filter(pk=call.actor.tenant_id).first()
    if found is None:
        raise Unfit(401, "This tenant is not here any more.")
    return found


def _project(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.pk,
        "name": tenant.name,
        "domain_id": "default",
        "parent_id": "default",
        "enabled": True,
        "is_domain": False,
        "description": "",
        "tags": [],
    }


def _user(user: User) -> dict[str, Any]:
    return {"domain": DOMAIN, "id": str(user.pk), "name": user.email}


def _catalog(call: Call) -> list[dict[str, Any]]:
    region = settings.REGION or "RegionOne"
    services = (("identity", "keystone", "/identity/v3"), ("image", "glance", "/image"))
    return [
        {
            "id": _id(kind),
            "type": kind,
            "name": name,
            "endpoints": [
                {
                    "id": _id(f"{kind} {interface}"),
                    "interface": interface,
                    "region_id": region,
                    "region": region,
                    "url": call.request.build_absolute_uri(path),
                }
                for interface in ("public", "internal", "admin")
            ],
        }
        for kind, name, path in services
    ]


def _id(name: str) -> str:
    """The ID of what is the same in every portal."""
    return uuid5(NAMESPACE_URL, f"proffer:{name}").hex


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def _not_authorized(action: str) -> str:
    return f"You are not authorized to perform the requested action: {action}."

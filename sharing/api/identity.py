"""A small, honest subset of Identity v3: enough for clients to sign in and to find the image service."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from functools import partial
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from django.http import HttpResponse

from sharing.api import tokens
from sharing.api.calls import Call, answer
from sharing.api.endpoints import IDENTITY, IMAGE, region
from sharing.api.errors import Unauthorized, Unfit
from sharing.api.identity_wire import (
    Catalog,
    DefaultDomain,
    Endpoint,
    IdentityVersion,
    IdentityVersionEnvelope,
    IdentityVersionList,
    IdentityVersions,
    ListLinks,
    MediaType,
    Role,
    Service,
    TenantEnvelope,
    TenantFacts,
    Tenants,
    TokenCredential,
    TokenEnvelope,
    TokenFacts,
    TokenTenant,
    TokenUser,
    UserEnvelope,
    UserFacts,
)
from sharing.api.sign_in import credential_of, sign_in
from sharing.api.tokens import Claims
from sharing.api.wire import Link
from sharing.credentials import note_use
from sharing.errors import NotAllowed, NotVisible
from sharing.models import ApplicationCredential, Tenant, TenantUser, User

DOMAIN = DefaultDomain("default", "Default")
MEDIA_TYPE = MediaType("application/json", "application/vnd.openstack.identity-v3+json")
ROLES: dict[TenantUser.Role, tuple[Literal["member", "reader"], ...]] = {
    TenantUser.Role.MANAGER: ("member", "reader"),
    TenantUser.Role.READER: ("reader",),
}
INTERFACES: tuple[Literal["public", "internal", "admin"], ...] = ("public", "internal", "admin")
VARY = {"Vary": "X-Auth-Token"}
SUBJECT = "HTTP_X_SUBJECT_TOKEN"


def root(call: Call) -> HttpResponse:
    return answer(300, IdentityVersions(IdentityVersionList([_version(call)])), VARY)


def version(call: Call) -> HttpResponse:
    return answer(200, IdentityVersionEnvelope(_version(call)), VARY)


def _version(call: Call) -> IdentityVersion:
    return IdentityVersion(
        id="v3.14",
        status="stable",
        updated="2020-04-07T00:00:00Z",
        links=[Link("self", call.request.build_absolute_uri(f"{IDENTITY}/"))],
        media_types=[MEDIA_TYPE],
    )


def create_token(call: Call) -> HttpResponse:
    granted = sign_in(call)
    body = TokenEnvelope(_token(call, granted.claims, granted.holder, granted.credential))
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
    body = TokenEnvelope(_token(call, claims, holder, credential))
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
) -> TokenFacts:
    user, tenant = holder.user, holder.tenant
    roles = ROLES[TenantUser.Role(claims.role)]
    token = TokenFacts(
        methods=claims.methods,
        user=TokenUser(str(user.pk), user.email, DOMAIN, None),
        audit_ids=[urlsafe_b64encode(claims.id.bytes).decode().rstrip("=")],
        expires_at=_time(claims.expires),
        issued_at=_time(claims.issued),
        project=TokenTenant(tenant.pk, tenant.name, DOMAIN),
        is_domain=False,
        roles=[Role(_id(name), name) for name in roles],
        catalog=_catalog(call),
    )
    if credential:
        token.application_credential = TokenCredential(
            credential.pk.hex, credential.name, restricted=True
        )
    return token


def projects_of_mine(call: Call) -> HttpResponse:
    """The tenants that a token can be had for: all of the user's, or of a credential just its own."""
    claims = call.session.claims
    tenants = Tenant.objects.filter(tenant_users__user_id=claims.user_id)
    if claims.credential_id:
        tenants = tenants.filter(pk=claims.tenant_id)
    return answer(200, Tenants([_told(tenant) for tenant in tenants], _links(call)), VARY)


def projects_of_user(call: Call, user_id: str) -> HttpResponse:
    """The same, as `openstack project list` asks for it; of another user the answer says nothing."""
    if user_id != str(call.session.claims.user_id):
        raise NotAllowed(_not_authorized("identity:list_user_projects"))
    return projects_of_mine(call)


def show_project(call: Call, project_id: str) -> HttpResponse:
    """One's own; of any other the answer says nothing, not even whether there is one."""
    if project_id != call.actor.tenant_id:
        raise NotAllowed(_not_authorized("identity:get_project"))
    return answer(200, TenantEnvelope(_told(_own_tenant(call))), VARY)


def projects(call: Call) -> HttpResponse:
    own = _own_tenant(call)
    names = [value for name, value in call.query if name == "name"]
    if names not in ([own.name], [own.pk]):
        raise NotAllowed(_not_authorized("identity:list_projects"))
    return answer(200, Tenants([_told(own)], _links(call)), VARY)


def catalog(call: Call) -> HttpResponse:
    return answer(200, Catalog(_catalog(call), _links(call)), VARY)


def show_user(call: Call, user_id: str) -> HttpResponse:
    if user_id != str(call.session.claims.user_id):
        raise NotAllowed(_not_authorized("identity:get_user"))
    user = User.objects.get(pk=call.session.claims.user_id)
    facts = UserFacts(str(user.pk), user.email, DOMAIN, None, enabled=True, domain_id=DOMAIN.id)
    return answer(200, UserEnvelope(facts), VARY)


def _links(call: Call) -> ListLinks:
    return ListLinks(call.request.build_absolute_uri(), None, None)


def _own_tenant(call: Call) -> Tenant:
    found = Tenant.objects.filter(pk=call.actor.tenant_id).first()
    if found is None:
        raise Unfit(401, "This tenant is not here any more.")
    return found


def _told(tenant: Tenant) -> TenantFacts:
    return TenantFacts(
        id=tenant.pk,
        name=tenant.name,
        domain_id=DOMAIN.id,
        parent_id=DOMAIN.id,
        enabled=True,
        is_domain=False,
        description="",
        tags=[],
    )


def _catalog(call: Call) -> list[Service]:
    return [
        _service(call, "identity", "keystone", IDENTITY),
        _service(call, "image", "glance", IMAGE),
    ]


def _service(call: Call, kind: Literal["identity", "image"], name: str, path: str) -> Service:
    url = call.request.build_absolute_uri(path)
    endpoints = [
        Endpoint(_id(f"{kind} {interface}"), interface, region(), region(), url)
        for interface in INTERFACES
    ]
    return Service(_id(kind), kind, name, endpoints)


def _id(name: str) -> str:
    """The ID of what is the same in every portal."""
    return uuid5(NAMESPACE_URL, f"proffer:{name}").hex


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def _not_authorized(action: str) -> str:
    return f"You are not authorized to perform the requested action: {action}."

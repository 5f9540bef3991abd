"""How a token is got: the methods of Identity v3 that are spoken here, and what each needs."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.core.exceptions import ValidationError
from django.db.models import Q
from msgspec import Meta

from portal.accounts import has_second_factor
from sharing.api import tokens
from sharing.api.calls import Call
from sharing.api.errors import Unauthorized, Unfit
from sharing.api.tokens import Claims
from sharing.credentials import is_secret_of
from sharing.errors import BadInput
from sharing.models import ApplicationCredential, TenantUser, User
from sharing.models.tenant import TENANT_ID_MAX, is_well_formed
from sharing.shapes import says, text

DOMAINS = ("default", "Default")
REFUSED = (
    "The secret is wrong, or it has expired or was revoked; or there is no such role on the project (tenant); or this "
    "user has a second factor, and signs in here with an application credential."
)
Name = Annotated[str, text(255, least=1)]
Secret = Annotated[str, Meta(max_length=4096, description="text of at most 4096 characters")]
Method = Annotated[
    Literal["password", "application_credential", "token"],
    says("password, application_credential or token"),
]


class Domain(msgspec.Struct, forbid_unknown_fields=True):
    id: Name | None = None
    name: Name | None = None


class PasswordUser(msgspec.Struct, forbid_unknown_fields=True):
    password: Secret
    name: Name | None = None
    id: Name | None = None
    domain: Domain | None = None


class Password(msgspec.Struct, forbid_unknown_fields=True):
    user: PasswordUser


class Credential(msgspec.Struct, forbid_unknown_fields=True):
    id: Name
    secret: Secret


class Token(msgspec.Struct, forbid_unknown_fields=True):
    id: Secret


class Identity(msgspec.Struct, forbid_unknown_fields=True):
    methods: Annotated[
        list[Method], Meta(min_length=1, max_length=1, description="a list of one method")
    ]
    password: Password | None = None
    application_credential: Credential | None = None
    token: Token | None = None


class Project(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, text(TENANT_ID_MAX, least=1)] | None = None
    name: Name | None = None
    domain: Domain | None = None


class Scope(msgspec.Struct, forbid_unknown_fields=True):
    project: Project


class Auth(msgspec.Struct, forbid_unknown_fields=True):
    identity: Identity
    scope: Scope | None = None


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    auth: Auth


class Granted(msgspec.Struct):
    """Whom a token is for, and what it says."""

    holder: TenantUser
    claims: Claims
    credential: ApplicationCredential | None = None


def sign_in(call: Call) -> Granted:
    """Unauthorized for whatever is wrong with the secret, the user, its role or the project; BadInput for the form."""
    auth = call.body(SignIn).auth
    method = auth.identity.methods[0]
    if auth.scope is not None and (auth.scope.project.id is None) == (
        auth.scope.project.name is None
    ):
        raise BadInput("auth.scope.project: its id, or its name.")
    match method:
        case "password" if auth.identity.password:
            return _by_password(call, auth.identity.password.user, auth.scope)
        case "application_credential" if auth.identity.application_credential:
            return _by_credential(auth.identity.application_credential, auth.scope)
        case "token" if auth.identity.token:
            return _by_token(auth.identity.token.id, auth.scope)
    raise BadInput(f"auth.identity.{method}: required with this method.")


def _by_password(call: Call, said: PasswordUser, scope: Scope | None) -> Granted:
    if (said.name is None) == (said.id is None):
        raise BadInput("auth.identity.password.user: its name (the e-mail address), or its id.")
    if scope is None:
        raise BadInput("auth.scope: the project (tenant) that the token is for.")
    user = _user_with(call, _email(said), said.password)
    if not _is_ours(said.domain) or has_second_factor(user):
        raise Unauthorized(REFUSED)
    holder = _holder(user, scope)
    return Granted(holder, tokens.new_claims(holder, holder.role, "password"))


def _email(said: PasswordUser) -> str:
    if said.name is not None:
        return said.name
    known = str(said.id)
    number = int(known) if known.isascii() and known.isdigit() and len(known) < 19 else 0
    # An unknown one costs what a known one does: the password is tried all the same.
    return User.objects.filter(pk=number).values_list("email", flat=True).first() or f"#{known}"


def _user_with(call: Call, email: str, password: str) -> User:
    """By the same door, and behind the same rate limits, as the sign-in of the pages."""
    if not is_well_formed(email + password):
        raise Unauthorized(REFUSED)
    try:
        with request_context(call.request):
            adapter = get_adapter(call.request)
            user = adapter.authenticate(call.request, email=email, password=password)
    except ValidationError as error:
        raise Unfit(429, "Too many failed attempts to sign in. Try again later.") from error
    if not isinstance(user, User) or not user.is_active:
        raise Unauthorized(REFUSED)
    return user


def _by_credential(said: Credential, scope: Scope | None) -> Granted:
    try:
        key = UUID(said.id)
    except ValueError as error:
        raise Unauthorized(REFUSED) from error
    rows = ApplicationCredential.objects.select_related("holder__user", "holder__tenant")
    credential = rows.filter(pk=key).first()
    if credential is None or not is_secret_of(credential, said.secret) or credential.has_expired:
        raise Unauthorized(REFUSED)
    holder = credential.holder
    if not holder.user.is_active or not holder.includes(credential.role):
        raise Unauthorized(REFUSED)
    if scope is not None and not _is_scope_of(holder, scope):
        raise Unauthorized(REFUSED)
    claims = tokens.new_claims(
        holder,
        credential.role,
        "application_credential",
        credential=credential,
        until=credential.expires_at,
    )
    return Granted(holder, claims, credential)


def _by_token(token: str, scope: Scope | None) -> Granted:
    """A token for a token, which ends no later; one of a credential is for that tenant only."""
    try:
        before = tokens.session(token).claims
    except Unauthorized as error:
        raise Unauthorized(REFUSED) from error
    rows = TenantUser.objects.select_related("user", "tenant")
    holder = rows.filter(user_id=before.user_id, tenant_id=before.tenant_id).first()
    if holder is None:
        raise Unauthorized(REFUSED)
    if scope is not None and not _is_scope_of(holder, scope):
        if before.credential_id:
            raise Unauthorized(REFUSED)
        holder = _holder(holder.user, scope)
    role = before.role if before.credential_id else holder.role
    methods = ["token", *(method for method in before.methods if method != "token")]
    claims = tokens.new_claims(holder, role, *methods, until=before.expires)
    # It ends with what the first one ends with, even where that went just now.
    bound = {"credential_id": before.credential_id, "password": before.password}
    return Granted(holder, msgspec.structs.replace(claims, **bound), credential_of(before))


def credential_of(claims: Claims) -> ApplicationCredential | None:
    """The credential that a token came from, where it came from one."""
    key = claims.credential_id
    return ApplicationCredential.objects.filter(pk=key).first() if key else None


def _holder(user: User, scope: Scope) -> TenantUser:
    """The user's role in the project of the scope, by its ID or, where just one of the user's has it, its name."""
    project = scope.project
    if not _is_ours(project.domain):
        raise Unauthorized(REFUSED)
    rows = TenantUser.objects.filter(user=user).select_related("user", "tenant")
    named = Q(tenant_id=project.id) if project.id else Q(tenant__name=project.name)
    if project.name:
        named |= Q(tenant_id=project.name)
    found = list(rows.filter(named)[:2])
    if len(found) != 1:
        raise Unauthorized(REFUSED)
    return found[0]


def _is_scope_of(holder: TenantUser, scope: Scope) -> bool:
    project = scope.project
    names = (holder.tenant_id, holder.tenant.name)
    named = project.id == holder.tenant_id if project.id else project.name in names
    return named and _is_ours(project.domain)


def _is_ours(domain: Domain | None) -> bool:
    return domain is None or all(
        said is None or said in DOMAINS for said in (domain.id, domain.name)
    )

"""The tokens of the API: signed, short-lived, written nowhere, and held against what stands at each use.

A token dies at once with its credential, its user, the user's role, its password (where it came from one), or when it
is revoked.
"""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec
from django.conf import settings
from django.core import signing
from django.db.models import Exists, QuerySet
from django.utils.crypto import salted_hmac

from sharing.api.errors import Unauthorized
from sharing.models import ApplicationCredential, RevokedToken, TenantUser
from sharing.models.prepared import Prepared
from sharing.tenancy import Actor

SALT = "sharing.api.tokens"
TOKEN_MAX = 2000


# Role, e-mail address and the password's hash.
type Holder = tuple[str, str, str]


class Claims(msgspec.Struct, array_like=True, frozen=True):
    """What a token says. Times are in seconds since 1970."""

    id: UUID
    user_id: int
    tenant_id: str
    role: str
    methods: tuple[str, ...]
    issued: int
    expires: int
    # The credential that it came from; else a hash of the password's hash.
    credential_id: UUID | None
    password: str


class Session(NamedTuple):
    """A token that is good, and who acts with it."""

    claims: Claims
    actor: Actor


def new_claims(
    holder: TenantUser,
    role: str,
    *methods: str,
    credential: ApplicationCredential | None = None,
    until: datetime | int | None = None,
) -> Claims:
    """For a fresh token, good for TOKEN_LIFETIME seconds and never longer than `until`."""
    now = int(time.time())
    last = until.timestamp() if isinstance(until, datetime) else until
    expires = now + settings.TOKEN_LIFETIME
    return Claims(
        uuid4(), holder.user_id, holder.tenant_id, role, methods, now,
        expires if last is None else min(expires, int(last)),
        credential.pk if credential else None, "" if credential else _digests(holder.user.password)[0],
    )  # fmt: skip


def written(claims: Claims) -> str:
    payload = urlsafe_b64encode(msgspec.json.encode(claims)).decode().rstrip("=")
    return signing.Signer(salt=SALT).sign(payload)


def read(token: str) -> Claims | None:
    """What a token of ours says, where its time has not passed; None for anything else."""
    if not 0 < len(token) <= TOKEN_MAX or not token.isascii():
        return None
    try:
        payload = signing.Signer(salt=SALT).unsign(token)
        claims = msgspec.json.decode(
            urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Claims
        )
    except (signing.BadSignature, ValueError):
        return None
    return claims if claims.expires > time.time() else None


def session(token: str) -> Session:
    """Unauthorized where the token is no good, or no longer."""
    claims = read(token)
    found = claims and _standing(claims)
    if not claims or not found:
        raise Unauthorized
    role, email, password = found
    still_has_it = claims.role == TenantUser.Role.READER or role == TenantUser.Role.MANAGER
    if not still_has_it or (
        claims.credential_id is None and claims.password not in _digests(password)
    ):
        raise Unauthorized
    return Session(claims, Actor(user=email, tenant_id=claims.tenant_id, role=claims.role))


def _standing(claims: Claims) -> Holder | None:
    """Role, e-mail address and password's hash of who holds the token, where nothing has ended it."""
    credential = (claims.credential_id,) if claims.credential_id else ()
    return _holders.first(claims.id, claims.user_id, claims.tenant_id, *credential)


@Prepared
def _holders(
    token_id: UUID, user_id: int, tenant_id: str, *credential_id: UUID
) -> QuerySet[TenantUser, Holder]:
    revoked = RevokedToken.objects.filter(pk=token_id)
    holders = TenantUser.objects.filter(
        ~Exists(revoked), user_id=user_id, tenant_id=tenant_id, user__is_active=True
    )
    if credential_id:
        holders = holders.filter(credentials__in=credential_id)
    return holders.values_list("role", "user__email", "user__password")


def revoke(claims: Claims) -> None:
    """The token is dead at once."""
    RevokedToken.objects.bulk_create(
        [RevokedToken(id=claims.id, expires_at=datetime.fromtimestamp(claims.expires, UTC))],
        ignore_conflicts=True,
    )


def _digests(password_hash: str) -> list[str]:
    """Of the password, with the present key first, then with those that still read what they signed."""
    return [
        salted_hmac(SALT, password_hash, secret=key, algorithm="sha256").hexdigest()[:16]
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]

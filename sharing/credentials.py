"""Application credentials: how a program signs in, without anybody's password."""

import hashlib
import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from django.utils import timezone

from sharing.errors import BadInput, NotAllowed, NotVisible
from sharing.models import ApplicationCredential, RevokedToken, TenantUser, User
from sharing.models.credential import NAME_MAX, ApplicationCredentialQuerySet
from sharing.models.tenant import is_well_formed
from sharing.tenancy import Actor
from sharing.transactions import whole

# 256 bits of chance need no slow hash: nobody tries them all.
SECRET_BYTES = 32
# How exactly the last use is kept: so that a busy program does not write with each token it gets.
USE_RECORDED_EVERY = timedelta(minutes=1)
CREDENTIALS_MAX = 100


@whole
def create(
    holder: TenantUser, *, name: str, role: str, expires_at: datetime | None = None
) -> tuple[ApplicationCredential, str]:
    """Makes a credential of the user for the tenant. Returns it with its secret, which nobody can show again.

    Refused: no name, one over NAME_MAX characters, one in use, an unknown role, a time that has passed, or more than
    CREDENTIALS_MAX for this tenant (BadInput); a role beyond the user's own (NotAllowed); for a tenant that the user
    acts for no more (NotVisible).
    """
    if not 0 < len(name) <= NAME_MAX or not is_well_formed(name):
        raise BadInput(f"Name: 1 to {NAME_MAX} characters, none of them NUL.")
    if role not in TenantUser.Role.values:
        raise BadInput("Role: manager or reader.")
    if expires_at is not None and expires_at <= timezone.now():
        raise BadInput("Expires: a time that is still to come, or none.")
    # Locked: two at once would both find the name free. And looked at anew: the role may have changed.
    held = TenantUser.objects.select_for_update(no_key=True).filter(pk=holder.pk).first()
    if held is None:
        raise NotVisible("You do not act for this tenant any more.")
    if not held.includes(role):
        raise NotAllowed("Role: you are a reader of this tenant, and so is your credential.")
    standing = ApplicationCredential.objects.filter(holder=held)
    if standing.filter(name=name).exists():
        raise BadInput(f"Name: you have a credential “{name}” for this tenant already.")
    if standing[:CREDENTIALS_MAX].count() >= CREDENTIALS_MAX:
        raise BadInput(
            f"Name: you have {CREDENTIALS_MAX} credentials for this tenant. Revoke one you no longer use."
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    credential = ApplicationCredential.objects.create(
        holder=held, name=name, role=role, expires_at=expires_at, secret_hash=hash_of(secret)
    )
    return credential, secret


def revoke(credential_id: UUID, *, user: User) -> ApplicationCredential:
    """Ends a credential of the user, and with it at once every token that it got. NotVisible where it has none such."""
    credential = ApplicationCredential.objects.of_user(user).filter(pk=credential_id).first()
    if credential is None:
        raise NotVisible("No such credential.")
    ApplicationCredential.objects.filter(pk=credential_id).delete()
    return credential


def revoke_any(credentials: ApplicationCredentialQuerySet, *, by: Actor) -> int:
    """Ends credentials, whosever they are, and tells how many there were. NotAllowed for who is no operator."""
    if not by.is_operator:
        raise NotAllowed("Only an operator revokes credentials of others.")
    return credentials.delete()[0]


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def is_secret_of(credential: ApplicationCredential, secret: str) -> bool:
    return compare_digest(credential.secret_hash, hash_of(secret))


def note_use(credential: ApplicationCredential) -> None:
    """Keeps when the credential was last used, to the minute. For after the answer: signing in waits for no write."""
    now = timezone.now()
    before = credential.last_used_at
    if before is None or now - before >= USE_RECORDED_EVERY:
        ApplicationCredential.objects.filter(pk=credential.pk, last_used_at=before).update(
            last_used_at=now
        )


def forget_expired_tokens(*, dry_run: bool = False) -> int:
    """Deletes the record of revoked tokens that have expired, and are void without it. Tells how many."""
    expired = RevokedToken.objects.filter(expires_at__lte=timezone.now())
    return expired.count() if dry_run else expired.delete()[0]

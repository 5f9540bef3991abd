"""What Proffer knows, and every named read. Writes to memberships go through `sharing.handshake`."""

from sharing.models.credential import ApplicationCredential, RevokedToken
from sharing.models.event import Event
from sharing.models.image import Image, ImageTag
from sharing.models.log_position import LogPosition
from sharing.models.membership import Membership
from sharing.models.tenant import Tenant, TenantUser, User
from sharing.models.upload import Upload

__all__ = [
    "ApplicationCredential", "Event", "Image", "ImageTag", "LogPosition", "Membership", "RevokedToken", "Tenant",
    "TenantUser", "Upload", "User",
]  # fmt: skip

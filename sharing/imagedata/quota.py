"""How many images a tenant may have here, and how many bytes of data."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Func, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from sharing.errors import Gone, QuotaExceeded
from sharing.models import Image, Tenant, Upload
from sharing.models.counts import capped
from sharing.models.prepared import by_value
from sharing.printable import size


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tenant uses of what it may; None for no limit. Bytes count from the moment an upload announces them."""

    bytes_used: int
    byte_quota: int | None
    images: int
    image_quota: int | None

    @property
    def bytes_left(self) -> int | None:
        return None if self.byte_quota is None else max(self.byte_quota - self.bytes_used, 0)


def usage(tenant: Tenant) -> Usage:
    """Images are counted up to one more than the quota, or not at all where there is none."""
    image_quota = _limit(tenant.image_quota, settings.IMAGE_QUOTA)
    bytes_used, images = _used.first(tenant.pk, 0 if image_quota is None else image_quota + 1) or (
        0,
        0,
    )
    return Usage(
        bytes_used=int(bytes_used),
        byte_quota=_limit(tenant.byte_quota, settings.BYTE_QUOTA),
        images=images,
        image_quota=image_quota,
    )


@by_value
def _used(tenant_id: str, most: int) -> QuerySet[Tenant, tuple[int, int]]:
    """Bytes that are stored or on their way, and images, counted up to `most`: as one moment has them."""
    under_way = _sum(Upload.objects.of_owner(tenant_id), "length")
    stored = _sum(Image.objects.owned_by(tenant_id).stored(), "size")
    images = RawSQL(  # noqa: S611
        capped("sharing_image WHERE owner_id = sharing_tenant.id"), (most,), BigIntegerField()
    )
    return Tenant.objects.filter(pk=tenant_id).values_list(under_way + stored, images)


def _sum(rows: QuerySet[Any], field: str) -> Coalesce:
    # Not the ORM's Sum, which would group by what is selected.
    total = Func(field, function="SUM", output_field=BigIntegerField())
    return Coalesce(Subquery(rows.order_by().values_list(total)), 0)


def within_byte_quota(tenant_id: str, more: int) -> None:
    """QuotaExceeded where the tenant may not keep `more` bytes. Imports of a tenant queue here, so the quota holds."""
    tenant = _lock(tenant_id)
    quota = _limit(tenant.byte_quota, settings.BYTE_QUOTA)
    if quota is None:
        return
    used = _bytes_used(tenant_id)
    if used + more > quota:
        raise QuotaExceeded(
            f"Size: {size(more)} would exceed the quota of tenant {tenant_id}: {size(used)} of {size(quota)} are "
            f"used. Delete images that are no longer needed, or ask an operator for a larger quota."
        )


def within_image_quota(tenant_id: str) -> Tenant:
    """The tenant, locked; QuotaExceeded where it has as many images as it may."""
    tenant = _lock(tenant_id)
    quota = _limit(tenant.image_quota, settings.IMAGE_QUOTA)
    if quota is not None and Image.objects.owned_by(tenant_id)[: quota + 1].count() >= quota:
        raise QuotaExceeded(
            f"Images: tenant {tenant_id} has the {quota} images that it may have. Delete one that is no longer needed, "
            f"or ask an operator for a larger quota."
        )
    return tenant


def _limit(own: int | None, default: int) -> int | None:
    """A tenant's own quota may be 0; of the portal's default, 0 or less means no limit."""
    if own is not None:
        return own
    return default if default > 0 else None


def _bytes_used(tenant_id: str) -> int:
    [(bytes_used, _)] = _used(tenant_id, 0)
    return int(bytes_used)


def _lock(tenant_id: str) -> Tenant:
    tenant = Tenant.objects.select_for_update(no_key=True).filter(pk=tenant_id).first()
    if tenant is None:
        raise Gone("This tenant is not here any more.")
    return tenant

"""Template built-ins of the portal: statuses, sizes, counts."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.timesince import timesince

from sharing.models import Image
from sharing.models.membership import COUNT_CAP
from sharing.printable import size
from sharing.tenancy import BADGE_CAP

register = template.Library()
register.filter(size)

STATUS_ICONS = {
    "pending": "clock",
    "accepted": "check-circle",
    "rejected": "x-circle",
    "hold": "hand-raised",
    "active": "check-circle",
    "queued": "clock",
    "deactivated": "pause-circle",
    "expired": "no-symbol",
}
STATUS_WORDS = {"hold": "On hold"}


@register.inclusion_tag("sharing/parts/status.html")
def status(name: str) -> dict[str, str]:
    """A status as icon, word and colour."""
    return {
        "name": name,
        "icon": STATUS_ICONS[name],
        "word": STATUS_WORDS.get(name, name.capitalize()),
    }


@register.inclusion_tag("sharing/parts/counts.html")
def counts(image: Any) -> dict[str, Any]:
    """How many members stand where, in words and as a thin bar; `image` comes from `with_counts()`."""
    shown = {name: getattr(image, name) for name in ("accepted", "pending", "rejected")}
    total = sum(shown.values())
    x, bars = 0.0, []
    for name, count in shown.items():
        if count:
            width = 100 * count / total
            bars.append(
                {"name": name, "count": capped(count), "x": round(x, 2), "width": round(width, 2)}
            )
            x += width
    return {"total": capped(total), "bars": bars}


@register.filter
def capped(count: int) -> str:
    """A count that was stopped at COUNT_CAP + 1 reads `1,000+`."""
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


@register.filter
def badge(count: int) -> str:
    return f"{BADGE_CAP}+" if count > BADGE_CAP else str(count)


@register.filter
def age(moment: datetime) -> str:
    """How long ago, in its largest unit."""
    return timesince(moment, depth=1)


@register.filter
def lookup(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.filter
def is_image(thing: object) -> bool:
    return isinstance(thing, Image)

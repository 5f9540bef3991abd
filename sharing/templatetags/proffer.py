"""Template built-ins of the portal: statuses, sizes, counts."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, lru_cache
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.forms import BoundField
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.utils import dateformat, timezone
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_mini

from sharing.checklist import ITEMS
from sharing.models import Image
from sharing.models.counts import Counts
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
COUNTED = ("accepted", "pending", "rejected")
# The form of the month, and how much of the time.
MOMENTS = {
    "j M Y": ("M", 0),
    "j M Y, H:i": ("M", 5),
    "j M Y, H:i:s": ("M", 8),
    "j F Y": ("F", 0),
    "j F Y, H:i": ("F", 5),
}
AREAS = {"inbox", "images", "activity", "help"}
# As `reverse` has it; then nothing is left that HTML escapes.
IN_ADDRESSES = "!$()*+,;=/~:@"
_empty_fields: dict[tuple[type, str], SafeString] = {}
NOT_OFFERED = SafeString('<span class="hint">not offered</span>')


@register.simple_tag
@cache
def status(name: str) -> SafeString:
    """A status as icon, word and colour."""
    return render_to_string(
        "sharing/parts/status.html",
        {
            "name": name,
            "icon": heroicon_mini(STATUS_ICONS[name], size=16, aria_hidden="true"),
            "word": STATUS_WORDS.get(name, name.capitalize()),
        },
    )


@register.simple_tag
def checklist() -> Iterable[str]:
    """What an owner confirms before the first offer."""
    return ITEMS.values()


@register.filter
def counts(told: Counts | None) -> SafeString:
    """How many members stand where, in words and as a thin bar."""
    return _counted(told.accepted, told.pending, told.rejected) if told else NOT_OFFERED


@lru_cache(maxsize=10_000)
def _counted(*numbers: int) -> SafeString:
    shown = [(name, count) for name, count in zip(COUNTED, numbers, strict=True) if count]
    if not shown:
        return NOT_OFFERED
    total = sum(count for _, count in shown)
    x, words, bars = 0.0, "", ""
    for name, count in shown:
        width = 100 * count / total
        words += f", {name} {capped(count)}"
        bars += f'<rect class="{name}" x="{round(x, 2)}" width="{round(width, 2)}" height="6"/>'
        x += width
    # Names and numbers alone: nothing in it is to be escaped.
    return SafeString(
        f'<span class="counts-words">offered {capped(total)}{words}</span>\n<svg class="counts" viewBox="0 0 100 6"'
        f' preserveAspectRatio="none" aria-hidden="true" focusable="false">{bars}</svg>'
    )


@register.filter
def moment(at: datetime | None, form: str) -> SafeString:
    """A point in time, written as the `date` filter writes it; `form` is of MOMENTS."""
    if at is None:
        return SafeString()
    at = at.astimezone(timezone.get_default_timezone())
    month, length = MOMENTS[form]
    written = at.isoformat()
    clock = f", {written[11 : 11 + length]}" if length else ""
    return SafeString(
        f'<time datetime="{written}">{at.day} {_month(at.month, month)} {at.year}{clock}</time>'
    )


@cache
def _month(number: int, form: str) -> str:
    return dateformat.format(date(2000, number, 1), form)


@register.filter
def capped(count: int) -> str:
    """A count that was stopped at COUNT_CAP + 1 reads `1,000+`."""
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


@register.filter
def grouped(number: int) -> str:
    return f"{number:,}"


@register.filter
def badge(count: int) -> str:
    return f"{BADGE_CAP}+" if count > BADGE_CAP else str(count)


@register.filter
def age(moment: datetime) -> str:
    """How long ago, in its largest unit, as `timesince` says it."""
    now = timezone.now().astimezone(moment.tzinfo)
    months = 12 * (now.year - moment.year) + now.month - moment.month
    if (moment.day, moment.time()) > (now.day, now.time()):
        months -= 1
    seconds = max(0, int((now - moment).total_seconds()))
    units = (
        (months // 12, "year"), (months, "month"), (seconds // 604_800, "week"), (seconds // 86_400, "day"),
        (seconds // 3600, "hour"), (seconds // 60, "minute"),
    )  # fmt: skip
    number, unit = next((one for one in units if one[0] > 0), units[-1])
    return f"{number}\N{NO-BREAK SPACE}{unit}{'' if number == 1 else 's'}"


@register.filter
def lookup(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.filter
def lines(text: str) -> SafeString:
    """As `linebreaksbr`, which takes its time for nothing, too."""
    return linebreaksbr(text) if text else SafeString()


@register.filter
def equals(one: object, other: object) -> bool:
    return one == other


@register.filter
def tagged(names: Iterable[str] | None) -> SafeString:
    """Tags of an image, each as one."""
    if not names:
        return SafeString()
    return SafeString("".join(f'<span class="tag">{escape(name)}</span> ' for name in names))


@register.filter
def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """Of a select; the choices are few and the same for everybody."""
    return _options(tuple(choices), chosen)


@lru_cache(maxsize=100)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    return SafeString(
        "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
            for value, label in choices
        )
    )


@register.filter
def attributes(attrs: dict[str, Any]) -> SafeString:
    """Of a form's widget, as Django's own template writes them."""
    return SafeString(
        "".join(
            f" {escape(name)}" if value is True else f' {escape(name)}="{escape(str(value))}"'
            for name, value in attrs.items()
            if value is not False
        )
    )


@register.filter
def in_address(text: str | None) -> SafeString:
    """As `{% url %}` writes it: for what stands in an address of a stencil."""
    return SafeString(quote(text or "", safe=IN_ADDRESSES))


@register.filter
def area(request: HttpRequest | None) -> str:
    """Which part of the tenant's pages is shown."""
    _, *path = request.path_info.split("/") if request else ("",)
    return path[2] if path[0:1] == ["t"] and path[2:] and path[2] in AREAS else ""


@register.filter
def field_group(field: BoundField) -> SafeString:
    """As `as_field_group`, for a field that its form has for everybody: until it is filled in it is drawn once."""
    if field.form.is_bound or field.form.initial:
        return field.as_field_group()
    key = (type(field.form), field.name)
    if key not in _empty_fields:
        _empty_fields[key] = field.as_field_group()
    return _empty_fields[key]


@register.filter
def is_image(thing: object) -> bool:
    return isinstance(thing, Image)

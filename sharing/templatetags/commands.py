"""The commands that do what the pages do. All of them stand here; a page fills in what it knows.

`<field>` is a value of the page, quoted for a POSIX shell; without one, the word in capitals that a person replaces.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from typing import NamedTuple

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_mini

from sharing.imagedata.handout import filename_of
from sharing.models.tenant import is_tenant_id
from sharing.printable import printable
from sharing.templatetags.addresses import address

register = template.Library()
register.filter(filename_of)

VALUE_MAX = 1000
FIELD = re.compile(r"<(\w+)>")
MARK = re.compile(r"\0(\w+)\0")
TO_FILL_IN = {
    "image": "IMAGE_UUID", "tenant": "TENANT_ID", "parent": "PARENT_UUID", "file": "FILE", "name": "NAME",
    "note": "NOTE",
}  # fmt: skip
# Those of the snippets, which write them out.
CAPITALS = {*TO_FILL_IN.values(), "CREDENTIAL_ID", "SECRET"}

SIGNED = '-H "X-Auth-Token: $(openstack token issue -f value -c id)"'
JSON = f"{SIGNED} -H 'Content-Type: application/json'"
IMAGE = "<portal>/image/v2/images/<image>"
COLUMNS = "--long -c ID -c Name -c Project"

# By its name: what it does, and how.
COMMANDS = {
    "list": ("List my images, and those I accepted", "openstack image list"),
    "list-shared": (
        "Only those that are shared, or can be", f"openstack image list --shared {COLUMNS}",
    ),
    "list-offers": (
        "List the offers that wait; own images come along",
        f"openstack image list --shared --member-status pending {COLUMNS}",
    ),
    "list-accepted": (
        "List what I accepted; own images come along", f"openstack image list --shared {COLUMNS}",
    ),
    "list-rejected": (
        "List what I rejected; own images come along",
        f"openstack image list --shared --member-status rejected {COLUMNS}",
    ),
    "accept": ("Accept", "openstack image set --accept <image>"),
    "reject": ("Reject", "openstack image set --reject <image>"),
    "leave": ("Leave", "openstack image set --reject <image>"),
    "postpone": ("Decide later", "openstack image set --pending <image>"),
    # After a rejection the client finds the image no more, so it cannot answer for it.
    "accept-rejected": (
        "Accept", f"""curl -X PUT {JSON} -d '{{"status": "accepted"}}' {IMAGE}/members/<own>""",
    ),
    "postpone-rejected": (
        "Decide later", f"""curl -X PUT {JSON} -d '{{"status": "pending"}}' {IMAGE}/members/<own>""",
    ),
    "offer": ("Offer", "openstack image add project <image> <tenant>"),
    "offer-with-note": (
        "Offer with a note",
        f"""curl -X POST {JSON} -d '{{"member": "<tenant>", "note": "<note>"}}' {IMAGE}/members""",
    ),
    "offer-confirmed": (
        "Offer with a note, and confirm the checklist",
        f"""curl -X POST {JSON} -d '{{"member": "<tenant>", "note": "<note>", "checklist": true}}' {IMAGE}/members""",
    ),
    "members": ("List the members", "openstack image member list <image>"),
    "withdraw": ("Withdraw", "openstack image remove project <image> <tenant>"),
    "withdraw-chosen": (
        "Withdraw from each",
        'for tenant in <tenant>; do openstack image remove project <image> "$tenant"; done',
    ),
    "withdraw-all": (
        "Withdraw from all",
        'for tenant in $(openstack image member list -f value -c "Member ID" <image>);'
        ' do openstack image remove project <image> "$tenant"; done',
    ),
    "prune": ("Prune", f"curl -X POST {SIGNED} {IMAGE}/actions/prune"),
    "prune-all": ("Prune all my images", f"curl -X POST {SIGNED} <portal>/image/v2/actions/prune"),
    "protect": ("Protect", "openstack image set --protected <image>"),
    "unprotect": ("Lift the protection", "openstack image set --unprotected <image>"),
    "delete": ("Delete", "openstack image delete <image>"),
    "create": (
        "Create and import",
        "openstack image create --disk-format qcow2 --container-format bare --file <file>"
        " --property os_distro=debian <name>",
    ),
    "formats": (
        "First say its formats", "openstack image set --disk-format qcow2 --container-format bare <image>",
    ),
    "import": (
        "Import", f"curl {SIGNED} -H 'Content-Type: application/octet-stream' -T <file> {IMAGE}/file",
    ),
    "download": ("Download", "openstack image save --file=<file> <image>"),
    "redistributable": (
        "Mark as redistributable", "openstack image set --property redistributable=true <image>",
    ),
    "not-redistributable": (
        "Make it not redistributable", "openstack image unset --property redistributable <image>",
    ),
    "acknowledge": (
        "I considered both", "openstack image set --property export_acknowledged=true <image>",
    ),
    "made-from": ("Register", "openstack image set --property base_image_ref=<parent> <image>"),
}  # fmt: skip


COPY = heroicon_mini("clipboard-document", size=16, aria_hidden="true")
FOLD = heroicon_mini("command-line", size=16, aria_hidden="true")


class Part(NamedTuple):
    text: str
    to_fill_in: bool = False


@register.simple_block_tag(takes_context=True)
def commands(
    context: Context, content: SafeString, about: object, guide: bool = True
) -> SafeString:
    """Folds the commands of one place; `about` tells it from the other places of the page.

    `guide`: whether a link leads to how one signs in.
    """
    hint = "Replace what is in capitals. " if "<var>" in content else ""
    if guide:
        signing_in = address("help", context["actor"].tenant_id)
        hint += f'<a href="{signing_in}#api">How to sign in</a>'
    return SafeString(
        f'<details class="commands"><summary>{FOLD} As a command<span class="visually-hidden">: {escape(str(about))}'
        f"</span></summary>\n{content}\n{hint and f'<p class="hint">{hint}</p>\n'}</details>\n"
    )


@register.simple_tag(takes_context=True)
def command(context: Context, name: str, **values: object) -> SafeString:
    """The command that does `name`, with the values of the page."""
    if "<portal>" in COMMANDS[name][1] and "portal" not in values:
        values["portal"] = portal(context)
    words = {field: word for field, value in values.items() if (word := _words(value))}
    html = _drawn(name, *words)
    # At once: a value may look like the mark of another.
    return SafeString(MARK.sub(lambda mark: escape(words[mark[1]]), html))


@cache
def _drawn(name: str, *known: str) -> str:
    """The command, with a mark for each field that the page knows."""
    does, line = COMMANDS[name]
    return _shown(does, list(_filled_in(line, {field: f"\0{field}\0" for field in known})))


@register.simple_block_tag
def snippet(content: SafeString, does: str) -> SafeString:
    """What stands between the tags, as text that is copied whole."""
    pieces = re.split(rf"\b({'|'.join(sorted(CAPITALS))})\b", unescape(content).strip())
    return _shown(does, [Part(piece, piece in CAPITALS) for piece in pieces])


@register.simple_tag(takes_context=True)
def portal(context: Context) -> str:
    """The address of the portal, without a slash at its end."""
    return portal_of(context["request"])


@register.filter
def portal_of(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


@register.filter
def word(value: object) -> str:
    """A value of the page as a command of a stencil takes it: there, only what stands for it is quoted."""
    return _words(value)


def _shown(does: str, parts: list[Part]) -> SafeString:
    # No template: some pages show dozens of them.
    text, does = escape("".join(part.text for part in parts)), escape(does)
    code = "".join(
        f"<var>{escape(text)}</var>" if to_fill_in else escape(text) for text, to_fill_in in parts
    )
    return SafeString(
        f'<div class="command"><span class="hint">{does}</span>\n<pre><code>{code}</code></pre>\n'
        f'<button type="button" class="copy" data-copy="{text}" data-told="{does}"'
        f' aria-label="Copy the command: {does}">{COPY}</button></div>\n'
    )


def _filled_in(line: str, words: dict[str, str]) -> Iterator[Part]:
    for at, piece in enumerate(FIELD.split(line)):
        if at % 2 == 0:
            yield Part(piece)
        elif piece in words:
            yield Part(words[piece])
        else:
            yield Part(TO_FILL_IN[piece], to_fill_in=True)


def _words(value: object) -> str:
    """A value as one word of a shell, whatever it holds; of a list of tenant IDs, a word for each that is one."""
    if isinstance(value, list):
        return " ".join(shlex.quote(item) for item in value if is_tenant_id(item))
    # What steers a terminal would act while it is pasted, quoted or not.
    return shlex.quote(printable(value, VALUE_MAX)) if value else ""

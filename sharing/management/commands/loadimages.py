import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from sharing.loading import load_images
from sharing.management.verb import OperatorVerb, tenant_here, text
from sharing.printable import printable


class Command(OperatorVerb):
    help = """Load image records from an Image API v2 list, as images of one tenant.

FILE is the JSON that a cloud answers to GET /v2/images, for example written by
  curl -H "X-Auth-Token: $TOKEN" "$IMAGE_ENDPOINT/v2/images?limit=1000" > images.json
(that is one page: where the answer has a "next", fetch that one and load it too).

Images that are new here are added; those that the tenant has already become like the list.
Proffer's own part of an image stays: its memberships, its hold, and the confirmed checklist,
which has to be confirmed again where the checksum changed. The tenant's images that the list
lacks stay too; so does an image that the cloud calls killed or deleted: it is counted as dead
and left alone. The owner in the file is the cloud's project and is not looked at.

The list is loaded whole or not at all: the first record that cannot be loaded is named, with
what is allowed (exit status 1). Safe to repeat."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--owner",
            type=text,
            required=True,
            metavar="TENANT",
            help="whose images they are: a tenant ID",
        )
        parser.add_argument(
            "file", type=text, metavar="FILE", help='the list; "-" reads the standard input'
        )

    def handle(self, *, owner: str, file: str, **options: Any) -> None:
        tenant = tenant_here(owner)
        loaded = load_images(_read(file), tenant)
        dead = f", {loaded.dead} dead and left out" if loaded.dead else ""
        self.stdout.write(
            f"Images of tenant {owner}: {loaded.new} new, {loaded.changed} changed, {loaded.unchanged} unchanged{dead}."
        )


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(
            f"{printable(file)} cannot be read: {error.strerror}. Nothing was loaded."
        ) from error

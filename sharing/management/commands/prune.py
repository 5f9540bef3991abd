from collections import Counter
from collections.abc import Mapping
from itertools import batched
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser
from django.db.models import Count
from django.template.defaultfilters import pluralize

from sharing import handshake
from sharing.management.verb import OperatorVerb, tenant_here, text
from sharing.models import Image, Membership
from sharing.printable import printable

NAMES_A_STATEMENT = 1000


class Command(OperatorVerb):
    help = """Delete the memberships that are rejected, of all images or of one owner's.

What is deleted is what is rejected at the moment of the delete: a consumer who accepts in the
same second is kept. History keeps who pruned what. Offering again starts at pending.

Prints how many per image, and the total. Nothing to prune is no error."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--owner", type=text, metavar="ID", help="only the images of the tenant with this ID"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be pruned, and change nothing"
        )

    def handle(self, *, owner: str | None, dry_run: bool, **options: Any) -> None:
        if owner is not None:
            tenant_here(owner)
        if dry_run:
            self._report("Would prune", _rejected(owner))
        else:
            removed = handshake.prune(by=self.by, owner_id=owner)
            self._report("Pruned", Counter(row.image_id for row in removed))

    def _report(self, done: str, counts: Mapping[UUID, int]) -> None:
        for batch in batched(sorted(counts), NAMES_A_STATEMENT):
            names = dict(Image.objects.filter(pk__in=batch).values_list("pk", "name"))
            for image_id in batch:
                self.stdout.write(
                    f"{counts[image_id]:>7}  {image_id}  {printable(names.get(image_id, ''))}".rstrip()
                )
        memberships, images = sum(counts.values()), len(counts)
        self.stdout.write(
            f"{done} {memberships} rejected membership{pluralize(memberships)} of {images} image{pluralize(images)}."
        )


def _rejected(owner: str | None) -> dict[UUID, int]:
    rows = Membership.objects.rejected()
    if owner is not None:
        rows = rows.of_owner(owner)
    return dict(rows.order_by().values_list("image_id").annotate(Count("pk")))

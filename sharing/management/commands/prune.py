from collections import Counter
from collections.abc import Mapping
from itertools import batched
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db.models import Count
from django.template.defaultfilters import pluralize

from sharing import handshake
from sharing.management.progress import Progress
from sharing.management.verb import OperatorVerb, tenant_here, text
from sharing.models import Image, Membership
from sharing.models.membership import MembershipQuerySet
from sharing.printable import printable

NAMES_A_STATEMENT = 1000


class Command(OperatorVerb):
    help = """Delete the memberships that are rejected, of all images or of one owner's.

What is deleted is what is rejected at the moment of the delete: a consumer who accepts in the
same second is kept. History keeps who pruned what. Offering again starts at pending.

Many go in pieces of 1,000, so that nobody who answers meanwhile waits long; interrupted, what is
pruned stays so and the rest stands. On a terminal it shows how far it is.

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
            counts = _rejected(owner).order_by().values_list("image_id").annotate(Count("pk"))
            self._report("Would prune", dict(counts))
        else:
            self._report("Pruned", self._prune(owner))

    def _prune(self, owner: str | None) -> Counter[UUID]:
        pruned: Counter[UUID] = Counter()
        # Of millions of memberships the count takes a while: it is for eyes alone.
        total = _rejected(owner).count() if self.stderr.isatty() else 0
        try:
            with Progress(self.stderr, "Pruning", total, "{:,}".format) as progress:
                for piece in handshake.pruning(by=self.by, owner_id=owner):
                    pruned.update(row.image_id for row in piece.ended)
                    progress.advance(len(piece.ended))
        except KeyboardInterrupt:
            self._report("Pruned", pruned)
            raise CommandError(
                "Interrupted. What was pruned stays so; prune again for the rest.", returncode=130
            ) from None
        return pruned

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


def _rejected(owner: str | None) -> MembershipQuerySet:
    rows = Membership.objects.rejected()
    return rows if owner is None else rows.of_owner(owner)

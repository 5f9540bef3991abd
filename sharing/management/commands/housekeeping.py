from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError
from django.db.models import Sum
from django.template.defaultfilters import pluralize

from sharing.credentials import forget_expired_tokens
from sharing.imagedata import copies, housekeeping
from sharing.imagedata.housekeeping import Census, Found
from sharing.management.progress import Progress
from sharing.management.verb import OperatorVerb
from sharing.models import Image
from sharing.partitioning import upkeep


class Command(OperatorVerb):
    help = """Put right what crashes and broken connections leave behind; to be run every night.

  - Imports on which nothing arrived for UPLOAD_EXPIRY hours are ended; their images stay queued.
  - Imports whose verification has not ended after six hours are verified anew, by a task.
  - Part files of no import, data of no image and broken-off copies are removed, an hour after
    they were last touched. Data that an image refers to is never removed, nor are files that
    are not named as Proffer names them.
  - Licence restrictions are settled anew, in case LICENCE_RULES or properties changed.
  - Revoked tokens of the API are forgotten once they have expired.
  - Where `partition` divided the tables, the next partition of events is made ahead of time, and
    the planner's statistics are gathered, which PostgreSQL leaves out there.
  - Images whose data is missing, or of another size than recorded, are told.

With --verify all data is read and compared with the MD5 and SHA-512 of its record: for a
weekend. Safe to run while the portal serves, to interrupt and to repeat.

Exit status: 1 where data is missing or damaged, or where no file of the image store belongs to
an image of this database: that is probably the wrong database, and no data is removed."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--verify", action="store_true", help="read all data and compare it with the records"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done, and change nothing"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="remove data of no image even where all the data of the image store is that",
        )

    def handle(self, *, verify: bool, dry_run: bool, force: bool, **options: Any) -> None:
        self.bad = 0
        if dry_run:
            self.stdout.write("What would be done; nothing is changed:")
        self._tell(housekeeping.end_resting_uploads(by=self.by, dry_run=dry_run))
        self._tell(housekeeping.settle_stuck_uploads(dry_run=dry_run))
        changed = housekeeping.settle_licences(dry_run=dry_run)
        self.stdout.write(f"Licence restrictions: {changed} image{pluralize(changed)} changed.")
        forgotten = forget_expired_tokens(dry_run=dry_run)
        self.stdout.write(f"Revoked tokens: {forgotten} expired and forgotten.")
        self._keep_partitions(dry_run)
        census = self._tell(housekeeping.take_census())
        if census.referred != Image.objects.stored().count():
            self._tell(housekeeping.find_missing())
        if verify:
            self._verify()
            self._mend_copies(dry_run)
        self._remove_strays(census, dry_run, force)
        self._sum_up(census)

    def _tell(self, all_found: Iterable[Found | Census]) -> Census:
        census = Census()
        for found in all_found:
            if isinstance(found, Census):
                census = found
            else:
                self.bad += found.bad
                self.stdout.write(found.what)
        return census

    def _keep_partitions(self, dry_run: bool) -> None:
        try:
            for name in upkeep.open_ranges(dry_run=dry_run):
                self.stdout.write(f"Made a partition of events ahead of time: {name}.")
            if not dry_run:
                upkeep.gather_statistics()
        except OperationalError as error:
            # As where somebody reads events for long: all are still taken, and the next night tries again.
            self.bad += 1
            self.stdout.write(f"No partition of events was made ahead of time: {error}".rstrip())

    def _mend_copies(self, dry_run: bool) -> None:
        """Those that a change of an image did not reach, as where its task failed."""
        for image in [] if dry_run else copies.mend():
            self.stdout.write(f"Wrote anew what the memberships of image {image.pk} say of it.")

    def _verify(self) -> None:
        total = Image.objects.stored().aggregate(total=Sum("size"))["total"] or 0
        with Progress(self.stderr, "Verifying", total) as progress:
            self._tell(housekeeping.verify(progress.advance))

    def _remove_strays(self, census: Census, dry_run: bool, force: bool) -> None:
        if census.is_of_another_database and not force:
            raise CommandError(
                f"None of the {census.strays} file{pluralize(census.strays)} of the image store belongs to an image "
                f"of this database. Is DATABASE_URL the portal's? Nothing was removed. If it is: --force"
            )
        self._tell(housekeeping.remove_strays(dry_run=dry_run))
        self._tell(housekeeping.remove_stray_parts(dry_run=dry_run))
        self._tell(housekeeping.remove_stray_form_files(dry_run=dry_run))

    def _sum_up(self, census: Census) -> None:
        if self.bad:
            raise CommandError(
                f"{self.bad} finding{pluralize(self.bad)} of data that is missing or damaged: restore it from a backup."
            )
        self.stdout.write(
            f"The data of {census.referred} image{pluralize(census.referred)} is where it should be."
        )

import json
import os
import secrets
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from time import monotonic
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from sharing.errors import BadInput
from sharing.management.many_rows import ManyRows, all_or_nothing, said, tell_rows
from sharing.management.verb import text
from sharing.printable import printable
from sharing.seeding.landmarks import Landmark, landmarks
from sharing.seeding.plan import Plan, plan
from sharing.seeding.seed import seed, tidy

NOTHING = "Nothing was kept: the database is empty, as before."


class Command(ManyRows):
    help = """Fill an empty, migrated database with invented rows, to measure Proffer at scale.

Many small tenants, and a few that are very large: an owner with a twentieth of all images, a
consumer with a fiftieth of all memberships, an image to which a tenth of them belongs; in all
statuses, with history, over three years. Images have no data in Proffer's store. At the end it
prints the largest and the typical ones, and who signs in for them with the password it made;
among them an operator who may do everything: keep such a database where nobody else gets at it.

The same numbers, --seed and --until make the same rows, on SQLite and PostgreSQL alike; only the
password is another each time. A database that has anything already is refused and stays as it is.
Everything is written in one transaction: interrupted, or failed, it leaves the database empty.
On PostgreSQL the tables are locked meanwhile.

Ten million memberships take some ten minutes on PostgreSQL, and 12 GB of disk; for
SQLite, take a tenth of that."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--images", type=_number, required=True, metavar="N")
        parser.add_argument("--memberships", type=_number, required=True, metavar="N")
        parser.add_argument(
            "--tenants",
            type=_number,
            metavar="N",
            help="tenant IDs, of which one in twenty has not joined (default: as many as go with the rest)",
        )
        parser.add_argument(
            "--seed",
            type=_number,
            default=1,
            metavar="N",
            help="another one, other rows (default: 1)",
        )
        parser.add_argument(
            "--until",
            type=_day,
            default=None,
            metavar="DAY",
            help="the day after the last row, as 2026-12-31 (default: today)",
        )
        parser.add_argument(
            "--json", type=text, metavar="FILE", help="write the IDs and the password there, too"
        )

    def handle(
        self,
        *,
        images: int,
        memberships: int,
        tenants: int | None,
        seed: int,
        until: date | None,
        json: str | None,
        **options: Any,
    ) -> None:
        until = until or datetime.now(UTC).date()
        planned = plan(images, memberships, tenants=tenants, seed=seed, until=until)
        if json is not None:
            _must_be_writable(json)
        password = secrets.token_urlsafe(12)
        rows = self._seed(planned, password)
        trouble = _tidied(planned)
        found = landmarks(planned)
        self._tell(found, password)
        if json is not None:
            _write(json, found, rows, password)
        if trouble:
            raise CommandError(trouble)

    def _seed(self, planned: Plan, password: str) -> Mapping[str, int]:
        began = monotonic()
        with all_or_nothing(NOTHING):
            rows = seed(planned, password, self.watch)
        tell_rows(self.stdout, rows)
        self.stdout.write(f"Filled in {monotonic() - began:,.0f} s.")
        return rows

    def _tell(self, found: Mapping[str, Landmark], password: str) -> None:
        self.stdout.write(f"Sign in with the password {password} as")
        for name, landmark in found.items():
            rest = ", ".join(
                f"{value:,} {key}" if isinstance(value, int) else f"{key} {value}"
                for key, value in landmark.items()
                if key != "user"
            )
            self.stdout.write(
                f"  {landmark['user']:<30} {name.replace('_', ' ')}: {rest}".rstrip(" :")
            )


def _tidied(planned: Plan) -> str:
    """What went wrong, as a sentence: by then the rows are there, and so whoever waited for them is told of them."""
    try:
        tidy(planned)
    except KeyboardInterrupt:
        return "Interrupted. All rows are there, but not the planner's statistics: run ANALYZE."
    except DatabaseError as error:
        return f"All rows are there, but not the planner's statistics: {said(error)} Run ANALYZE."
    return ""


def _must_be_writable(file: str) -> None:
    was_there = os.path.lexists(file)
    with _told(file):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        if not was_there:
            os.unlink(file)


def _write(
    file: str, found: Mapping[str, Landmark], rows: Mapping[str, int], password: str
) -> None:
    """A new file is for its owner's eyes alone, because of the password."""
    content = json.dumps({"password": password, "rows": rows, **found}, indent=2) + "\n"
    with (
        _told(file),
        open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream,
    ):
        stream.write(content)


@contextmanager
def _told(file: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f"--json: {printable(file)} cannot be written: {error.strerror}.") from error


def _number(value: str) -> int:
    if (
        not value.removeprefix("-").isascii()
        or not value.removeprefix("-").isdigit()
        or len(value) > 19
    ):
        raise ArgumentTypeError(f"{printable(value)} is not a whole number")
    return int(value)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(f"{printable(value)} is not a day, such as 2026-12-31") from None

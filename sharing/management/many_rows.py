"""What the commands have in common that write many rows in one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.management.base import CommandError, OutputWrapper
from django.db import DatabaseError

from sharing.management.progress import Progress
from sharing.management.verb import OperatorVerb
from sharing.printable import printable


class ManyRows(OperatorVerb):
    def watch(self, label: str, total: int) -> Progress:
        return Progress(self.stderr, label, total, "{:,}".format)


@contextmanager
def all_or_nothing(otherwise: str) -> Iterator[None]:
    """Interrupted, or refused by the database, it ends with a sentence; `otherwise` says how things are then."""
    try:
        yield
    except KeyboardInterrupt:
        raise CommandError(f"Interrupted. {otherwise}", returncode=130) from None
    except DatabaseError as error:
        raise CommandError(f"The database refused: {said(error)} {otherwise}") from error


def tell_rows(out: OutputWrapper, rows: Mapping[str, int]) -> None:
    for label, number in rows.items():
        out.write(f"{number:>13,}  {label}")


def said(error: DatabaseError) -> str:
    return f"{printable(error, 300).rstrip(' .?')}."

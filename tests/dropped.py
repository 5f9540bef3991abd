"""Runs `importimage` on files that were dropped in a folder."""

from io import StringIO

from django.core.management import CommandError, call_command

from sharing.models import Image, Upload
from tests.imported import leftovers


def told(*arguments):
    """What the command prints, what it complains of, and the sentence with which it ends."""
    printed, complained, ended = StringIO(), StringIO(), ""
    try:
        call_command(
            "importimage",
            *map(str, arguments),
            "--owner",
            "4471021",
            stdout=printed,
            stderr=complained,
        )
    except CommandError as error:
        ended = str(error)
    return printed.getvalue(), complained.getvalue(), ended


def nothing_left() -> bool:
    return not Image.objects.exists() and not Upload.objects.exists() and leftovers() == []

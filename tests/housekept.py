"""Runs `housekeeping` on what crashes and broken connections leave behind."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

from django.core.management import CommandError, call_command
from django.utils import timezone

from sharing.imagedata import store
from sharing.models import Upload
from tests.imported import RAW


def said(*options):
    """What it prints, and the sentence with which it ends."""
    printed = StringIO()
    try:
        call_command("housekeeping", *options, stdout=printed)
    except CommandError as error:
        return printed.getvalue(), str(error)
    return printed.getvalue(), ""


def stored_file(image) -> Path:
    return Path(store.image_store().path(image.data))


def stray(image) -> Path:
    """A file as an import of the image leaves it that broke off before its commit."""
    path = stored_file(image).with_name(f"{image.pk}.{uuid4()}")
    path.write_bytes(RAW)
    return path


def rested(upload, **age):
    """The upload, as if its last byte had arrived that long ago."""
    then = timezone.now() - timedelta(**age)
    Upload.objects.filter(pk=upload.pk).update(begun_at=then)
    part = store.part_of(upload.pk)
    if part.exists():
        os.utime(part, (then.timestamp(),) * 2)

"""`pytest -p tests.postgresql -p tests.partitioned`: the suite on memberships and events in partitions."""

from io import StringIO

import pytest
from django.core.management import call_command

SIZES = {"partitions": 4, "event_ids": 1_000_000}


@pytest.fixture(scope="session", autouse=True)
def partitions(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        call_command("partition", **SIZES, stdout=StringIO())

"""The lists of the pages and of the API, and which server they are read from."""

from contextlib import contextmanager
from functools import partial

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sharing.models.log_position import REPLICA
from tests.api.client import IMAGES, api
from tests.api.refusing import at
from tests.pages import HTMX, read

LISTED = ("sharing_event", "sharing_image", "sharing_membership", "sharing_upload")


@contextmanager
def asked():
    """The statements to the primary and to the replica."""
    with (
        CaptureQueriesContext(connection) as primary,
        CaptureQueriesContext(connections[REPLICA]) as there,
    ):
        yield primary, there


def reads_lists(captured):
    return any(table in query["sql"] for query in captured for table in LISTED)


def on_page(name, party, *ids):
    return partial(party.client().get, reverse(name, args=[party.id, *ids]))


def by_api(address, party):
    return partial(api(party).get, address)


def members_on_page(party, image):
    return read(on_page("image", party, image.pk)()).texts("#members tbody th")


def members_by_api(party, image):
    return [row["member_id"] for row in api(party).get(at(image, "members")).json["members"]]


def images_on_page(party):
    return read(on_page("images", party)()).texts("tbody th a")


def listed_by_api(party, query=""):
    return [row["name"] for row in api(party).get(IMAGES + query).json["images"]]


def offers_on_page(party, status="pending"):
    address = reverse("inbox", args=[party.id])
    return read(party.client().get(address, {"status": status})).texts("article h2")


def offer(party, image, member_id):
    address = reverse("offer", args=[party.id, image.pk])
    return party.client().post(address, {"tenant_ids": member_id}, headers=HTMX)

"""Which statements a list takes on either server; and that all workers of a portal know what a tenant did."""

import json
from http.client import HTTPConnection

import pytest
from django.conf import settings as django_settings
from django.db import InternalError, connection

from sharing.models import Image, Membership
from sharing.models.log_position import REPLICA
from tests.api.client import IMAGES, token_of
from tests.api.refusing import at
from tests.crashing import database_url
from tests.replica.lists import asked, by_api, on_page, reads_lists
from tests.serving import PATIENCE, Portal

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", REPLICA])

LISTS = {
    # How to ask for it; what the primary is asked, how far its log is among that; and the replica, whether it has that.
    # How much the tenant uses of its quota is of the primary.
    "images": (lambda party, image: on_page("images", party), 5, 6),
    # Its first page says the number for the frame.
    "inbox": (lambda party, image: on_page("inbox", party), 4, 2),
    "activity": (lambda party, image: on_page("activity", party), 4, 3),
    # Here the image comes first, and a frame.
    "members": (lambda party, image: on_page("image", party, image.pk), 7, 4),
    "images by API": (lambda party, image: by_api(IMAGES, party), 2, 3),
    "images by API, of a name": (lambda party, image: by_api(f"{IMAGES}?name=A", party), 2, 2),
    "members by API": (lambda party, image: by_api(at(image, "members"), party), 3, 2),
    "members by API, some": (
        lambda party, image: by_api(at(image, "members?limit=9"), party),
        3,
        2,
    ),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_is_read_from_the_replica_for_one_short_statement_more_on_each_side(
    image, producer, case
):
    ask, on_primary, on_replica = LISTS[case]
    show = ask(producer, image)

    with asked() as (primary, there):
        show()

    assert reads_lists(there)
    assert (len(primary), len(there)) == (on_primary, on_replica)


def test_what_came_from_the_replica_is_never_saved(standby, image):
    [found] = Image.objects.using(REPLICA)

    with pytest.raises(InternalError, match="read-only"):
        found.save()


def test_all_workers_of_a_portal_show_an_own_offer_at_once(
    standby, image, producer, consumer, tmp_path
):
    portal = Portal(tmp_path, database_url(), django_settings.SECRET_KEY, workers=2)
    # Of several hosts the first is down.
    name = connection.settings_dict["NAME"]
    portal.environment["DATABASE_REPLICA_URL"] = (
        f"postgres://proffer@/{name}?host=/nowhere,{standby.place}"
    )
    portal.environment["REPLICA_LAG_MAX"] = "3600"
    token, address = token_of(producer.manager, producer.id), at(image, "members")
    (tmp_path / "static").mkdir()

    def call(method, body=None):
        http = HTTPConnection("127.0.0.1", portal.port, timeout=PATIENCE)
        headers = {"X-Auth-Token": token, "Content-Type": "application/json"}
        http.request(method, address, body and json.dumps(body), headers)
        answer = http.getresponse()
        told = json.loads(answer.read())
        http.close()
        return told

    with portal.running():
        assert len(call("GET")["members"]) == 1
        assert 'FROM "sharing_membership"' in standby.statements()
        with standby.held_up():
            assert call("POST", {"member": "9"})["status"] == "pending"
            assert {len(call("GET")["members"]) for _ in range(8)} == {2}
    assert Membership.objects.count() == 2

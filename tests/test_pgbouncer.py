"""The portal behind PgBouncer in transaction mode: many clients on two connections to PostgreSQL."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.urls import reverse

from tests.api.client import IMAGES, JSON, token_of
from tests.conftest import Party, party
from tests.crashing import connections_of_others, database_url, wait_for_others_to_leave
from tests.factories import ImageFactory
from tests.pgbouncer import pooler
from tests.serving import Portal
from tests.visiting import BEHIND_PROXY, Visitor

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 2
PAIRS = 6
# So that every connection of the portal asks often enough for a statement to be prepared, were it allowed.
ROUNDS = 3


@pytest.fixture
def pooled() -> Iterator[str]:
    """The address of the test's database behind a pool."""
    if connection.vendor != "postgresql":
        pytest.skip("A pooler stands in front of PostgreSQL alone.")
    if "DATABASE_POOLER" in os.environ:
        pytest.skip("The whole run is behind a pooler already.")
    wait_for_others_to_leave()
    with pooler(database_url(), CONNECTIONS) as url:
        yield url


@pytest.fixture
def port(pooled, tmp_path) -> Iterator[int]:
    """Of a portal behind the pool."""
    portal = Portal(tmp_path, pooled, django_settings.SECRET_KEY, workers=2, threads=8)
    portal.environment |= BEHIND_PROXY | {"DATABASE_POOLER": "transaction"}
    portal.collect_static()
    with portal.running():
        yield portal.port


class Pair:
    """A producer and a consumer of their own, with an image that no other pair may see."""

    def __init__(self, number: int, port: int) -> None:
        self.producer = party(f"10{number}", f"Producer{number}")
        self.consumer = party(f"20{number}", f"Consumer{number}")
        self.image = ImageFactory(owner=self.producer.tenant, name=f"Image of pair {number}")
        sides = (self.producer, self.consumer)
        self.visitors = {
            side.id: Visitor(port, session=side.client().session.session_key) for side in sides
        }
        self.tokens = {side.id: token_of(side.manager, side.id) for side in sides}
        self.members = f"{IMAGES}/{self.image.pk}/members"
        self.member = f"{self.members}/{self.consumer.id}"

    def shake_hands(self) -> None:
        for _ in range(ROUNDS):
            self.by_pages()
            self.call(self.producer, "DELETE", self.member)
            self.by_api()
            self.call(self.producer, "DELETE", self.member)

    def by_pages(self) -> None:
        owner, member = self.visitors[self.producer.id], self.visitors[self.consumer.id]
        offer = reverse("offer", args=[self.producer.id, self.image.pk])
        page = owner.page(reverse("image", args=[self.producer.id, self.image.pk]))
        owner.send(page.one(f"form[action={offer}]"), tenant_ids=self.consumer.id)
        inbox = member.page(reverse("inbox", args=[self.consumer.id]))
        assert inbox.texts("article h2") == [self.image.name]
        accept = reverse("accept", args=[self.consumer.id])
        member.send(inbox.one("article").one(f"form[action={accept}]"))
        images = member.page(reverse("images", args=[self.consumer.id]))
        assert images.texts("tbody th a") == [self.image.name]

    def by_api(self) -> None:
        self.call(self.producer, "POST", self.members, member=self.consumer.id)
        assert self.listed("?visibility=shared&member_status=pending") == [str(self.image.pk)]
        self.call(self.consumer, "PUT", self.member, status="accepted")
        assert self.listed() == [str(self.image.pk)]
        told = self.call(self.producer, "GET", self.members)["members"]
        found = [(member["member_id"], member["status"]) for member in told]
        assert found == [(self.consumer.id, "accepted")]

    def listed(self, query: str = "") -> list[str]:
        """The IDs of the images that the consumer is told of."""
        images = self.call(self.consumer, "GET", f"{IMAGES}{query}")["images"]
        return [image["id"] for image in images]

    def call(self, side: Party, method: str, path: str, **body: str) -> Any:
        headers = {"X-Auth-Token": self.tokens[side.id], "Content-Type": JSON}
        sent = json.dumps(body).encode() if body else b""
        answer = self.visitors[side.id].ask(method, path, sent, headers)
        assert answer.status in (200, 204), (method, path, answer)
        return json.loads(answer.content or "null")


def test_many_clients_shake_hands_on_two_connections_and_each_sees_its_own(port, pooled):
    pairs = [Pair(number, port) for number in range(PAIRS)]
    most = 0

    with ThreadPoolExecutor(PAIRS) as threads:
        running = [threads.submit(pair.shake_hands) for pair in pairs]
        while wait(running, timeout=0.02).not_done:
            most = max(most, connections_of_others())

    for ended in running:
        ended.result()
    assert most == CONNECTIONS
    assert clients_of(pooled) > 2 * CONNECTIONS


def clients_of(pooled: str) -> int:
    """How many connections the portal has to the pooler."""
    address, _, database = pooled.rpartition("/")
    host = address.partition("@/")[2]
    with psycopg.connect(
        host=host, user="proffer", password="proffer", dbname="pgbouncer", autocommit=True
    ) as console:
        return sum(row[2] == database for row in console.execute("SHOW CLIENTS"))

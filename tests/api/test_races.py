"""Calls that meet: real threads, each on a database connection of its own, ROUNDS times, each through the whole API."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from sharing.models import Event, Image, Membership, Tenant
from tests.api.client import IMAGES, Told, api
from tests.api.refusing import at
from tests.factories import ImageFactory, MembershipFactory
from tests.racing import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 25
CROWD = 4

Rush = Callable[..., list[Told]]


@pytest.fixture
def rush(transactional_db) -> Iterator[Rush]:
    """`rush(*calls)`: makes CROWD calls at the same moment; what each was told."""
    start = Barrier(CROWD)

    def act(call: Callable[[], Told]) -> Told:
        start.wait(PATIENCE)
        with closing(connection):
            return call()

    with ThreadPoolExecutor(CROWD) as pool:
        yield lambda *calls: [
            future.result(PATIENCE) for future in [pool.submit(act, call) for call in calls]
        ]


def add(name):
    return {"op": "add", "path": f"/{name}", "value": "x"}


def statuses(told):
    return sorted(one.status for one in told)


def test_of_concurrent_offers_to_one_tenant_one_is_made_and_withdrawing_it_ends_all(
    rush, producer, consumer
):
    owners, theirs = api(producer), api(consumer)
    for _ in range(ROUNDS):
        image = ImageFactory(owner=producer.tenant)
        members = at(image, "members")

        told = rush(*[partial(owners.post, members, {"member": consumer.id})] * CROWD)

        assert statuses(told) == [200] + [409] * (CROWD - 1)
        assert image.memberships.count() == 1
        assert Event.objects.filter(image_id=image.pk, verb="offered").count() == 1
        assert owners.delete(f"{members}/{consumer.id}").status == 204
        assert theirs.get(at(image)).status == theirs.get(at(image, "file")).status == 404


@pytest.mark.parametrize("quota", [1, 3])
def test_concurrent_offers_never_overrun_the_quota(rush, producer, settings, quota):
    settings.MEMBER_QUOTA = quota
    owners = api(producer)
    for _ in range(ROUNDS):
        image = ImageFactory(owner=producer.tenant)
        members = at(image, "members")

        told = rush(*(partial(owners.post, members, {"member": str(n)}) for n in range(CROWD)))

        assert statuses(told) == [200] * quota + [413] * (CROWD - quota)
        assert image.memberships.count() == quota


def test_concurrent_images_never_overrun_the_quota(rush, producer):
    owners = api(producer)
    for _ in range(ROUNDS):
        Tenant.objects.update(image_quota=Image.objects.count() + 1)

        told = rush(*[partial(owners.post, IMAGES, {})] * CROWD)

        assert statuses(told) == [201] + [413] * (CROWD - 1)


def test_of_concurrent_images_with_one_id_one_is_made(rush, producer, consumer):
    for number in range(1, ROUNDS):
        said = {"id": str(UUID(int=number))}
        make = [partial(api(party).post, IMAGES, said) for party in (producer, consumer)]

        told = rush(*make, *make)

        assert statuses(told) == [201] + [409] * (CROWD - 1)


def test_concurrent_changes_of_one_record_lose_none_of_them(rush, image, producer):
    owners = api(producer)
    for number in range(ROUNDS):
        names = [f"{number}.{n}" for n in range(CROWD)]

        told = rush(
            *(partial(owners.patch, at(image), add(name)) for name in names[:2]),
            *(partial(owners.put, at(image, "tags", name)) for name in names[2:]),
        )

        record = owners.get(at(image)).json
        assert statuses(told) == [200, 200, 204, 204]
        assert all(name in record for name in names[:2])
        assert set(names[2:]) <= set(record["tags"])


def test_an_answer_against_a_withdrawal_is_made_before_it_or_404(rush, image, producer, consumer):
    owners, theirs = api(producer), api(consumer)
    path = at(image, "members", consumer.id)
    for _ in range(ROUNDS):
        MembershipFactory(image=image, member_id=consumer.id)

        *answered, withdrawn = rush(
            *[partial(theirs.put, path, {"status": "accepted"})] * (CROWD - 1),
            partial(owners.delete, path),
        )

        assert set(statuses(answered)) <= {200, 404}
        assert withdrawn.status == 204
        assert not Membership.objects.exists()
        assert theirs.get(at(image)).status == 404


def test_an_accept_against_prune_is_kept_or_404(rush, image, producer, consumer):
    owners, theirs = api(producer), api(consumer)
    path = at(image, "members", consumer.id)
    for _ in range(ROUNDS):
        MembershipFactory(image=image, member_id=consumer.id, status="rejected")

        answered, *pruned = rush(
            partial(theirs.put, path, {"status": "accepted"}),
            *[partial(owners.post, at(image, "actions", "prune"))] * (CROWD - 1),
        )

        gone = sum(len(one.json["pruned"]) for one in pruned)
        assert statuses(pruned) == [200] * (CROWD - 1)
        assert (answered.status, gone) in ((200, 0), (404, 1))
        assert Membership.objects.accepted().count() == 1 - gone
        Membership.objects.all().remove()


def test_of_concurrent_deletes_one_is_204_and_the_others_404(rush, producer):
    owners = api(producer)
    for _ in range(ROUNDS):
        image = ImageFactory(owner=producer.tenant)
        MembershipFactory(image=image)

        told = rush(*[partial(owners.delete, at(image))] * CROWD)

        assert statuses(told) == [204] + [404] * (CROWD - 1)
        assert Event.objects.filter(image_id=image.pk, verb="deleted").count() == 1

"""Random sequences of all verbs by all callers, against the rules in `tests.reference`."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sharing import handshake
from sharing.errors import Refused
from sharing.models import Event, Image, Membership
from sharing.tenancy import Actor, operator
from tests.factories import ImageFactory, TenantFactory
from tests.reference import Reference

OWNER, MEMBER, OTHER, STRANGER, NOBODY = "1001", "1002", "1003", "1004", "9999"
TENANTS = (OWNER, MEMBER, OTHER, STRANGER)
OWNERS = {"one": OWNER, "two": OWNER, "member's": MEMBER}
QUOTA = 2

OPERATOR = operator("operator")


def manager(tenant: str) -> Actor:
    return Actor(f"manager@{tenant}", tenant, "manager")


readers = [Actor(f"reader@{tenant}", tenant, "reader") for tenant in (OWNER, MEMBER)]
# None, most of the time: the one whose act it is. Everybody tries everything, but few may.
callers = st.sampled_from([*[None] * 9, *map(manager, TENANTS), *readers, OPERATOR])
images = st.sampled_from(list(OWNERS))
ids = st.sets(st.sampled_from([MEMBER, OTHER, NOBODY, OWNER, "bad"]), max_size=3)
back = st.sets(st.integers(0, 6), max_size=3)
statuses = st.sampled_from(Membership.Status.values)


def refusal(verb: Callable[[], object]) -> type[Refused] | None:
    try:
        verb()
    except Refused as refused:
        return type(refused)
    return None


class Handshake(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.rolled_back = transaction.atomic()
        self.rolled_back.__enter__()
        self.reference = Reference(OWNERS, QUOTA)
        self.images = {name: ImageFactory(name=name, owner_id=OWNERS[name]) for name in OWNERS}
        # The keys that the reference's numbers have in the database.
        self.keys: list[int] = []
        self.seen: object = None
        for image in ("two", "member's"):
            self.toggle(image, "protected")
        self.toggle("member's", "unconfirmed")

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rolled_back.__exit__(None, None, None)

    def both(self, expected: Callable[[], object], verb: Callable[[], object]) -> None:
        assert refusal(verb) == refusal(expected)

    @rule(image=images, ids=ids, checklist=st.sampled_from([True, False, None]), by=callers)
    def offer(self, image, ids, checklist, by):
        by = by or manager(OWNERS[image])
        self.both(
            lambda: self.reference.offer(image, ids, checklist, by),
            lambda: handshake.offer(self.images[image], ids, checklist=checklist, by=by),
        )
        for name, member in self.reference.offers[len(self.keys) :]:
            row = Membership.objects.get(image=self.images[name], member_id=member)
            self.keys.append(row.pk)

    @initialize()
    def begin(self):
        self.offer("one", {MEMBER, OTHER}, None, None)
        self.offer("two", {OTHER}, None, None)

    @rule(back=back, status=statuses, by=callers)
    def answer(self, back, status, by):
        """The newest offers are 1, 2, 3 ... back; 0 was never made."""
        numbers = {max(len(self.keys) - n, 0) for n in back}
        members = [self.reference.offers[n][1] for n in numbers if n < len(self.keys)]
        by = by or manager(members[0] if members else MEMBER)
        self.both(
            lambda: self.reference.answer(numbers, status, by),
            lambda: handshake.answer([[*self.keys, 10**9][n] for n in numbers], status, by=by),
        )

    @rule(back=st.integers(1, 3), status=statuses)
    def answer_as_its_member(self, back, status):
        self.answer({back}, status, None)

    @rule(image=images, ids=st.none() | ids, by=callers)
    def withdraw(self, image, ids, by):
        by = by or manager(OWNERS[image])
        self.both(
            lambda: self.reference.withdraw(image, ids, by),
            lambda: handshake.withdraw(self.images[image], ids, by=by),
        )

    @rule(image=st.none() | images, owner=st.sampled_from([*[None] * 4, *TENANTS]), by=callers)
    def prune(self, image, owner, by):
        by = by or manager(OWNERS.get(image, OWNER))
        self.both(
            lambda: self.reference.prune(image, owner, by),
            lambda: handshake.prune(image=self.images.get(image), owner_id=owner, by=by),
        )

    @precondition(lambda self: "rejected" in self.reference.status.values())
    @rule(image=st.none() | images)
    def prune_as_an_owner(self, image):
        self.prune(image, None, None)

    @rule(image=images, by=callers)
    def delete(self, image, by):
        by = by or manager(OWNERS[image])
        self.both(
            lambda: self.reference.delete(image, by),
            lambda: handshake.delete_image(self.images[image], by=by),
        )

    @rule(image=images, held=st.booleans(), by=callers)
    def hold(self, image, held, by):
        by = by or OPERATOR
        verb = handshake.hold if held else handshake.release
        self.both(
            lambda: self.reference.hold(image, held, by),
            lambda: verb(self.images[image], by=by),
        )

    @rule(image=images, flag=st.sampled_from(["private", "protected", "unconfirmed"]))
    def toggle(self, image, flag):
        """What its owner sets elsewhere, as by loading the image anew."""
        self.reference.flags[image] ^= {flag}
        on = flag in self.reference.flags[image]
        Image.objects.filter(pk=self.images[image].pk).update(
            **{
                "private": {"visibility": "private" if on else "shared"},
                "protected": {"protected": on},
                "unconfirmed": {"checklist_checksum": "" if on else self.images[image].checksum},
            }[flag]
        )

    @invariant()
    def the_same_stands(self):
        rows = Membership.objects.values_list("image__name", "member_id", "status")
        assert {(image, member): status for image, member, status in rows} == self.reference.status
        flags = {
            image.name: (image.on_hold, image.checklist_stands) for image in Image.objects.all()
        }
        assert flags == {
            image: (
                "held" in self.reference.flags[image],
                "unconfirmed" not in self.reference.flags[image],
            )
            for image in self.reference.images
        }

    @invariant()
    def each_tenant_sees_the_same(self):
        flags = sorted((image, sorted(on)) for image, on in self.reference.flags.items())
        now = sorted(self.reference.images), sorted(self.reference.status.items()), flags
        if now == self.seen:
            return
        self.seen = now
        for tenant in (*TENANTS, NOBODY, ""):
            visible = Image.objects.visible_to(tenant).values_list("name", flat=True)
            own, shared = Image.objects.listed_for(tenant)
            listed = own.values_list("name", flat=True).union(
                shared.values_list("name", flat=True), all=True
            )
            assert sorted(visible) == sorted(
                self.reference.listed_for(tenant, "pending", "accepted")
            )
            assert sorted(listed) == sorted(self.reference.listed_for(tenant, "accepted"))

    @invariant()
    def history_tells_the_same(self):
        told = Event.objects.values_list("verb", "image_name", "member_id", "actor")
        assert Counter(told) == self.reference.events


@pytest.fixture
def quota(settings):
    settings.MEMBER_QUOTA = QUOTA


@pytest.mark.usefixtures("quota")
@pytest.mark.django_db
def test_random_sequences_of_verbs_do_what_the_rules_say():
    for tenant in TENANTS:
        TenantFactory(id=tenant)
    run_state_machine_as_test(
        Handshake,
        settings=settings(
            max_examples=80,
            stateful_step_count=30,
            deadline=None,
            database=None,
            derandomize=True,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )

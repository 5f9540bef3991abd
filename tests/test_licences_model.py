"""Random forests, marks, rules and deletions: each image ends with what its nearest restricted ancestor has."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing import handshake
from sharing.imagedata.licences import MARK, lift_mark, mark, settle
from sharing.imagedata.records import Facts, create_image, register_parent
from sharing.models import Image
from sharing.tenancy import operator
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db
WINDOWS = {"os_type": "windows"}


class Naive:
    """The rules over dicts: the nearest image up the line that is restricted itself. Who lost its parent remembers."""

    def __init__(self) -> None:
        self.own: dict[int, str] = {}
        self.parent: dict[int, int | None] = {}
        self.remembered: dict[int, tuple[str, int] | None] = {}

    def of(self, image: int) -> tuple[str, int] | None:
        if licence := self.own[image]:
            return licence, image
        parent = self.parent[image]
        return self.of(parent) if parent in self.own else self.remembered.get(image)

    def line(self, image: int | None) -> list[int]:
        return [image, *self.line(self.parent[image])] if image in self.own else []

    def set_own(self, image: int, licence: str) -> None:
        released = self.own[image] and not licence
        self.own[image] = licence
        if licence and self.parent[image] not in self.own:
            self.remembered[image] = None
        for other, kept in self.remembered.items():
            if released and kept and kept[1] == image:
                self.remembered[other] = self.of(image)

    def delete(self, image: int) -> None:
        now = self.of(image)
        for child in [child for child in self.own if self.parent[child] == image]:
            self.remembered[child] = None if self.own[child] else now
        del self.own[image]
        self.remembered.pop(image, None)


steps = st.lists(
    st.tuples(
        st.sampled_from(["make", "make", "mark", "lift", "rule", "unrule", "delete", "register"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=30,
)


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(
    max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(steps=steps)
def test_random_sequences_leave_each_image_with_what_its_nearest_restricted_ancestor_has(steps):
    with rolled_back():
        forest = Forest()
        for name, first, second in steps:
            forest.do(name, first, second)
            forest.check()


class Forest:
    """The same done to the naive model and to the images."""

    def __init__(self) -> None:
        self.naive, self.images = Naive(), []
        self.tenant, self.by = TenantFactory(), operator("operator")

    def do(self, name: str, first: int, second: int) -> None:
        alive = sorted(self.naive.own)
        if name == "make":
            return self.make(alive[first % len(alive)] if alive and second % 4 else None)
        if alive:
            chosen, other = alive[first % len(alive)], alive[second % len(alive)]
            getattr(self, name)(chosen, *([other] if name == "register" else []))

    def make(self, parent: int | None) -> None:
        facts = Facts(base_image_ref=None if parent is None else self.images[parent].pk)
        number = len(self.images)
        self.images.append(create_image(facts, owner=self.tenant, by=self.by))
        self.naive.own[number], self.naive.parent[number] = "", parent

    def mark(self, chosen: int) -> None:
        mark(self.images[chosen], by=self.by)
        self.naive.set_own(chosen, MARK)

    def lift(self, chosen: int) -> None:
        lift_mark(self.images[chosen], by=self.by)
        if self.naive.own[chosen] == MARK:
            ruled = Image.objects.get(pk=self.images[chosen].pk).properties
            self.naive.set_own(chosen, "Windows" if ruled else "")

    def rule(self, chosen: int, properties: dict[str, str] = WINDOWS) -> None:
        Image.objects.filter(pk=self.images[chosen].pk).update(properties=properties)
        settle([self.images[chosen]])
        if self.naive.own[chosen] != MARK:
            self.naive.set_own(chosen, "Windows" if properties else "")

    def unrule(self, chosen: int) -> None:
        self.rule(chosen, {})

    def delete(self, chosen: int) -> None:
        handshake.delete_image(self.images[chosen], by=self.by)
        self.naive.delete(chosen)

    def register(self, chosen: int, parent: int) -> None:
        if self.naive.parent[chosen] is None and chosen not in self.naive.line(parent):
            register_parent(self.images[chosen], self.images[parent].pk, by=self.by)
            self.naive.parent[chosen] = parent

    def check(self) -> None:
        rows = Image.objects.in_bulk([image.pk for image in self.images])
        for number in self.naive.own:
            licence, origin = self.naive.of(number) or ("", None)
            row = rows[self.images[number].pk]
            expected = None if origin is None else self.images[origin].pk
            assert (row.restriction, row.restriction_origin) == (licence, expected)

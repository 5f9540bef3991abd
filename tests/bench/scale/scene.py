"""Who acts in a seeded database, on what, and where the middle of each of its lists is."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from tests.bench.api.scene import token_of
from tests.bench.scale.databases import Database, run
from tests.bench.scale.party import Party

TYPICAL, HOTTEST = "typical", "hottest"
# What makes a tenant typical, at every size alike: its images; of its memberships, those accepted, pending, rejected.
IMAGES, ACCEPTED, PENDING, REJECTED, MEMBERS = 8, 3, 2, 1, 5
FIND_TYPICAL = f"""
WITH of_member AS (
    SELECT member_id AS id, count(*) FILTER (WHERE status = 'accepted') AS accepted,
        count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'rejected') AS rejected
    FROM sharing_membership GROUP BY member_id
), of_owner AS (
    SELECT owner_id AS id, count(*) AS images, bool_or(on_hold) AS holds FROM sharing_image GROUP BY owner_id
)
SELECT id FROM of_member JOIN of_owner USING (id)
ORDER BY 3 * abs(images - {IMAGES}) + abs(accepted - {ACCEPTED}) + abs(pending - {PENDING}) + abs(rejected - {REJECTED})
    + 100 * (accepted = 0 OR pending = 0 OR rejected = 0 OR holds)::int, id
LIMIT 1
"""  # noqa: S608
# Members that no seeded tenant ID meets: those have fewer digits.
MEMBERS_FROM = 10**18


@dataclass(frozen=True)
class Side:
    """What is acted on for one kind of tenant. `image` is the owner's, the one with members."""

    label: str
    owner: Party
    consumer: Party
    image: Any
    accepted: Any
    pending: Any

    @property
    def is_hottest(self) -> bool:
        return self.label == HOTTEST

    @property
    def image_page(self) -> str:
        return f"{self.owner.home}images/{self.image.pk}/"


class Scene:
    """One size. Django in this process is on its database within `here`."""

    def __init__(self, database: Database) -> None:
        from django.db import connections
        from django.db.utils import load_backend

        self.database, self.size = database, database.memberships
        settings = deepcopy(connections["default"].settings_dict) | {"NAME": database.name}
        self._connection = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
        self._parties: dict[str, Party] = {}
        self._cursors: dict[str, str] = {}
        self.members = (str(MEMBERS_FROM + number) for number in count())

    @contextmanager
    def here(self) -> Iterator[None]:
        from django.db import connections

        before = connections["default"]
        connections["default"] = self._connection
        try:
            yield
        finally:
            connections["default"] = before

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        landmarks = self.database.landmarks
        [(typical,)] = run(self.database.url, FIND_TYPICAL)
        hot = (landmarks[name]["tenant"] for name in ("hottest_owner", "hottest_consumer"))
        return self._side(TYPICAL, typical, typical), self._side(HOTTEST, *hot)

    def _side(self, label: str, owner_id: str, consumer_id: str) -> Side:
        from sharing.models import Image, Membership

        owner, consumer = self._party(owner_id), self._party(consumer_id)
        mine = Membership.objects.of_member(consumer_id).in_force().select_related("image")
        image = Image.objects.get(pk=self.database.landmarks["hottest_image"]["image"])
        if label == TYPICAL:
            images = Image.objects.owned_by(owner_id).filter(visibility="shared")
            image = min(
                images.filter(status="active", on_hold=False),
                key=lambda one: (abs(one.memberships.count() - MEMBERS), one.pk),
            )
        middle = self.middle
        return Side(label, owner, consumer, image, middle(mine.accepted()), middle(mine.pending()))

    def _party(self, tenant_id: str) -> Party:
        if tenant_id not in self._parties:
            self._parties[tenant_id] = self._signed_in(tenant_id)
        return self._parties[tenant_id]

    def _signed_in(self, tenant_id: str) -> Party:
        """The tenant's manager, who gets a session, a credential and a token of it."""
        from sharing import credentials
        from sharing.models import ApplicationCredential, TenantUser

        holder = TenantUser.objects.select_related("user").get(tenant=tenant_id, role="manager")
        ApplicationCredential.objects.filter(holder=holder).delete()
        made, secret = credentials.create(holder, name="bench", role=holder.role)
        return Party(
            tenant_id, holder.user.email, _session(holder.user), token_of(holder, made), holder.user_id,
            {"id": made.pk.hex, "secret": secret},
        )  # fmt: skip

    @cached_property
    def operator(self) -> Party:
        from sharing.models import User

        user = User.objects.get(email=self.database.landmarks["operator"]["user"])
        return Party("", user.email, _session(user))

    @cached_property
    def group(self) -> int:
        from django.contrib.auth.models import Group

        return Group.objects.get_or_create(name="bench")[0].pk

    def middle(self, rows: Any, *order: str) -> Any:
        """The row in the middle of the list."""
        rows = rows.order_by(*order or ("-pk",))
        return rows[rows.count() // 2]

    def deep(self, rows: Any, *order: str) -> str:
        """What an address has for the page after the middle of the list; nothing where the list is empty."""
        order = order or ("-id",)
        asked = str(rows.order_by(*order).query)
        if asked not in self._cursors:
            row = self.middle(rows, *order) if rows.exists() else None
            values = [getattr(row, one.lstrip("-")) for one in order] if row else []
            self._cursors[asked] = urlencode({"page": cursor(order, values)}) if row else ""
        return self._cursors[asked]

    def beginning(self, rows: Any, lookup: str, text: str, most: int) -> str:
        """The longest beginning of the text by which more than `most` rows are found; at least one character."""
        longest = range(len(text), 1, -1)
        found = (text[:long] for long in longest if rows.filter(**{lookup: text[:long]})[most:][:1])
        return next(found, text[:1])

    def workshop(self, side: Side, number: int = 30) -> list[UUID]:
        """Images of the owner that the bench may do anything to: all there again, and as they were."""
        from sharing.models import Image

        keys = workshop_keys(side.label)[:number]
        there = set(Image.objects.filter(pk__in=keys).values_list("pk", flat=True))
        facts = {
            "owner_id": side.owner.tenant, "name": "bench", "status": "active", "disk_format": "qcow2",
            "container_format": "bare", "size": 2**30, "checksum": "0" * 32, "properties": {"os_distro": "debian"},
            "checklist_confirmed_at": side.image.created_at, "checklist_confirmed_by": side.owner.email,
            "checklist_checksum": "0" * 32,
        }  # fmt: skip
        Image.objects.filter(pk__in=keys).update(**facts, **UNTOUCHED)
        Image.objects.bulk_create(Image(pk=key, **facts) for key in keys if key not in there)
        return keys

    def close(self) -> None:
        """Takes back what the bench made, but history."""
        from django.contrib.auth.models import Group

        from sharing.models import Image, Membership

        keys = [key for label in (TYPICAL, HOTTEST) for key in workshop_keys(label)]
        with self.here():
            Membership.objects.filter(image_id__in=keys).delete()
            Image.objects.filter(pk__in=keys).delete()
            Group.objects.filter(name="bench").delete()
            self._connection.close()


UNTOUCHED = {
    "protected": False, "redistributable": False, "on_hold": False, "licence_marked": False, "restriction": "",
    "restriction_origin": None, "base_image_ref": None, "export_acknowledged_at": None, "export_acknowledged_by": "",
}  # fmt: skip


def workshop_keys(label: str) -> list[UUID]:
    of = 1 if label == HOTTEST else 2
    return [UUID(f"00000000-0000-7000-800{of}-{place:012}") for place in range(30)]


def cursor(order: Sequence[str], values: Iterable[Any]) -> str:
    from sharing.cursors import write_cursor

    return write_cursor(order, False, list(values))


def _session(user: Any) -> str:
    from django.test import Client

    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return str(client.session.session_key)


def set_up(database: Database) -> None:
    """Django in this process, as the portals have it."""
    os.environ.update(database.environment())
    import django

    django.setup()

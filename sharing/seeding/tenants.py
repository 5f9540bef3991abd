"""Tenants, and the people who act for them. A tenant is known by its rank as a consumer: rank 0 is the hottest."""

from collections.abc import Iterator

from sharing.models import TenantUser
from sharing.seeding.plan import Plan
from sharing.seeding.shapes import Scatter
from sharing.seeding.tables import Row

HOTTEST_CONSUMER = 0
OPERATOR = "operator@scale.example"
PLACES = (
    "Halden",
    "Orchard",
    "Riverside",
    "Fieldstone",
    "Northgate",
    "Calder",
    "Linden",
    "Harbour",
)
TRADES = ("Broadcast", "Clinics", "Research", "Foundry", "Logistics", "Games", "Insurance", "Press")


class Tenants:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._least = 10 ** (plan.digits - 1)
        self._ids = Scatter(9 * self._least, plan.seed % 1000, plan.seed)
        # Owners are small and large as consumers; the hottest consumer owns nothing.
        self._owners = Scatter(plan.tenants - 1, plan.tenants // 3, plan.seed)

    def id(self, rank: int) -> str:
        return str(self._least + self._ids.there(rank))

    def owner(self, place: int) -> int:
        """The rank of the owner with the most images (place 0), the next, and so on."""
        return 1 + self._owners.there(place)

    def here(self, rank: int) -> bool:
        """Whether the tenant has joined; owners have."""
        return rank == HOTTEST_CONSUMER or self._owners.back(rank - 1) < self._plan.joined - 1

    def _joined(self) -> Iterator[int]:
        yield HOTTEST_CONSUMER
        for place in range(self._plan.joined - 1):
            yield self.owner(place)

    def tenants(self, since: str) -> Iterator[Row]:
        for number, rank in enumerate(self._joined()):
            tenant_id = self.id(rank)
            name = f"{PLACES[number % 8]} {TRADES[number // 8 % 8]} {number}"
            contact = f"images@{tenant_id}.example" if number % 2 else ""
            note = "Best effort, on working days." if number % 4 == 1 else ""
            yield tenant_id, name, contact, note, None, None, since

    def users(self, since: str, password: str) -> Iterator[Row]:
        """The operator, and each tenant's people in the order of `roles`."""
        yield 1, password, None, 1, "", "", 1, 1, since, OPERATOR
        for number, (_, role, tenant_id) in enumerate(self._people(), 2):
            yield number, password, None, 0, "", "", 0, 1, since, address(role, tenant_id)

    def roles(self) -> Iterator[Row]:
        for number, (_, role, tenant_id) in enumerate(self._people(), 1):
            yield number, number + 1, tenant_id, role

    def _people(self) -> Iterator[tuple[int, str, str]]:
        """A manager for each, and a reader for one in ten."""
        for number, rank in enumerate(self._joined()):
            tenant_id = self.id(rank)
            yield number, TenantUser.Role.MANAGER.value, tenant_id
            if number % 10 == 1:
                yield number, TenantUser.Role.READER.value, tenant_id


def address(role: str, tenant_id: str) -> str:
    return f"{role}@{tenant_id}.example"


def manager(tenant_id: str) -> str:
    return address("manager", tenant_id)

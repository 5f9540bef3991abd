"""The handshake as product.md tells it, over two dicts: no database, no time, nobody else at work."""

from collections import Counter, defaultdict
from collections.abc import Collection

from sharing.errors import (
    ChecklistRequired,
    Gone,
    NotAllowed,
    NotShareable,
    NotVisible,
    Protected,
    QuotaExceeded,
    Refused,
)
from sharing.tenancy import Actor

Pair = tuple[str, str]
VERB = {"pending": "postponed", "accepted": "accepted", "rejected": "rejected"}


def refuse(when: object, error: type[Refused]) -> None:
    if when:
        raise error


class Reference:
    """Each verb does what the real one must do, or raises what it must raise. Offers are known by their number."""

    def __init__(self, owners: dict[str, str], quota: int) -> None:
        self.owners, self.quota = owners, quota
        self.images = set(owners)
        self.flags: dict[str, set[str]] = defaultdict(set)
        self.offers: list[Pair] = []
        self.number: dict[Pair, int] = {}
        self.status: dict[Pair, str] = {}
        self.events: Counter[tuple[str, str, str, str]] = Counter()

    def offer(self, image: str, ids: Collection[str], checklist: bool | None, by: Actor) -> None:
        self._owner_acts(image, by)
        refuse(image not in self.images, Gone)
        refuse(self.flags[image] & {"private", "held"}, NotShareable)
        unconfirmed = "unconfirmed" in self.flags[image]
        refuse(unconfirmed and checklist is False, ChecklistRequired)
        fresh = {m for m in ids if m.isdigit() and m != self.owners[image]} - self.members(image)
        refuse(fresh and len(self.members(image) | fresh) > self.quota, QuotaExceeded)
        if unconfirmed and checklist:
            self.flags[image].remove("unconfirmed")
            self._tell("confirmed", image, "", by)
        for member in sorted(fresh):
            self.number[image, member] = len(self.offers)
            self.offers.append((image, member))
            self.status[image, member] = "pending"
            self._tell("offered", image, member, by)

    def answer(self, numbers: Collection[int], status: str, by: Actor) -> None:
        refuse(by.role == "reader", NotAllowed)
        made = {n for n in numbers if n < len(self.offers)}
        standing = {n for n in made if self.number.get(self.offers[n]) == n}
        mine = {n for n in made if self.offers[n][1] == by.tenant_id or not by.tenant_id}
        theirs = {n for n in standing - mine if self.owners[self.offers[n][0]] == by.tenant_id}
        refuse(theirs, NotAllowed)
        refuse(not mine and by.tenant_id, NotVisible)
        refuse(not mine & standing, Gone)
        for pair in [self.offers[n] for n in mine & standing]:
            if self.status[pair] != status:
                self.status[pair] = status
                self._tell(VERB[status], *pair, by)

    def withdraw(self, image: str, ids: Collection[str] | None, by: Actor) -> None:
        self._owner_acts(image, by)
        chosen = self.members(image) & (self.members(image) if ids is None else set(ids))
        refuse(not chosen, Gone)
        self._end("withdrawn", {(image, member) for member in chosen}, by)

    def prune(self, image: str | None, owner: str | None, by: Actor) -> None:
        refuse(by.role == "reader", NotAllowed)
        if image:
            self._owner_acts(image, by)
        refuse(by.tenant_id and owner not in (None, by.tenant_id), NotAllowed)
        owner = by.tenant_id or owner
        rejected = {pair for pair, status in self.status.items() if status == "rejected"}
        of_image = {pair for pair in rejected if pair[0] == image}
        of_owner = {pair for pair in rejected if not owner or self.owners[pair[0]] == owner}
        self._end("pruned", of_image if image else of_owner, by)

    def delete(self, image: str, by: Actor) -> None:
        self._owner_acts(image, by)
        refuse(image not in self.images, Gone)
        refuse("protected" in self.flags[image], Protected)
        refuse("held" in self.flags[image] and by.tenant_id, Protected)
        if not self.members(image):
            self._tell("deleted", image, "", by)
        self._end("deleted", {(image, member) for member in self.members(image)}, by)
        self.images.remove(image)

    def hold(self, image: str, held: bool, by: Actor) -> None:
        refuse(by.tenant_id, NotAllowed)
        refuse(image not in self.images, Gone)
        if held != ("held" in self.flags[image]):
            self.flags[image] ^= {"held"}
            self._tell("held" if held else "released", image, "", by)

    def members(self, image: str) -> set[str]:
        return {member for of, member in self.status if of == image}

    def listed_for(self, tenant: str, *statuses: str) -> set[str]:
        shared = {of for (of, m), s in self.status.items() if m == tenant and s in statuses}
        shared -= {image for image in shared if "private" in self.flags[image]}
        return shared | {image for image in self.images if self.owners[image] == tenant}

    def _owner_acts(self, image: str, by: Actor) -> None:
        refuse(by.role == "reader" or by.tenant_id not in ("", self.owners[image]), NotAllowed)

    def _end(self, verb: str, pairs: set[Pair], by: Actor) -> None:
        for pair in pairs:
            del self.status[pair], self.number[pair]
            self._tell(verb, *pair, by)

    def _tell(self, verb: str, image: str, member: str, by: Actor) -> None:
        self.events[verb, image, member, by.user] += 1

"""What the pages read, each a statement that is made once: the named queries of the models."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import FETCH_RAISE, Exists, Q, QuerySet

from sharing.cursors import sort_keys
from sharing.models import Event, Image, ImageTag, Membership, Tenant, TenantUser
from sharing.models.copied import has_words
from sharing.models.event import EventQuerySet
from sharing.models.image import ImageQuerySet
from sharing.models.membership import COUNT_CAP, MembershipQuerySet
from sharing.models.prepared import Prepared, by_value
from sharing.models.statements import Count
from sharing.paging import PAGE_SIZE, Listing, Page, beyond, keyset_page
from sharing.searching import Part, Search


@Prepared
def role(user_id: int, tenant_id: str) -> QuerySet[TenantUser]:
    """With the tenant, and whether the user acts for others besides (`has_others`)."""
    of_user = TenantUser.objects.filter(user_id=user_id)
    roles = of_user.filter(tenant_id=tenant_id).select_related("tenant")
    return roles.annotate(has_others=Exists(of_user.exclude(tenant_id=tenant_id)))


@Prepared
def other_tenants(user_id: int, tenant_id: str) -> QuerySet[Tenant]:
    """Those that the user acts for besides this one, as far as a menu shows them."""
    return Tenant.objects.filter(users=user_id).exclude(pk=tenant_id)[:100]


@Prepared
def waiting(tenant_id: str, *, most: int) -> Count[int]:
    """How many offers wait for the tenant's answer."""
    return Count(Membership.objects.of_member(tenant_id).in_force().pending()[:most])


@Listing
def images_of(tenant_id: str, *, show: str) -> tuple[ImageQuerySet, ...]:
    mine, shared = Image.objects.listed_for(tenant_id)
    return {"all": (mine, shared), "mine": (mine,), "shared": (shared,)}[show]


def _images_matching(tenant_id: str, text: str, *, show: str, most: int) -> tuple[Part, ...]:
    """Those of `images_of` whose name or a tag contains the text, which is in lower case."""
    mine = Image.objects.owned_by(tenant_id)
    # Of those accepted it looks at rows that rest, too: to look at each image would cost four times as much.
    shared = Membership.objects.of_member(tenant_id).accepted().listing()
    found = has_words(shared, text) & Q(shared.is_in_force())
    parts = Part(mine, has_words(mine, text), most), Part(shared, found, most, shared.in_force())
    return {"all": parts, "mine": parts[:1], "shared": parts[1:]}[show]


@by_value
def _accepted_image(tenant_id: str, image_id: UUID) -> QuerySet[Membership, tuple[int]]:
    # Planned for whatever tenant, it may go through all of one's memberships in an index that has the image, too.
    rows = Membership.objects.of_member(tenant_id).accepted().in_force()
    return rows.filter(image_id=image_id).values_list("pk")


images_matching = Search(_images_matching, is_visible=_accepted_image.first)


# What the rows of each list show: of a hundred rows, values that nobody looks at cost as much as the query.
OF_IMAGE = (
    "name", "owner", "status", "visibility", "size", "properties", "protected", "on_hold", "created_at",
)  # fmt: skip
OF_MEMBER = ("image", "member_id", "status", "note", "created_at", "answered_at")
OF_LINE = ("image__name", "image__owner", "status")
OF_OFFER = (
    "image__restriction_origin", "image__base_image_ref", "image__owner__contact", "image__owner__support_note",
    *(f"image__{name}" for name in OF_IMAGE),
    *(
        f"image__{name}"
        for name in (
            "disk_format", "min_disk", "min_ram", "checksum", "data", "redistributable", "restriction",
            "checklist_confirmed_at", "checklist_confirmed_by", "checklist_checksum", "export_acknowledged_at",
        )
    ),
    *OF_MEMBER,
)  # fmt: skip


@Prepared
def _image_rows(tenant_id: str, *image_ids: UUID) -> QuerySet[Image]:
    rows = Image.objects.with_counts(tenant_id).filter(pk__in=image_ids)
    return rows.only(*OF_IMAGE).fetch_mode(FETCH_RAISE)


def image_rows(tenant_id: str, keys: Sequence[UUID]) -> dict[UUID, Image]:
    """With the counts of the members of those that are the tenant's own."""
    return {row.pk: row for row in _image_rows(tenant_id, *keys)} if keys else {}


@Prepared
def rejections(tenant_id: str) -> Count[int]:
    """How many members rejected images of the tenant, counted up to COUNT_CAP + 1."""
    return Count(Membership.objects.of_owner(tenant_id).rejected()[: COUNT_CAP + 1])


@Prepared
def visible_image(tenant_id: str, image_id: UUID) -> QuerySet[Image]:
    rows = Image.objects.visible_to(tenant_id).filter(pk=image_id).select_related("owner")
    return rows.fetch_mode(FETCH_RAISE)


@Listing
def members_of(image_id: UUID, *, status: str) -> tuple[MembershipQuerySet]:
    members = Membership.objects.of_image(image_id)
    return (members.filter(status=status) if status else members,)


@by_value
def _member_rows(image_id: UUID, *ids: int) -> QuerySet[Membership]:
    # Named with the image, by which the table may be partitioned.
    rows = Membership.objects.filter(image_id=image_id, pk__in=ids)
    return rows.only(*OF_MEMBER).fetch_mode(FETCH_RAISE)


def member_rows(image_id: UUID, keys: Sequence[int]) -> dict[int, Membership]:
    return {row.pk: row for row in _member_rows(image_id, *keys)} if keys else {}


class Offers(Listing[MembershipQuerySet]):
    """Of each offer, all that its card shows: where keys come first, each image is looked at once more for its row."""

    def rows(
        self, arms: Sequence[MembershipQuerySet], way: Sequence[str], values: Sequence[Any]
    ) -> QuerySet[Membership]:
        [offers] = arms
        rows = offers.filter(beyond(sort_keys(offers, way), values)).order_by(*way)
        return _with_what_cards_show(rows)[: PAGE_SIZE + 1]


@Offers
def _offers_to(tenant_id: str, *, status: str) -> tuple[MembershipQuerySet]:
    return (Membership.objects.of_member(tenant_id).in_force().filter(status=status),)


def offers_page(tenant_id: str, *, status: str, cursor: str) -> tuple[Page, list[Membership]]:
    """A page of the offers made to the tenant, newest first, and its rows with images and their owners."""
    found: dict[int, Membership] = {}

    def fetch(way: Sequence[str], values: Sequence[int]) -> list[tuple[int]]:
        rows = _offers_to.fetch([tenant_id], {"status": status}, way, values)
        found.update({row.pk: row for row in rows})
        return [(row.pk,) for row in rows]

    arms = _offers_to.arms(tenant_id, status=status) if cursor else ()
    page = keyset_page(arms, ("-id",), cursor, fetch=fetch)
    return page, page.in_order(found)


@by_value
def _offer_lines(tenant_id: str, *ids: int) -> QuerySet[Membership]:
    rows = Membership.objects.of_member(tenant_id).in_force().filter(pk__in=ids)
    return rows.select_related("image").only(*OF_LINE).fetch_mode(FETCH_RAISE)


def offer_lines(tenant_id: str, keys: Sequence[int]) -> dict[int, Membership]:
    """What is shown of offers that were answered just now, however many: the names of images, but no owners."""
    return {row.pk: row for row in _offer_lines(tenant_id, *keys)} if keys else {}


@by_value
def _offer_rows(tenant_id: str, *ids: int) -> QuerySet[Membership]:
    rows = Membership.objects.of_member(tenant_id).in_force().filter(pk__in=ids)
    return _with_what_cards_show(rows)


def offer_rows(tenant_id: str, keys: Sequence[int]) -> dict[int, Membership]:
    """With images and their owners."""
    return {row.pk: row for row in _offer_rows(tenant_id, *keys)} if keys else {}


def _with_what_cards_show(offers: MembershipQuerySet) -> MembershipQuerySet:
    return offers.select_related("image__owner").only(*OF_OFFER).fetch_mode(FETCH_RAISE)


@by_value
def _visible_images(tenant_id: str, *image_ids: UUID) -> QuerySet[Image]:
    return Image.objects.visible_to(tenant_id).filter(pk__in=image_ids).only("name")


def visible_images(tenant_id: str, keys: Iterable[UUID]) -> dict[UUID, Image]:
    """Those of the images that the tenant may see."""
    keys = list(keys)
    return {row.pk: row for row in _visible_images(tenant_id, *keys)} if keys else {}


@Listing
def events_of(tenant_id: str, *, verb: str) -> tuple[EventQuerySet, ...]:
    arms = Event.objects.seen_by(tenant_id)
    return tuple(arm.filter(verb=verb) for arm in arms) if verb else arms


@Prepared
def _event_rows(*ids: int) -> QuerySet[Event]:
    return Event.objects.filter(pk__in=ids).fetch_mode(FETCH_RAISE)


def event_rows(keys: Sequence[int]) -> dict[int, Event]:
    return {row.pk: row for row in _event_rows(*keys)} if keys else {}


@Prepared
def _tags(*image_ids: UUID) -> QuerySet[ImageTag, tuple[UUID, str]]:
    tags = ImageTag.objects.filter(image_id__in=image_ids).order_by("name")
    return tags.values_list("image_id", "name")


def tags_of(image_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The tags of each image, in their order."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for image_id, name in _tags(*image_ids) if image_ids else ():
        found[image_id].append(name)
    return found

"""Takes over the images of a cloud's list."""

from itertools import batched
from typing import NamedTuple
from uuid import UUID

import msgspec

from sharing.errors import Gone
from sharing.image_list import Entry, Listed, entries
from sharing.imagedata import licences
from sharing.imagedata.copies import tell_memberships
from sharing.models import Image, ImageTag, Tenant
from sharing.models.copied import words_of
from sharing.transactions import whole

RECORDS_A_STATEMENT = 1000
# Data on its way is data not here yet. A status that is not in this table is that of a dead image.
STATUS_HERE = {
    "active": Image.Status.ACTIVE,
    "deactivated": Image.Status.DEACTIVATED,
    **dict.fromkeys(("queued", "saving", "uploading", "importing"), Image.Status.QUEUED),
}
FROM_CLOUD = (
    *[name for name in Listed.__struct_fields__ if name not in ("id", "tags")],
    "properties",
    "words",
)


class Record(NamedTuple):
    """An entry of the list, and the image that it describes."""

    entry: Entry
    image: Image

    @property
    def tags(self) -> set[str]:
        return set(self.entry.listed.tags)


class Loaded(NamedTuple):
    """How many images of the list were new here, differed, did not, and were left out as killed or deleted."""

    new: int
    changed: int
    unchanged: int
    dead: int


def load_images(data: bytes, owner: Tenant) -> Loaded:
    """Makes the images of the list (JSON) the owner's, and those it has already like the list; all or none.

    Records that the cloud calls killed or deleted have no data to share: they are left out, and an image here stays
    as it is, because ending its memberships is its owner's act. So do images that the list lacks.
    An image keeps what is Proffer's own: memberships, hold, protection, what it was registered as made from, and the
    confirmed checklist (which no longer stands where the checksum changed). One with data in Proffer stays as it is.
    Raises BadInput, naming the record and what is allowed, for a list that cannot be loaded whole: not of the
    form, an ID twice, or an ID that belongs to another tenant here.
    """
    listed = list(entries(data))
    alive = [entry for entry in listed if entry.listed.status in STATUS_HERE]
    new, changed = _compare([Record(entry, _image(entry, owner)) for entry in alive])
    _write(new, changed, owner)
    unchanged = len(alive) - len(new) - len(changed)
    return Loaded(len(new), len(changed), unchanged, dead=len(listed) - len(alive))


def _image(entry: Entry, owner: Tenant) -> Image:
    listed = entry.listed
    values = {
        name: value for name, value in msgspec.structs.asdict(listed).items() if value is not None
    }
    del values["tags"]
    values["status"] = STATUS_HERE[listed.status]
    values["base_image_ref"] = UUID(listed.base_image_ref) if listed.base_image_ref else None
    words = words_of(listed.name or "", listed.tags)
    return Image(owner=owner, properties=entry.properties, words=words, **values)


def _compare(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """Which records are new here, and which differ from what is here."""
    new, changed = [], []
    for batch in batched(records, RECORDS_A_STATEMENT):
        standing = Image.objects.prefetch_related("tags").in_bulk(
            [record.image.pk for record in batch]
        )
        for record in batch:
            _keep_ours(record.image, standing.get(record.image.pk))
            image = standing.get(record.image.pk)
            if image is None:
                new.append(record)
            elif image.owner_id != record.image.owner_id:
                raise record.entry.refused(
                    f"its id is that of an image of tenant {image.owner_id} here"
                )
            elif not image.data and _differs(record, image):
                changed.append(record)
    return new, changed


def _keep_ours(listed: Image, image: Image | None) -> None:
    """What its owner said in the portal stays: what it was made from, and that it is protected."""
    if image is not None:
        listed.base_image_ref = image.base_image_ref or listed.base_image_ref
        listed.protected = image.protected or listed.protected


def _differs(record: Record, image: Image) -> bool:
    if record.tags != {tag.name for tag in image.tags.all()}:
        return True
    return any(getattr(record.image, name) != getattr(image, name) for name in FROM_CLOUD)


@whole
def _write(new: list[Record], changed: list[Record], owner: Tenant) -> None:
    Image.objects.bulk_create([record.image for record in new], batch_size=RECORDS_A_STATEMENT)
    for batch in batched(changed, RECORDS_A_STATEMENT):
        ids = [record.image.pk for record in batch]
        still_owned = (
            Image.objects.select_for_update(no_key=True)
            .owned_by(owner.pk)
            .filter(pk__in=ids, data="")
        )
        if len(still_owned.values_list("pk")) < len(ids):
            raise Gone(
                "Images of the list were deleted or got their data meanwhile. Nothing was loaded: load it again."
            )
        ImageTag.objects.filter(image_id__in=ids).delete()
    # One upsert for many rows; bulk_update's CASE per row and column is slower by far.
    Image.objects.bulk_create(
        [record.image for record in changed],
        batch_size=RECORDS_A_STATEMENT,
        update_conflicts=True,
        update_fields=FROM_CLOUD,
        unique_fields=["id"],
    )
    tags = (
        ImageTag(image=record.image, name=name)
        for record in (*new, *changed)
        for name in record.tags
    )
    ImageTag.objects.bulk_create(tags, batch_size=RECORDS_A_STATEMENT)
    tell_memberships(record.image.pk for record in changed)
    licences.settle(record.image for record in (*new, *changed))

"""Export: taking image data out. Who may, who may not and why, for every door; and the record of each download."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from sharing.errors import Conflict, Gone, NotAllowed
from sharing.history import record, switch
from sharing.imagedata.records import Origin, ancestors, origins
from sharing.models import Event, Image, Membership
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.tenancy import Actor, owner_acts
from sharing.transactions import whole

CONSIDERATIONS = (
    "No software is in it that is not meant to go beyond producer and consumer.",
    "Limits on export still apply to it, wherever it goes.",
)
# Further parts of a file that the same person fetches within this time belong to one download.
ONE_DOWNLOAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether data may be taken out; where not, why, and who can change that. Both are sentences."""

    allowed: bool
    reason: str = ""
    remedy: str = ""
    # All that is missing is the owner's acknowledgement of the considerations.
    acknowledge: bool = False


ALLOWED = Ruling(allowed=True)
OWNERS_ALONE = Ruling(
    False,
    "Its owner has not marked it as redistributable, so only the owner exports it.",
    "The owner can mark it as redistributable.",
)


def ruling(image: Image, *, by: Actor, status: str | None = None) -> Ruling:
    """Whether the actor may take out the image's data.

    `status`: of the actor's membership, where it is a member; `visible_to` has kept strangers and rejected ones away.
    """
    if by.is_operator:
        return _for_operator(image)
    if not may_use(image, by=by, status=status):
        return Ruling(
            False,
            "Only a member that accepted the offer can use the image.",
            "You can accept it in your inbox.",
        )
    return _suspended(image) or _of_parties(image, by) or _without_data(image) or ALLOWED


def may_use(image: Image, *, by: Actor, status: str | None) -> bool:
    """Whether the image is the tenant's to use: its own, or accepted."""
    return image.owner_id == by.tenant_id or status == Membership.Status.ACCEPTED


def permit(image: Image, *, by: Actor, status: str | None = None) -> None:
    """NotAllowed, with reason and remedy, where `ruling` does not allow it."""
    ruled = ruling(image, by=by, status=status)
    if not ruled.allowed:
        raise NotAllowed(f"{ruled.reason} {ruled.remedy}")


def prospect(image: Image, known: Mapping[UUID, Origin] | None = None) -> Ruling:
    """What a member will be allowed once it accepts: for the offer, before it decides. `known`: as `ancestors`."""
    refused = _restricted(image) or _owners_alone(image) or _unconsidered(image, known)
    # A queued image gets its data here; one without data that is active keeps it elsewhere.
    awaits_data = image.status == Image.Status.QUEUED
    return refused or (None if awaits_data else _without_data(image)) or ALLOWED


def prospects(images: Collection[Image]) -> dict[UUID, Ruling]:
    """The prospect of each image, by its key; what they were made from is read for all together."""
    open_ones = [image for image in images if not (_restricted(image) or _owners_alone(image))]
    known = origins(image for image in open_ones if image.export_acknowledged_at is None)
    return {image.pk: prospect(image, known) for image in images}


def _for_operator(image: Image) -> Ruling:
    if not image.restriction:
        return Ruling(
            False,
            "No licence restricts this image: its owner exports it.",
            "Operators export only what nobody else may.",
        )
    return _without_data(image) or ALLOWED


def _suspended(image: Image) -> Ruling | None:
    if image.status == Image.Status.QUEUED:
        return Ruling(False, "This image has no data yet.", "Its owner can import it.")
    if image.on_hold:
        return Ruling(False, "An operator put this image on hold.", "An operator can release it.")
    if image.status == Image.Status.DEACTIVATED:
        return Ruling(
            False, "This image is deactivated.", "Its owner or an operator can reactivate it."
        )
    return None


def _of_parties(image: Image, by: Actor) -> Ruling | None:
    if restricted := _restricted(image):
        return restricted
    if image.owner_id != by.tenant_id:
        return _owners_alone(image) or _unconsidered(image)
    if image.export_acknowledged_at is None and derived_from_shared(image):
        return Ruling(
            False,
            "This image was made from one that was shared to you: two considerations come first.",
            "A manager of your tenant can acknowledge them.",
            acknowledge=True,
        )
    return None


def _restricted(image: Image) -> Ruling | None:
    if not image.restriction:
        return None
    inherited = (
        f", inherited from {image.restriction_origin}" if image.restriction_is_inherited else ""
    )
    return Ruling(
        False,
        f"Restricted by a licence ({image.restriction}{inherited}).",
        "Only an operator can export it.",
    )


def _owners_alone(image: Image) -> Ruling | None:
    return None if image.redistributable else OWNERS_ALONE


def _unconsidered(image: Image, known: Mapping[UUID, Origin] | None = None) -> Ruling | None:
    """For a member of an image that its owner itself made from one that was shared to it."""
    if image.export_acknowledged_at or not derived_from_shared(image, known):
        return None
    return Ruling(
        False,
        "Its owner made it from a shared image, and has not acknowledged the two considerations yet.",
        "The owner can acknowledge them.",
    )


def _without_data(image: Image) -> Ruling | None:
    if image.data:
        return None
    return Ruling(
        False,
        "Its data is in the cloud's image service, not in Proffer.",
        "The owner can import the data as a new image.",
    )


def derived_from_shared(image: Image, known: Mapping[UUID, Origin] | None = None) -> bool:
    """Whether anything that the image was made from is, or may have been, another tenant's."""
    return any(owner_id != image.owner_id for _, owner_id in ancestors(image, known))


@whole
def acknowledge(image: Image, *, by: Actor) -> None:
    """Records that the owner's manager acknowledged CONSIDERATIONS for this image; once is enough, data never changes.

    Refused: not the owner's manager (NotAllowed); no data yet that could be considered (Conflict); gone (Gone).
    """
    owner_acts(image, by=by)
    found = Image.objects.filter(pk=image.pk)
    if found.filter(status=Image.Status.QUEUED).exists():
        raise Conflict("This image has no data yet: there is nothing to acknowledge.")
    if found.filter(export_acknowledged_at=None).update(
        export_acknowledged_at=timezone.now(), export_acknowledged_by=by.user
    ):
        record(Verb.ACKNOWLEDGED, [Touched(None, image.pk, "")], by=by)
    elif not found.exists():
        raise Gone("This image was deleted meanwhile.")


@whole
def set_redistributable(image: Image, redistributable: bool, *, by: Actor) -> bool:
    """The owner lets its members export the data, or no longer. False: it was so already.

    Refused: not the owner's manager or an operator (NotAllowed); gone (Gone).
    """
    owner_acts(image, by=by)
    verb = Verb.OPENED if redistributable else Verb.CLOSED
    return switch(image, verb, by=by, redistributable=redistributable)


@whole
def take_out(image: Image, *, start: int = 0, status: str | None = None, by: Actor) -> None:
    """Records a download, for both sides. To be called before the first byte leaves.

    `start`: the offset in bytes that is asked for. What goes on from one that the same person began within
    ONE_DOWNLOAD is no download of its own.
    Refused: whatever `ruling` refuses (NotAllowed).
    """
    permit(image, by=by, status=status)
    member_id = "" if by.is_operator or image.owner_id == by.tenant_id else by.tenant_id
    if start and _is_going_on(image, member_id, by):
        return
    record(Verb.DOWNLOADED, [Touched(None, image.pk, member_id)], by=by)


def _is_going_on(image: Image, member_id: str, by: Actor) -> bool:
    latest = Event.objects.filter(
        image_id=image.pk, verb=Verb.DOWNLOADED, member_id=member_id, actor=by.user,
        at__gt=timezone.now() - ONE_DOWNLOAD,
    )  # fmt: skip
    return latest.exists()

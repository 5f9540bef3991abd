"""What the owner confirms before the first offer of an image, and what the consumer sees confirmed."""

from django.utils import timezone

from sharing.errors import ChecklistRequired
from sharing.history import record
from sharing.models import Image
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.tenancy import Actor

ITEMS = {
    "no_secrets": "No passwords, keys, source code or personal data are left inside.",
    "may_be_passed_on": "No software is inside that may not be passed on.",
    "trusted": "Nothing untrusted is inside.",
}


def confirm_checklist(image: Image, checklist: bool | None, *, seen: str, by: Actor) -> None:
    """Records that the actor confirmed it for the data the image has now; nothing to do where that was done before.

    `checklist`: False is refused (ChecklistRequired), and so is True where the data is not what the actor saw (by its
    checksum); None leaves it unconfirmed.
    """
    if image.checklist_stands or checklist is None:
        return
    if not checklist or seen != image.checksum:
        raise ChecklistRequired(
            "Checklist: confirm every line before the first offer of this image."
        )
    Image.objects.filter(pk=image.pk).update(
        checklist_confirmed_at=timezone.now(),
        checklist_confirmed_by=by.user,
        checklist_checksum=image.checksum,
    )
    record(Verb.CONFIRMED, [Touched(None, image.pk, "")], by=by, note=image.checksum)

"""What the export panel of an image's page shows: what it was made from, and whether its data may be taken out."""

from typing import Any
from uuid import UUID

from sharing.export_forms import AcknowledgeForm, MadeFromForm
from sharing.imagedata.exports import ruling
from sharing.models import Image
from sharing.tenancy import Actor


def export_context(
    actor: Actor, image: Image, trail: list[Image | UUID], status: str | None = None
) -> dict[str, Any]:
    """`trail`: the image's lineage; `status`: of the actor's membership, where it is a member."""
    seen = {parent.pk: parent for parent in trail if isinstance(parent, Image)}
    origin = image.restriction_origin if image.restriction_is_inherited else None
    return {
        "lineage": trail,
        "ruling": ruling(image, by=actor, status=status),
        "licence_from": origin and seen.get(origin, origin),
        # Made where it is shown.
        "acknowledge_form": AcknowledgeForm,
        "made_from_form": MadeFromForm(),
    }

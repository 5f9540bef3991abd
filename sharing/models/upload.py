from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from sharing.models.image import Image, new_image_id


class UploadQuerySet(models.QuerySet["Upload"]):
    def of_owner(self, tenant_id: str) -> "UploadQuerySet":
        return self.filter(image__owner_id=tenant_id)


class Upload(models.Model):
    """Data on its way to an image: announced with its length, arriving in parts, gone when it is stored or refused.

    What arrived lies in a part file (`sharing.imagedata.store.part_of`), whose length is the offset to go on from.
    """

    id: models.UUIDField[UUID, UUID] = models.UUIDField(
        primary_key=True, default=new_image_id, editable=False
    )
    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="upload")
    length = models.PositiveBigIntegerField(help_text="Bytes.")
    filename = models.CharField(max_length=255, blank=True)
    modified = models.BigIntegerField(
        null=True, help_text="The file's last change, in ms since 1970, as its sender told it."
    )
    begun_by = models.CharField(max_length=254)
    begun_at = models.DateTimeField(default=timezone.now)
    # All bytes are here, and a task verifies and stores them.
    settling = models.BooleanField(default=False)

    objects: ClassVar[UploadQuerySet] = UploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(length__gt=0),
                name="upload_length_positive",
                violation_error_message="An upload has at least one byte.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.filename or 'data'} for {self.image_id}"

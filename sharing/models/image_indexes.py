"""The indexes that serve lists of images; those of a member are on the membership."""

from django.db.models import Index, Q

INDEXES = (
    # The lists of an owner, each in its order; the words stand in them for the search.
    Index(fields=["owner", "-created_at", "-id", "words"], name="image_by_age"),
    Index(fields=["owner", "words", "id"], name="image_by_name"),
    Index(fields=["owner", "size", "id", "words"], name="image_by_size"),
    # A name, of whatever owner: for operators.
    Index(fields=["words"], name="image_words"),
    Index(
        fields=["owner", "-created_at", "-id"],
        name="image_on_hold",
        condition=Q(on_hold=True),
    ),
    # Filters of the API. Images of whatever owner and a rare format are found by the first of its fields.
    Index(fields=["disk_format", "owner", "-created_at", "-id"], name="image_by_format"),
    Index(
        fields=["container_format", "owner", "-created_at", "-id"],
        name="image_by_container",
        condition=~Q(container_format="bare"),
    ),
    Index(
        fields=["owner", "-created_at", "-id"],
        name="image_hidden",
        condition=Q(os_hidden=True),
    ),
    Index(
        fields=["owner", "-created_at", "-id"],
        name="image_protected",
        condition=Q(protected=True),
    ),
    Index(
        fields=["owner", "-created_at", "-id"],
        name="image_private",
        condition=Q(visibility="private"),
    ),
    # What changed since, for who keeps a copy of its list.
    Index(fields=["owner", "updated_at", "id"], name="image_by_change"),
    Index(fields=["owner", "size"], name="image_stored", condition=~Q(data="")),
    Index(
        fields=["restriction_origin"],
        name="image_restricted_by",
        condition=Q(restriction_origin__isnull=False),
    ),
)

"""Copies of the image's facts on the membership, and indexes that serve each list at any size.

At ten million memberships it takes minutes and locks the tables meanwhile: migrate in a maintenance window.
"""

from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, migrations, models, transaction

import sharing.models.copied
import sharing.models.tenant

IMAGES_A_STEP = 2000
SEARCHED = (("image", "name"), ("tenant", "name"), ("user", "email"))


def fill_words(apps: Any, schema_editor: Any) -> None:
    Image = apps.get_model("sharing", "Image")
    last = None
    while True:
        rows = (
            Image.objects.order_by("pk")
            if last is None
            else Image.objects.filter(pk__gt=last).order_by("pk")
        )
        part = list(rows.only("pk", "name").prefetch_related("tags")[:IMAGES_A_STEP])
        if not part:
            return
        for image in part:
            image.words = sharing.models.copied.words_of(
                image.name, [tag.name for tag in image.tags.all()]
            )
        Image.objects.bulk_update(part, ["words"], batch_size=200)
        last = part[-1].pk


def index_properties(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX image_properties ON sharing_image USING gin (properties jsonb_path_ops)"
        )


def forget_properties(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS image_properties")


def search_names(apps: Any, schema_editor: Any) -> None:
    """The operators' search looks for a part of a name or address: by trigrams, where PostgreSQL lets us have them."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            for table, column in SEARCHED:
                schema_editor.execute(
                    f"CREATE INDEX {table}_{column}_trigrams ON sharing_{table}"
                    f" USING gin (upper({column}::text) gin_trgm_ops)"
                )
    except DatabaseError:
        print(
            "  Without the extension pg_trgm the operators' search by a part of a name reads all rows."
        )


def forget_names(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table, column in SEARCHED:
            schema_editor.execute(f"DROP INDEX IF EXISTS {table}_{column}_trigrams")


class Migration(migrations.Migration):
    dependencies = [("sharing", "0004_api")]

    operations = [
        migrations.RemoveIndex(model_name="image", name="image_owner_created"),
        migrations.RemoveIndex(model_name="image", name="image_owner_name"),
        migrations.RemoveIndex(model_name="image", name="image_owner_size"),
        migrations.AddField(
            model_name="image",
            name="words",
            field=sharing.models.copied.WordsField(
                blank=True, default="", editable=False, max_length=1500
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="owner_id",
            field=sharing.models.copied.CopiedCode(
                default="", max_length=64, of="owner_id", verbose_name="owner's tenant ID"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="image_created_at",
            field=sharing.models.copied.CopiedMoment(
                default=datetime(1970, 1, 1, tzinfo=UTC), of="created_at"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="image_size",
            field=sharing.models.copied.CopiedNumber(default=0, of="size"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="image_words",
            field=sharing.models.copied.CopiedCode(default="", max_length=1500, of="words"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="membership",
            name="member_id",
            field=sharing.models.copied.CodeField(
                max_length=64,
                validators=[sharing.models.tenant.validate_tenant_id],
                verbose_name="member's tenant ID",
            ),
        ),
        migrations.RunPython(fill_words, migrations.RunPython.noop),
        migrations.RunSQL(
            "UPDATE sharing_membership SET owner_id = image.owner_id, image_created_at = image.created_at,"
            " image_size = image.size, image_words = image.words"
            " FROM sharing_image AS image WHERE image.id = sharing_membership.image_id",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["owner_id", "verb", "-id"], name="event_of_owner_by_verb"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["member_id", "verb", "-id"], name="event_of_member_by_verb"),
        ),
        migrations.AddIndex(
            model_name="event", index=models.Index(fields=["verb", "-id"], name="event_by_verb")
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=["owner", "-created_at", "-id", "words"], name="image_by_age"
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "words", "id"], name="image_by_name"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "size", "id", "words"], name="image_by_size"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(on_hold=True),
                fields=["owner", "-created_at", "-id"],
                name="image_on_hold",
            ),
        ),
        migrations.AddIndex(
            model_name="imagetag",
            index=models.Index(fields=["name", "image"], name="image_tag_name"),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["owner_id", "status", "-id"], name="membership_of_owner"),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["member_id", "status", "-image_created_at", "-image", "image_words"],
                name="membership_by_age",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(status="accepted"),
                fields=["member_id", "image_words", "image"],
                name="membership_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(status="accepted"),
                fields=["member_id", "image_size", "image", "image_words"],
                name="membership_by_size",
            ),
        ),
        migrations.RunPython(index_properties, forget_properties),
        migrations.RunPython(search_names, forget_names),
    ]

"""Indexes of an owner's images, for what the API filters and sorts by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0006_log_position"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=["disk_format", "owner", "-created_at", "-id"], name="image_by_format"
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("container_format", "bare"), _negated=True),
                fields=["container_format", "owner", "-created_at", "-id"],
                name="image_by_container",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("os_hidden", True)),
                fields=["owner", "-created_at", "-id"],
                name="image_hidden",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("protected", True)),
                fields=["owner", "-created_at", "-id"],
                name="image_protected",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("visibility", "private")),
                fields=["owner", "-created_at", "-id"],
                name="image_private",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "updated_at", "id"], name="image_by_change"),
        ),
    ]

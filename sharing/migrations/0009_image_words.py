"""An index of the names of all images, by which operators find one. Nobody waits while PostgreSQL makes it.

Where it was interrupted, drop the index `image_words` before it is migrated again.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexMeanwhile(AddIndexConcurrently):
    """Concurrently, where the database can do that."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        at = self._for(schema_editor)
        at.database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        at = self._for(schema_editor)
        at.database_backwards(self, app_label, schema_editor, *states)

    @staticmethod
    def _for(schema_editor: Any) -> type[migrations.AddIndex]:
        vendor = schema_editor.connection.vendor
        return AddIndexConcurrently if vendor == "postgresql" else migrations.AddIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sharing", "0008_user_filters")]

    operations = [
        AddIndexMeanwhile(
            model_name="image",
            index=models.Index(fields=["words"], name="image_words"),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0005_copies")]

    operations = [
        migrations.CreateModel(
            name="LogPosition",
            fields=[
                (
                    "who",
                    models.CharField(
                        max_length=254,
                        primary_key=True,
                        serialize=False,
                        verbose_name="tenant ID or e-mail address",
                    ),
                ),
                ("position", models.BigIntegerField()),
            ],
        ),
    ]

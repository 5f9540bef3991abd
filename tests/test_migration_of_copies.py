"""The migration that adds the copies fills them for what is there already."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = [("sharing", "0004_api")], [("sharing", "0005_copies")]


def migrated(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def before():
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrated(BEFORE)
    MigrationExecutor(connection).migrate(leaves)


def test_memberships_that_stood_get_what_their_image_has(before):
    owner = before.get_model("sharing", "Tenant").objects.create(id="4471021", name="Fieldstone")
    image = before.get_model("sharing", "Image").objects.create(owner=owner, name="Débian", size=7)
    for name in ("Gold", "beta"):
        before.get_model("sharing", "ImageTag").objects.create(image=image, name=name)
    before.get_model("sharing", "Membership").objects.create(
        image=image, member_id="5083310", status="accepted", offered_by="x"
    )

    after = migrated(AFTER)

    row = after.get_model("sharing", "Membership").objects.get()
    assert (row.owner_id, row.image_size, row.image_created_at) == ("4471021", 7, image.created_at)
    assert row.image_words == row.image.words == "débian\ngold\nbeta\n"

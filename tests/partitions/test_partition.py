"""`manage.py partition`: the tables in pieces, and everything as it was."""

import re
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from sharing import handshake
from sharing.api import reads
from sharing.errors import AlreadyMember
from sharing.models import Event, Image, Membership
from sharing.models.membership import Touched
from sharing.partitioning import conversion
from tests.command_line import refusal
from tests.command_line import run as command
from tests.conftest import signed_in
from tests.partitions.database import kinds, parts, rows_in, run
from tests.refusals import everything, refused, unchanged
from tests.seeded import definitions

SIZES = ("--partitions", 4, "--event-ids", 50)
MEMBERS = [str(5083310 + number) for number in range(40)]


@pytest.fixture
def offers(image, consumer, producer):
    """Some of each status; the first is the consumer's."""
    handshake.offer(image, MEMBERS, checklist=True, by=producer.by)
    Membership.objects.filter(member_id__in=MEMBERS[10:20]).update(status="rejected")
    Membership.objects.filter(member_id__in=MEMBERS[20:30]).update(status="accepted")
    return list(Membership.objects.order_by("pk"))


WHOLE, DIVIDED = ({"sharing_membership": kind, "sharing_event": kind} for kind in ("r", "p"))


def test_every_row_is_there_and_lies_in_partitions(offers):
    before = everything()
    assert "40  memberships" in command("partition", *SIZES)
    assert everything() == before
    assert kinds() == DIVIDED
    assert parts("sharing_membership") == [f"sharing_membership_{n}" for n in range(4)]
    assert parts("sharing_event") == ["sharing_event_0", "sharing_event_50", "sharing_event_rest"]
    assert sum(map(rows_in, parts("sharing_membership"))) == 40


def test_an_empty_database_is_partitioned_too(own_database):
    command("partition")
    assert len(parts("sharing_membership")) == 16


def test_constraints_and_indexes_are_those_of_the_migrations_but_for_the_key(offers):
    def told() -> set[tuple[str, ...]]:
        ours = ("sharing_membership", "sharing_event")
        return {
            (table, name, text.replace(" ON ONLY ", " ON "))
            for table, name, text in definitions()
            if table in ours
        }

    before = told()
    command("partition", *SIZES)
    gone, come = before - told(), told() - before
    assert {name for _, name, _ in gone} == {"sharing_membership_pkey"} == {n for _, n, _ in come}
    assert all("(id, image_id)" in text for _, _, text in come)
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_columns_indexes_and_rights_that_came_later_come_along(offers):
    run("CREATE ROLE auditor_of_partitions")
    try:
        run("GRANT SELECT ON sharing_membership TO auditor_of_partitions")
        run("ALTER TABLE sharing_membership ADD region varchar(8) NOT NULL DEFAULT 'eu'")
        run("CREATE INDEX by_region ON sharing_membership (region) WHERE status = 'pending'")
        command("partition", *SIZES)
        assert run("SELECT DISTINCT region FROM sharing_membership") == [("eu",)]
        assert "auditor_of_partitions=r" in str(
            run("SELECT relacl FROM pg_class WHERE relname = 'sharing_membership'")
        )
        [(made,)] = run("SELECT pg_get_indexdef('by_region'::regclass)")
        assert "(region) WHERE" in made
    finally:
        run("DROP OWNED BY auditor_of_partitions")
        run("DROP ROLE auditor_of_partitions")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        # PostgreSQL names the partition's own index.
        ({"member_id": MEMBERS[0]}, "image_id_member_id_key"),
        ({"member_id": "1", "status": "perhaps"}, "membership_status_known"),
    ],
)  # fmt: skip
def test_constraints_still_refuse(offers, image, values, name):
    command("partition", *SIZES)
    with unchanged(), pytest.raises(IntegrityError, match=name), transaction.atomic():
        Membership.objects.create(**{"image_id": image.pk, "offered_by": "x", **values})


def test_a_membership_of_no_image_is_refused(offers):
    command("partition", *SIZES)
    rows = Membership.objects.filter(pk=offers[0].pk)
    with (
        unchanged(),
        pytest.raises(IntegrityError, match="fk_sharing_image_id"),
        transaction.atomic(),
    ):
        rows.update(image_id=UUID(int=1))


def test_the_handshake_goes_on(offers, image, producer, consumer):
    command("partition", *SIZES)
    with refused(AlreadyMember):
        handshake.offer_one(image, MEMBERS[0], by=producer.by)
    made = handshake.offer_one(image, "6120047", by=producer.by)
    assert made.pk > offers[-1].pk
    assert Event.objects.order_by("-pk").first().offer_id == made.pk
    for status in ("accepted", "rejected", "pending"):
        answered = handshake.answer([offers[0].pk], status, by=consumer.by)
        assert answered.changed == [Touched(offers[0].pk, image.pk, consumer.id)]
        assert Membership.objects.get(pk=offers[0].pk).status == status
    assert handshake.answer_one(image, "accepted", by=consumer.by).status == "accepted"
    assert len(handshake.withdraw(image, [MEMBERS[1]], by=producer.by)) == 1
    pruned = handshake.prune(image=image, by=producer.by)
    assert {row.member_id for row in pruned} == set(MEMBERS[10:20])
    assert handshake.delete_image(image, by=producer.by) == 30
    assert not Membership.objects.exists()
    assert not Image.objects.exists()


def test_prune_is_one_delete(offers, image, producer, django_assert_num_queries):
    command("partition", *SIZES)
    with django_assert_num_queries(1) as captured:
        Membership.objects.filter(image_id=image.pk).rejected().remove()
    assert captured[0]["sql"].startswith("DELETE")


def test_pages_show_what_they_showed(offers, image, producer, consumer):
    command("partition", *SIZES)
    owner, member = signed_in(producer.manager), signed_in(consumer.manager)
    for client, path, shown in (
        (owner, f"/t/{producer.id}/images/", "Golden Debian"),
        (owner, f"/t/{producer.id}/images/{image.pk}/", MEMBERS[-1]),
        (owner, f"/t/{producer.id}/activity/", MEMBERS[-1]),
        (member, f"/t/{consumer.id}/inbox/", "Golden Debian"),
        (member, f"/t/{consumer.id}/activity/", "Golden Debian"),
    ):
        assert shown in client.get(path).content.decode(), path


def test_a_pair_and_all_of_an_image_lie_in_one_partition(offers, image):
    command("partition", *SIZES)
    for rows in (image.memberships.all(), image.memberships.filter(member_id=MEMBERS[0])):
        assert len(set(re.findall(r"sharing_membership_\d", rows.explain()))) == 1


def test_the_newest_events_are_read_in_order_of_the_partitions_without_a_sort(offers, producer):
    command("partition", *SIZES)
    # The tables are so small that it would rather read them whole.
    run("SET enable_seqscan = off")
    run("SET enable_bitmapscan = off")
    newest = Event.objects.filter(owner_id=producer.id).order_by("-pk")[:3]
    plan = newest.explain()
    assert "Merge" not in plan
    assert "Sort" not in plan
    found = re.findall(r"on sharing_event_(\w+)", plan)
    assert found == ["rest", "50", "0"]


def test_a_statement_that_was_prepared_before_goes_on(offers, image):
    def ask() -> int:
        return len(reads.members(image.pk))

    assert {ask() for _ in range(8)} == {40}
    command("partition", *SIZES)
    assert ask() == 40


def test_undo_makes_both_tables_what_they_were(offers):
    before, rows = definitions(), everything()
    command("partition", *SIZES)
    assert "Whole again" in command("partition", "--undo")
    assert kinds() == WHOLE
    assert definitions() == before
    assert everything() == rows
    assert (
        Membership.objects.create(image=offers[0].image, member_id="1", offered_by="x").pk
        > offers[-1].pk
    )


def test_what_is_partitioned_is_refused_and_so_is_undoing_what_is_not(offers):
    assert "not partitioned" in refusal("partition", "--undo")
    command("partition", *SIZES)
    before = definitions()
    assert "partitioned already" in refusal("partition", "--partitions", 8)
    assert definitions() == before


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--partitions", 1), "--partitions"), (("--partitions", 65), "--partitions"),
        (("--event-ids", 0), "--event-ids"), (("--event-ids", 1), "--event-ids"),
        (("--partitions", "many"), "--partitions"),
    ],
)  # fmt: skip
def test_sizes_that_do_not_work_are_refused(offers, image, producer, options, named):
    handshake.withdraw(image, None, by=producer.by)
    assert Event.objects.count() > 64
    assert named in refusal("partition", *options)
    assert kinds() == WHOLE


def test_what_would_be_lost_is_refused(offers):
    run("CREATE RULE nothing_goes AS ON DELETE TO sharing_event DO INSTEAD NOTHING")
    assert "sharing_event has rules" in refusal("partition", *SIZES)
    assert kinds() == WHOLE


@pytest.mark.parametrize("error", [KeyboardInterrupt, "a unique index without the key"])
def test_what_breaks_off_leaves_all_as_before(offers, monkeypatch, error):
    if error is KeyboardInterrupt:

        def interrupted(name):
            if name == "sharing_event":
                raise KeyboardInterrupt
            return 0

        monkeypatch.setattr(conversion, "_estimate", interrupted)
    else:
        run("CREATE UNIQUE INDEX one_each ON sharing_membership (member_id)")
    before = definitions()
    assert "Nothing was changed." in refusal("partition", *SIZES)
    assert definitions() == before
    assert kinds() == WHOLE


def test_a_dry_run_prints_the_sql_and_changes_nothing(offers):
    before = definitions()
    with unchanged():
        printed = command("partition", *SIZES, "--dry-run")
    assert definitions() == before
    assert kinds() == WHOLE
    with connection.cursor() as cursor:
        cursor.execute(printed)
    assert kinds() == DIVIDED


@pytest.mark.django_db
def test_sqlite_is_refused():
    if connection.vendor == "postgresql":
        pytest.skip("This is about SQLite.")
    with unchanged(), pytest.raises(CommandError, match="Only PostgreSQL"):
        command("partition")

"""`manage.py seedscale` refused, interrupted or failed: the database is what it was."""

import pytest
from django.core.management import CommandError
from django.db import DataError

from sharing.management.commands import seedscale
from sharing.models import Image, Membership, Tenant, User
from sharing.seeding import tables
from sharing.seeding.history import History
from tests.command_line import refusal, run
from tests.factories import TenantFactory, UserFactory
from tests.seeded import IMAGES, SIZES, definitions, no_statistics_left_over  # noqa: F401

# It makes its own transaction, and changes tables in it.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--images", -1, "--memberships", 1000),
            "--images: a whole number from 100 to 100,000,000.",
        ),
        (("--images", 99, "--memberships", 1000), "--images: a whole number from 100"),
        (("--images", 10**9, "--memberships", 1000), "--images: a whole number from 100"),
        (("--images", 100, "--memberships", 0), "--memberships: a whole number from 1,000"),
        (("--images", 100, "--memberships", 10**18), "--memberships: a whole number from 1,000"),
        (("--images", "1e6", "--memberships", 1000), "1e6 is not a whole number"),
        (("--images", "٣٠٠", "--memberships", 1000), "is not a whole number"),
        (("--images", "1" * 5000, "--memberships", 1000), "is not a whole number"),
        (("--images", 100), "required"),
        ((*SIZES, "--tenants", 1), "--tenants: a whole number from 200"),
        ((*SIZES, "--seed", -1), "--seed: a whole number from 0"),
        ((*SIZES, "--until", "2999-01-01"), "--until: a day from 1980-01-01 to today"),
        ((*SIZES, "--until", "tomorrow"), "tomorrow is not a day"),
        (
            (*SIZES, "--json", "/nowhere/file"),
            "--json: /nowhere/file cannot be written: No such file",
        ),
        (
            ("--images", 100, "--memberships", 16_831, "--tenants", 200),
            "--memberships: at most 16,830, as many pairs as 85 images that can be offered make with 198 tenants",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(arguments, sentence):
    assert sentence in refusal("seedscale", *arguments)
    assert not Tenant.objects.exists()


def test_as_many_memberships_as_there_are_pairs_can_be_made():
    run("seedscale", "--images", 100, "--memberships", 16_830, "--tenants", 200)
    assert Membership.objects.count() == 16_830


def test_few_memberships_of_many_images_can_be_made():
    run("seedscale", "--images", 5000, "--memberships", 1000)
    assert Membership.objects.count() == 1000


def test_another_clouds_tenant_ids_are_refused(settings):
    settings.TENANT_ID_PATTERN = "[0-9a-f]{32}"
    assert "TENANT_ID_PATTERN" in refusal("seedscale", *SIZES)


@pytest.mark.parametrize("factory", [TenantFactory, UserFactory])
def test_a_database_that_has_rows_is_refused(factory):
    factory()
    assert "already: only an empty, migrated database is filled" in refusal("seedscale", *SIZES)


def test_a_database_that_is_not_migrated_is_refused(monkeypatch):
    monkeypatch.setattr("sharing.seeding.seed.MigrationExecutor.migration_plan", lambda *_: ["one"])
    assert "run migrate first" in refusal("seedscale", *SIZES)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("no space left"), "The database refused: no space left. Nothing was kept"),
        (KeyboardInterrupt(), "Interrupted. Nothing was kept"),
    ],
)
@pytest.mark.parametrize("place", ["rows", "indexes"])
def test_a_failure_in_the_middle_leaves_the_database_as_it_was(monkeypatch, error, sentence, place):
    def broken(*args):
        raise error

    def rows_then_broken(self):
        yield from (row for row, _ in zip(whole(self), range(2500), strict=False))
        broken()

    whole = History.rows
    if place == "rows":
        monkeypatch.setattr(History, "rows", rows_then_broken)
    else:
        monkeypatch.setattr(tables, "set_sequences", broken)
    before = definitions()

    assert sentence in refusal("seedscale", *SIZES)

    assert not User.objects.exists()
    assert definitions() == before
    monkeypatch.undo()
    run("seedscale", *SIZES)


def test_rows_that_no_constraint_allows_are_refused_by_the_database(monkeypatch):
    twice = ((1, "7" * 32, "golden"),)
    monkeypatch.setattr("sharing.seeding.images.Images.tags", lambda self: iter(twice))
    assert "Nothing was" in refusal("seedscale", *SIZES)
    assert not User.objects.exists()


def test_what_is_missing_where_only_the_statistics_fail_is_told(monkeypatch, tmp_path):
    def broken(*args):
        raise DataError("out of memory")

    monkeypatch.setattr(seedscale, "tidy", broken)
    file = tmp_path / "scale.json"
    with pytest.raises(CommandError, match="All rows are there"):
        run("seedscale", *SIZES, "--json", file)
    assert Image.objects.count() == IMAGES
    assert "password" in file.read_text()


def test_a_refusal_leaves_no_file(tmp_path):
    TenantFactory()
    file = tmp_path / "scale.json"
    refusal("seedscale", *SIZES, "--json", file)
    assert not file.exists()

    file.write_text("of before")
    refusal("seedscale", *SIZES, "--json", file)
    assert file.read_text() == "of before"

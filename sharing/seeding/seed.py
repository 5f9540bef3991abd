"""Fills an empty database."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from sharing.errors import Conflict
from sharing.management.progress import Progress
from sharing.models import Event, Image, ImageTag, Membership, Tenant, TenantUser, User
from sharing.seeding import tables
from sharing.seeding.history import History
from sharing.seeding.images import Images, stamp
from sharing.seeding.offers import Offers
from sharing.seeding.plan import Plan
from sharing.seeding.tables import Table
from sharing.seeding.tenants import Tenants

type Watch = Callable[[str, int], AbstractContextManager[Progress]]
INDEXES = "indexes"


def seed(plan: Plan, password: str, watch: Watch) -> dict[str, int]:
    """Fills the database; everybody in it signs in with the password. Returns how many rows each table has.

    All or nothing: in one transaction. Refused (Conflict): a database that is not migrated, or not empty.
    `watch`: shows how far a label of so many rows is; an estimate for some.
    """
    _must_be_migrated()
    filled = _tables(plan, password)
    written = {}
    with transaction.atomic():
        tables.lock(filled)
        _must_be_empty()
        indexes = tables.set_indexes_aside(filled)
        for table in filled:
            label = str(table.model._meta.verbose_name_plural)
            with watch(label, _estimate(plan, table)) as progress:
                written[label] = tables.fill(table, progress.advance)
        with watch(INDEXES, len(indexes)) as progress:
            tables.make_again(indexes, progress.advance)
        tables.set_sequences(filled)
    return written


def tidy(plan: Plan) -> None:
    """Once it is filled: what the planner goes by."""
    tables.tidy(_tables(plan, ""))


def _must_be_migrated() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Conflict("This database is not migrated: run migrate first. Nothing was changed.")


def _must_be_empty() -> None:
    for model in apps.get_app_config("sharing").get_models():
        if model._default_manager.exists():
            raise Conflict(
                f"This database has {model._meta.verbose_name_plural} already: only an empty, migrated database is"
                " filled. Nothing was changed."
            )


def _tables(plan: Plan, password: str) -> list[Table]:
    tenants = Tenants(plan)
    images = Images(plan, tenants)
    offers = Offers(plan, tenants, images)
    since, secret = stamp(plan.begin), make_password(password)
    return [
        Table(Tenant, TENANT, lambda: tenants.tenants(since)),
        Table(User, USER, lambda: tenants.users(since, secret)),
        Table(TenantUser, "id, user_id, tenant_id, role", tenants.roles),
        Table(Image, IMAGE, images.rows),
        Table(ImageTag, "id, image_id, name", images.tags),
        Table(Membership, MEMBERSHIP, offers.rows),
        Table(Event, EVENT, History(images, offers).rows),
    ]


def _estimate(plan: Plan, table: Table) -> int:
    people = plan.joined * 11 // 10
    rows: dict[type[models.Model], int] = {
        Tenant: plan.joined, User: people, TenantUser: people, Image: plan.images, ImageTag: plan.images // 2,
        Membership: plan.memberships, Event: plan.memberships * 16 // 10 + plan.images * 28 // 10,
    }  # fmt: skip
    return rows[table.model]


TENANT = "id, name, contact, support_note, byte_quota, image_quota, created_at"
USER = "id, password, last_login, is_superuser, first_name, last_name, is_staff, is_active, date_joined, email"
IMAGE = """id, owner_id, name, words, status, visibility, disk_format, container_format, size, virtual_size, checksum,
    os_hash_algo, os_hash_value, min_disk, min_ram, protected, os_hidden, base_image_ref, properties, created_at,
    updated_at, on_hold, checklist_confirmed_at, checklist_confirmed_by, checklist_checksum, data, redistributable,
    licence_marked, restriction, restriction_origin, export_acknowledged_at, export_acknowledged_by"""
MEMBERSHIP = """id, image_id, owner_id, image_created_at, image_size, image_words, member_id, status, note,
    offered_by, created_at, answered_by, answered_at"""
EVENT = """id, at, verb, image_id, image_name, owner_id, member_id, offer_id, actor, actor_tenant_id, note"""

"""Rows that are read in a shorter way are what Django would have made of them."""

import pytest
from django.db.models import FETCH_RAISE
from django.db.models.base import Model
from django.db.models.query_utils import DeferredAttribute

from sharing.models import Event, Image, ImageTag, Membership, Tenant, TenantUser, User
from sharing.models.stored import Stored
from tests.factories import ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db
# Made where they are asked for.
LAZY = {"peers", "fields_cache"}


@pytest.fixture
def rows(producer, consumer):
    image = ImageFactory(owner=producer.tenant)
    ImageTag.objects.create(image=image, name="lts")
    MembershipFactory(image=image, member_id=consumer.id)
    Event.objects.create(
        verb="offered", image_id=image.pk, owner_id=producer.id, member_id=consumer.id
    )


def state(row):
    return {name: value for name, value in vars(row).items() if name != "_state"} | {
        f"state {name}": value for name, value in vars(row._state).items() if name not in LAZY
    }


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("model", [Event, Image, ImageTag, Membership, Tenant, TenantUser, User])
@pytest.mark.parametrize("narrowed", [False, True])
def test_a_row_is_as_django_makes_it(model, narrowed, monkeypatch):
    queryset = model.objects.order_by("pk").fetch_mode(FETCH_RAISE)
    queryset = queryset.only("pk") if narrowed else queryset
    ours = queryset.first()
    monkeypatch.delattr(Stored, "from_db")

    assert state(ours) == state(queryset.all().first())
    assert ours == queryset.all().first()


@pytest.mark.usefixtures("rows")
def test_what_was_not_read_is_read_where_it_is_asked_for():
    image = Image.objects.only("name").get()

    assert image.get_deferred_fields() >= {"size", "words"}
    assert image.size == Image.objects.get().size


def test_no_column_of_them_needs_more_than_its_value():
    for model in Stored.__subclasses__():
        for field in model._meta.concrete_fields:
            assert issubclass(field.descriptor_class, DeferredAttribute)
        assert model.__init__ is Model.__init__

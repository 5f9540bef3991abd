"""Parameters of the image list that are refused: by their name, and with nothing changed."""

from uuid import uuid4

import pytest

from tests.api.client import IMAGES, api
from tests.api.listed import ask
from tests.factories import ImageFactory, tag
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db

BAD = [
    ("protected", "yes"), ("protected", ""), ("protected", "2"), ("os_hidden", "maybe"), ("os_hidden", ""),
    ("size_min", "-1"), ("size_min", "x"), ("size_min", ""), ("size_max", "1.0"), ("size_max", str(2**63)),
    ("size_max", "9" * 5000), ("size_min", "٣"), ("min_disk", "x"), ("min_ram", "-5"), ("id", "x"), ("id", ""),
    ("id", "in:x,y"), ("status", "ACTIVE"), ("status", ""), ("status", "in:active,x"),
    ("status", "active,queued"), ("name", 'in:"a'), ("name", 'in:"a"b'), ("disk_format", 'in:"'),
    ("created_at", ""), ("created_at", "x"), ("created_at", "gt:"), ("created_at", "gt:x"), ("created_at", "12:00"),
    ("created_at", "after:2026-05-03T12:00:00Z"), ("created_at", "gt:2026-13-03T12:00:00Z"),
    ("created_at", "gt:0001-01-01T00:00:00+14:00"), ("updated_at", "lte:9999-12-31T23:59:59Z"),
    ("updated_at", "9999-12-31T23:59:59-14:00"), ("updated_at", "in:2026-05-03T12:00:00Z"),
    ("base_image_ref", "x"), ("redistributable", "yes"), ("export_acknowledged", "yes"),
    ("name", "\0"), ("tag", "\0"), ("os_distro", "\0"), ("owner", "\0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda text: text[:30])
def test_a_value_that_is_none_is_refused_and_the_parameter_named(producer, name, value):
    with unchanged():
        told = ask(api(producer), **{name: value})
    assert (told.status, told.json["code"]) == (400, "400 Bad Request")
    assert told.json["message"].startswith(f"{name}: ") or "\0" in value


@pytest.mark.parametrize("name", ["tag", "os_distro{}", "x"])
@pytest.mark.parametrize("count", [101, 1050, 5000])
def test_more_filters_than_a_database_takes_are_refused(producer, name, count):
    query = "&".join(f"{name.format(n)}=x" for n in range(count))
    told = api(producer).get(f"{IMAGES}?{query}")
    assert (told.status, told.json["code"]) == (400, "400 Bad Request")


@pytest.mark.parametrize("name", ["name", "disk_format", "status", "id"])
def test_more_values_than_a_database_takes_are_refused(producer, name):
    value = {"status": "active", "id": str(uuid4())}.get(name, "x")
    told = ask(api(producer), **{name: f"in:{','.join([value] * 20_000)}"})
    assert (told.status, told.json["message"].partition(":")[0]) == (400, name)
    assert ask(api(producer), **{name: f"in:{','.join([value] * 1000)}"}).status == 200


@pytest.mark.parametrize(("more", "few"), [((), 1), ((), 50), (("id",), 50)])
def test_as_many_values_as_are_allowed_are_taken_at_once(consumer, more, few, monkeypatch):
    # Where fewer images have a tag, these are asked for instead of a bounded look at the list.
    monkeypatch.setattr("sharing.api.filters.FEW", few)
    tag(ImageFactory(), *(f"t{number}" for number in range(100)))
    several = {name: map(str, range(1000)) for name in ("name", "disk_format", "container_format")}
    several |= {name: (str(uuid4()) for _ in range(1000)) for name in more}
    query = [f"{name}=in:{','.join(values)}" for name, values in several.items()]
    query += [f"tag=t{number}" for number in range(99 - len(query))] + ["member_status=all"]
    told = api(consumer).get(f"{IMAGES}?{'&'.join(query)}")
    assert (told.status, told.json["images"]) == (200, [])

"""Bodies that no client sends. A 4xx in the JSON of its service; nothing changes."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.api.calls import BODY_MAX
from sharing.models import Image
from tests.api.client import PATCH, api
from tests.api.table import TYPES, WITH_BODY, Table, assert_is_error, assert_is_no_fault
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(producer, consumer):
    return Table(producer, consumer)


NESTED = 50_000
BODIES = {
    "huge": (b'{"x": "' + b"x" * BODY_MAX + b'"}', 413),
    "one byte too many": (b'"' + b"x" * (BODY_MAX - 1) + b'"', 413),
    "nothing": (b"", 400),
    "spaces": (b"  \n ", 400),
    "junk": (bytes(range(256)) * 4, 400),
    "not UTF-8": (b'{"\xff": "\xfe"}', 400),
    "UTF-16": (json.dumps({"name": "x"}).encode("utf-16"), 400),
    "with a mark of its order": (b'\xef\xbb\xbf{"name": 1}', 400),
    "cut off": (b'{"name": "x', 400),
    "two values": (b"{} {}", 400),
    "nested lists": (b"[" * NESTED + b"]" * NESTED, 400),
    "nested objects": (b'{"status":' * NESTED + b"1" + b"}" * NESTED, 400),
    "nested, never closed": (b'[{"value":' * NESTED, 400),
    "null": (b"null", 400),
    "true": (b"true", 400),
    "a number": (b"5", 400),
    "a number beyond 64 bits": (b"9" * 400, 400),
    "a number beyond all bits": (b"9" * 100_000, 400),
    "a number beyond floats": (b"1e999999", 400),
    "NaN": (b"NaN", 400),
    "a text": (b'"x"', 400),
    "half a surrogate pair": (b'"\\ud800"', 400),
    "lists in lists": (b"[[]]", 400),
    "numbers in a list": (b"[1, 2]", 400),
    "objects without keys in a list": (b"[{}]", 400),
    "an unknown key in a list": (b'[{"op": "add", "path": "/name", "value": "x", "why": 1}]', 400),
}  # fmt: skip


@pytest.mark.parametrize("call", WITH_BODY)
@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_none_is_refused(table, call, what):
    body, status = BODIES[what]
    with unchanged():
        told = table.make(call, body, content_type=TYPES[call])
    assert_is_error(told, table.path(call), status)


FIELDS = {
    "POST /image/v2/images": (
        '{"name": %s}', '{"min_disk": %s}', '{"tags": %s}', '{"tags": [%s]}', '{"protected": %s}', '{"id": %s}',
        '{"visibility": %s}', '{"disk_format": %s}', '{"x": %s}', '{"base_image_ref": %s}', '{"redistributable": %s}',
    ),
    "PATCH /image/v2/images/{image_id}": (
        '{"op": "add", "path": "/name", "value": %s}', '{"op": "add", "path": "/min_ram", "value": %s}',
        '{"op": "add", "path": "/tags", "value": %s}', '{"op": "add", "path": "/x", "value": %s}',
        '{"op": "add", "path": "/base_image_ref", "value": %s}', '{"op": "add", "path": "/visibility", "value": %s}',
        '{"op": %s, "path": "/name", "value": "x"}', '{"op": "add", "path": %s, "value": "x"}',
    ),
    "POST /image/v2/images/{image_id}/members": (
        '{"member": %s}', '{"member": "1", "note": %s}', '{"member": "1", "checklist": %s}', '{"member": "1", "x": %s}',
    ),
    "PUT /image/v2/images/{image_id}/members/{member_id}": ('{"status": %s}', '{"status": "accepted", "x": %s}'),
    "POST /identity/v3/auth/tokens": ('{"auth": %s}', '{"auth": {"identity": %s}}', '{"auth": {}, "x": %s}'),
}  # fmt: skip
VALUES = (
    "-1", "9999999999999999999999", "1.5", "1e400", "{}", '{"a": [1]}', "[[1]]", '["\\u0000"]',
    '"\\u0000"', '"\\ud800"',
    '"\\udc00\\ud800"', '"x\\u0000y"', "-0.0", "1" * 5000,
)  # fmt: skip


def test_every_call_with_a_body_has_its_fields_below():
    assert set(FIELDS) == set(WITH_BODY)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:20])
@pytest.mark.parametrize("call", FIELDS)
def test_a_value_that_no_field_can_have_is_refused(table, call, value):
    with unchanged():
        for form in FIELDS[call]:
            body = form % value
            raw = (f"[{body}]" if TYPES[call] == PATCH else body).encode()
            told = table.make(call, raw, content_type=TYPES[call])
            assert_is_error(told, table.path(call), 400)


@pytest.mark.parametrize("call", WITH_BODY)
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "json",
     "application/openstack-images-v2.0-json-patch", "application/octet-stream", "application/json-patch+json"],
)  # fmt: skip
def test_a_body_of_another_type_is_refused(table, call, content_type):
    with unchanged():
        told = table.make(call, b"{}", content_type=content_type)
    assert_is_error(told, table.path(call), 415)
    assert TYPES[call] in told.message


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=x"],
)
def test_a_charset_that_is_claimed_changes_nothing(producer, content_type):
    told = api(producer).post("/image/v2/images", {"name": "é"}, content_type=content_type)
    assert (told.status, told.json["name"]) == (201, "é")


class TestDuplicateKeys:
    """The last one counts, for what is checked and for what is kept."""

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ('{"owner": "5083310", "owner": "4471021"}', 201), ('{"owner": "4471021", "owner": "5083310"}', 403),
            ('{"visibility": "shared", "visibility": "public"}', 403), ('{"name": "a", "name": 5}', 400),
        ],
    )  # fmt: skip
    def test_of_an_image(self, producer, body, status):
        told = api(producer).post("/image/v2/images", body.encode())
        assert told.status == status
        assert set(Image.objects.values_list("owner_id", flat=True)) <= {producer.id}

    def test_of_a_member_and_of_an_answer(self, table):
        offer, answer = (call for call in WITH_BODY if "/members" in call)
        told = table.make(offer, b'{"member": "5083310", "member": "777"}')
        assert (told.status, told.json["member_id"]) == (200, "777")
        told = table.make(answer, b'{"status": "accepted", "status": "rejected"}')
        assert (told.status, told.json["status"]) == (200, "rejected")


TEXT = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [
        "accepted",
        "add",
        "/name",
        "/tags",
        "/x",
        "raw",
        "shared",
        "4471021",
        "password",
        "token",
        "\0",
        "true",
    ]
)
KEYS = TEXT | st.sampled_from(
    ["member", "status", "note", "name", "tags", "id", "min_disk", "protected", "auth", "identity", "methods", "scope",
     "token", "password", "user", "project", "op", "path", "value", "visibility", "base_image_ref", "checklist"]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | st.floats() | TEXT
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("call", WITH_BODY)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=ANYTHING | st.binary(max_size=60) | st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_whatever_the_body_is_the_answer_is_no_5xx(table, call, value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    assert_is_no_fault(table.make(call, body, content_type=TYPES[call]), table.path(call))

from uuid import UUID

import pytest

from sharing.image_list import Listed
from sharing.loading import Loaded, load_images
from sharing.models import Image
from sharing.shapes import must_be
from tests.image_lists import ID, NEW, RECORD, as_list, load, refusal

pytestmark = pytest.mark.django_db

WRONG_FIELDS = [
    ("id", ["x", "", 7, None, [], f"{ID}0"]),
    ("status", ["published", "Active", None, 1]),
    ("visibility", ["public", "community", None, "SHARED"]),
    ("name", ["x" * 256, "a\0b", 7, ["x"], {}]),
    ("disk_format", ["x" * 33, "\0", True]),
    ("container_format", ["x" * 33, "\0", True]),
    ("size", [-1, 2**63, 2**70, 1.5, "7", True]),
    ("virtual_size", [-1, 2**63, 1e30, "7"]),
    ("checksum", ["0" * 33, "\0", 7]),
    ("os_hash_algo", ["x" * 65, "\0", 7]),
    ("os_hash_value", ["f" * 129, "\0", 7]),
    ("min_disk", [-1, 2**31, None, "1"]),
    ("min_ram", [-1, 2**31, None, "1"]),
    ("protected", [None, 1, "true"]),
    ("os_hidden", [None, 0, "false"]),
    (
        "created_at",
        ["yesterday", "2026-11-23T10:38:39", "2026-02-30T00:00:00Z", 1764000000, None, ""],
    ),
    ("updated_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]),
    ("base_image_ref", ["x", 7, "5d912aaa"]),
    ("tags", ["web", None, [7], ["x" * 256], ["a\0b"], [""], [None]]),
]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(field, value, id=f"{field}-{n}")
        for field, values in WRONG_FIELDS
        for n, value in enumerate(values)
    ],
)
def test_a_wrong_value_is_refused_naming_the_record_the_field_and_what_is_allowed(
    producer, field, value
):
    first = RECORD | {"id": str(UUID(int=1))}
    sentence = refusal(producer, as_list(first, RECORD | {field: value}))

    assert sentence.startswith("Image 2 (")
    assert sentence.endswith(f": {must_be(Listed, field)}. Nothing was loaded.")
    assert field == "id" or ID in sentence
    assert field == "name" or "“web-01 snapshot”" in sentence


@pytest.mark.parametrize("field", ["id", "status", "created_at", "updated_at"])
def test_a_record_without_what_it_needs_is_refused(producer, field):
    record = {key: value for key, value in RECORD.items() if key != field}

    assert must_be(Listed, field) in refusal(producer, as_list(record))


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("os_distro", 12, "the property os_distro must be text"),
        ("os_distro", ["debian"], "the property os_distro must be text"),
        ("os_distro", "a\0b", "the property os_distro must be text without NUL"),
        ("a\0b", "x", "the name of the property a?b must be text"),
        ("x" * 256, "x", "must be text of at most 255 characters"),
    ],
)
def test_a_custom_property_that_is_no_text_is_refused(producer, name, value, wrong):
    assert wrong in refusal(producer, as_list(RECORD | {name: value}))


@pytest.mark.parametrize("record", [None, 7, "x", [], True])
def test_a_record_that_is_no_object_is_refused_by_its_place(producer, record):
    assert refusal(producer, as_list(RECORD, record)).startswith("Image 2: it must be an object")


def test_a_name_in_a_refusal_can_neither_steer_the_terminal_nor_flood_it(producer):
    sentence = refusal(producer, as_list(RECORD | {"name": "\x1b[2J" + "x" * 500}))

    assert sentence.isprintable()
    assert len(sentence) < 300


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"images",
        b"\xff\xfe{",
        b"\x00",
        b'{"images": [}',
        b'{"images": []',
        b'{"images": []} []',
        b'{"images": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        '{"images": []}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(producer, data):
    assert refusal(producer, data).startswith("This is not JSON: ")


@pytest.mark.parametrize(
    "record", [b'{"id": "\xff"}', b'{"id": "\\ud800 "}', b'{"size": ' + b"9" * 5000 + b"}", b"{,}"]
)
def test_a_record_that_json_cannot_hold_is_refused(producer, record):
    assert refusal(producer, b'{"images": [' + record + b"]}")


@pytest.mark.parametrize(
    "data", [b"[]", b"{}", b"null", b"7", b'{"images": null}', b'{"images": {}}']
)
def test_json_that_is_no_image_list_is_refused(producer, data):
    assert refusal(producer, data).startswith("This is no Image API v2 list")


def test_an_empty_list_and_one_with_a_byte_order_mark_are_lists(producer):
    assert load(producer) == Loaded(0, 0, 0, 0)
    assert load_images(b"\xef\xbb\xbf" + as_list(RECORD), producer.tenant) == NEW


@pytest.mark.parametrize("again", [ID, ID.upper(), ID.replace("-", "")])
def test_an_id_that_is_listed_twice_is_refused_however_it_is_written(producer, again):
    other = RECORD | {"id": str(UUID(int=1))}
    sentence = refusal(producer, as_list(RECORD, other, RECORD | {"id": again, "name": "third"}))

    assert (
        sentence
        == f"Image 3 (id {ID}, “third”): its id is that of image 1 too. Nothing was loaded."
    )


@pytest.mark.parametrize(
    "field",
    ["name", "disk_format", "container_format", "checksum", "os_hash_algo", "os_hash_value"],
)
def test_a_text_may_be_as_long_as_its_column_and_no_longer(producer, field):
    longest = "ü" * Image._meta.get_field(field).max_length

    assert load(producer, RECORD | {field: longest}) == NEW
    assert must_be(Listed, field) in refusal(producer, as_list(RECORD | {field: longest + "x"}))

import io
from uuid import UUID

import pytest

from tests.command_line import refusal, run
from tests.image_lists import RECORD, as_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "images.json"
    path.write_bytes(as_list(RECORD, RECORD | {"id": str(UUID(int=1)), "status": "killed"}))
    return path


def test_the_command_says_how_many_were_new_changed_unchanged_and_dead(producer, file):
    new = "Images of tenant 4471021: 1 new, 0 changed, 0 unchanged, 1 dead and left out.\n"
    assert run("loadimages", "--owner", producer.id, file) == new

    file.write_bytes(as_list(RECORD))
    same = "Images of tenant 4471021: 0 new, 0 changed, 1 unchanged.\n"
    assert run("loadimages", "--owner", producer.id, file) == same


def test_the_command_reads_the_standard_input(producer, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(as_list(RECORD))))

    assert "1 new" in run("loadimages", "--owner", producer.id, "-")


@pytest.mark.parametrize(
    ("owner", "name", "wrong"),
    [
        ("4471021", "missing.json", "No such file"),
        ("4471021", ".", "Is a directory"),
        ("4471021", "x" * 300, "File name too long"),
        ("4471021", "a\0b", "NUL"),
        ("7000000", "images.json", "Add it first: addtenant 7000000 --name NAME"),
        ("nobody", "images.json", "“nobody” is not a valid tenant ID."),
        ("1" * 65, "images.json", "is not a valid tenant ID."),
        ("1\0", "images.json", "NUL"),
        ("", "images.json", "is not a valid tenant ID."),
    ],
)
def test_the_command_refuses_with_a_sentence(producer, file, owner, name, wrong):
    assert wrong in refusal("loadimages", "--owner", owner, f"{file.parent}/{name}")


def test_the_command_tells_what_is_wrong_with_the_list(producer, file):
    file.write_bytes(as_list(RECORD | {"size": -1}))

    sentence = refusal("loadimages", "--owner", producer.id, file)
    assert "size must be a whole number from 0" in sentence

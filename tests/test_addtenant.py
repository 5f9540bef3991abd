import pytest

from sharing.models import Tenant
from tests.command_line import refusal, run

pytestmark = pytest.mark.django_db


def test_addtenant_adds_a_tenant(db):
    told = run(
        "addtenant", "4471021", "--name", "Halden ✓",
        "--contact", "images@halden.example", "--support-note", "Weekdays.",
    )  # fmt: skip

    assert told == "Added tenant 4471021, Halden ✓.\n"
    tenant = Tenant.objects.get(pk="4471021")
    assert (tenant.name, tenant.contact) == ("Halden ✓", "images@halden.example")
    assert tenant.support_note == "Weekdays."


def test_addtenant_leaves_a_tenant_that_exists_as_it_is(producer):
    assert "already exists" in refusal("addtenant", producer.id, "--name", "Another name")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["x", "--name", "A"], "id: “x” is not a valid tenant ID."),
        (["1" * 65, "--name", "A"], "id: "),
        (["", "--name", "A"], "id: "),
        (["1\0", "--name", "A"], "NUL"),
        (["1", "--name", ""], "name: "),
        (["1", "--name", "  "], "name: "),
        (["1", "--name", "x" * 201], "name: "),
        (["1", "--name", "a\0b"], "--name: NUL"),
        (["1", "--name", "a\udcffb"], "--name: a?b is not UTF-8"),
        (["1", "--name", "A", "--contact", "x" * 201], "contact: "),
        (["1", "--name", "A", "--support-note", "x" * 1001], "support-note: "),
    ],
)
def test_addtenant_refuses_what_the_model_could_not_hold(db, arguments, wrong):
    assert wrong in refusal("addtenant", *arguments)

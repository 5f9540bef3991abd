"""An owner learns nothing over the API about whether a tenant exists: every call has the same status, the same body
and the same SQL for one that does and one that does not.
"""

import re

import pytest

from tests.api.client import api
from tests.api.refusing import at
from tests.conftest import party
from tests.factories import ImageFactory, UserFactory
from tests.test_no_discovery import NOBODY, statements

pytestmark = pytest.mark.django_db
OFFER = ("post", "", {"member": "{member}"})
ROW = "/{member}"
# What is done before, and the call that is looked at: method, the end of the address, the body.
CALLS = {
    "offer": ((), OFFER),
    "offer with a note and the checklist": (
        (),
        ("post", "", {"member": "{member}", "note": "As agreed.", "checklist": True}),
    ),
    "offer what stands": ((OFFER,), OFFER),
    "offer with an unknown key": ((), ("post", "", {"member": "{member}", "x": "x"})),
    "show": ((OFFER,), ("get", ROW, None)),
    "show what does not stand": ((), ("get", ROW, None)),
    "list": ((OFFER,), ("get", "", None)),
    "list after it": ((OFFER,), ("get", "?marker={member}", None)),
    "list after what does not stand": ((), ("get", "?marker={member}", None)),
    "answer for it": ((OFFER,), ("put", ROW, {"status": "accepted"})),
    "answer for what does not stand": ((), ("put", ROW, {"status": "accepted"})),
    "withdraw": ((OFFER,), ("delete", ROW, None)),
    "withdraw what does not stand": ((), ("delete", ROW, None)),
}


def filled(body, member_id):
    return body and {
        name: value.format(member=member_id) if isinstance(value, str) else value
        for name, value in body.items()
    }


def follow(producer, member_id, case):
    """What a call tells, and takes, of a new image: without the IDs and times that it is about."""
    image, client = ImageFactory(owner=producer.tenant, checklist_confirmed_at=None), api(producer)
    before, looked_at = CALLS[case]

    def make(call):
        method, end, body = call
        path = at(image, "members") + end.format(member=member_id)
        return getattr(client, method)(path, *([filled(body, member_id)] if body else []))

    for call in before:
        assert make(call).status == 200
    with statements() as sent:
        told = make(looked_at)
    content = told.content.decode().replace(member_id, "{member}").replace(str(image.pk), "{image}")
    content = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "{time}", content)
    return {"status": told.status, "headers": told.headers, "content": content, "sql": sent}


@pytest.fixture
def existing(consumer) -> str:
    assert len(consumer.id) == len(NOBODY)
    UserFactory.create_batch(3)
    return consumer.id


@pytest.mark.parametrize("case", CALLS)
def test_a_tenant_that_exists_and_one_that_does_not_are_the_same(producer, existing, case):
    to_existing, to_nobody = follow(producer, existing, case), follow(producer, NOBODY, case)

    assert to_existing == to_nobody
    assert to_existing["sql"]


@pytest.mark.parametrize("case", CALLS)
def test_no_tenant_and_no_user_is_looked_up_but_those_of_the_token(producer, existing, case):
    [of_token, *others] = follow(producer, existing, case)["sql"]

    assert "sharing_tenantuser" in of_token
    assert not [sql for sql in others if "sharing_tenant" in sql or "sharing_user" in sql]


def test_an_offer_to_nobody_waits_for_whoever_gets_that_id(producer):
    image = ImageFactory(owner=producer.tenant)
    api(producer).post(at(image, "members"), {"member": NOBODY})

    late = party(NOBODY, "Late")

    assert api(late).get(at(image)).status == 200
    assert api(late).put(at(image, "members", NOBODY), {"status": "accepted"}).status == 200

"""The table of the API's calls, as tests make each of them."""

from http import HTTPStatus
from typing import Any

from sharing.api.data import DATA_TYPE
from sharing.api.routes import ROUTES
from tests.api.client import Told, api
from tests.conftest import Party
from tests.factories import ImageFactory, MembershipFactory

CALLS = [route.call for route in ROUTES]
TYPES = {route.call: route.body_type for route in ROUTES}
WITH_BODY = [route.call for route in ROUTES if route.body and route.body_type != DATA_TYPE]
WITH_TOKEN = [route.call for route in ROUTES if route.needs_token]


class Table:
    """Calls at an image that the producer offered to the consumer: its answer by the member, all else by the owner."""

    def __init__(self, producer: Party, consumer: Party) -> None:
        image = ImageFactory(owner=producer.tenant, name="Offered")
        MembershipFactory(image=image, member_id=consumer.id)
        self.owner, self.member = api(producer), api(consumer)
        self.values = {
            "image_id": image.pk, "member_id": consumer.id, "tag": "t", "user_id": producer.manager.pk,
            "project_id": producer.id,
        }  # fmt: skip

    def path(self, call: str, **changed: Any) -> str:
        return call.partition(" ")[2].format(**self.values | changed)

    def make(self, call: str, body: Any = None, query: str = "", **how: Any) -> Told:
        answers = call.startswith("PUT ") and call.endswith("{member_id}")
        asking = self.member if answers else self.owner
        return asking.call(call.partition(" ")[0], self.path(call) + query, body, **how)


def assert_is_error(told: Told, path: str, *statuses: int) -> None:
    """Exactly the error of the service at the path, in a sentence."""
    assert told.status in statuses, told
    title = HTTPStatus(told.status).phrase
    message = told.message
    expected: dict[str, Any] = {
        "message": message,
        "code": f"{told.status} {title}",
        "title": title,
    }
    if path.startswith("/identity"):
        expected = {"error": expected | {"code": told.status}}
    assert told.json == expected
    assert told.headers["Content-Type"] == "application/json"
    assert isinstance(message, str)
    assert message.endswith((".", "!"))
    assert "Traceback" not in message


def assert_is_no_fault(told: Told, path: str) -> None:
    """Whatever it is, it is none of ours; and where it is an error, it is written as one."""
    assert told.status < 500, told
    if told.status >= 400:
        assert_is_error(told, path, told.status)

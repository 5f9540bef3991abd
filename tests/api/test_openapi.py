"""The OpenAPI document: valid, complete, and true of real answers."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from sharing import handshake
from sharing.api.filters import COMPARED
from sharing.api.openapi import document
from sharing.api.parameters import COMPARISONS
from sharing.api.routes import ROUTES
from tests.api.client import IMAGES, Api, api
from tests.factories import ImageFactory
from tests.imported import RAW, queued

pytestmark = pytest.mark.django_db
OPENAPI = "/image/openapi.json"
# What product.md calls otherwise; `project` is Identity v3's word for a tenant, on the wire alone.
OTHER_WORDS = re.compile(
    r"\b(accounts?|orgs?|customers?|publishers?|sharers?|recipients?|guests?|grants?|invit\w+|approved?|declined?|denied|"
    r"unshare|kick|purge|clean up|revoke)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return json.loads(json.dumps(document()))


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in described["paths"].items()
        for method, operation in item.items()
    }


def test_the_document_is_openapi_3_1(described):
    assert described["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(described).validate()


def test_it_has_every_call_and_nothing_else(described):
    assert list(operations(described)) == [route.call for route in ROUTES]


def test_each_operation_has_a_name_of_its_own(described):
    names = [operation["operationId"] for operation in operations(described).values()]

    assert len(set(names)) == len(names)


def test_no_answer_is_an_error_of_the_portal(described):
    for call, operation in operations(described).items():
        assert "500" not in operation["responses"], call


def test_it_is_told_without_a_token(described):
    told = Api().get(OPENAPI)

    assert told.status == 200
    assert told.json == described


def test_its_words_are_those_of_the_product(described):
    def texts(value: Any):
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in (
                    "summary",
                    "description",
                    "title",
                    "operationId",
                    "name",
                ) and isinstance(inner, str):
                    yield inner.replace("_", " ")
                yield from texts(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)

    # A token is revoked, in the words of Identity v3; an image is withdrawn.
    other = [text for text in texts(described) if OTHER_WORDS.search(text)]
    assert [text for text in other if text.lower() not in ("revoke token", "revoke a token")] == []


def test_the_moments_that_it_allows_are_those_that_the_list_compares():
    assert set(COMPARISONS) == set(COMPARED)


class Calls:
    """Calls the API, and holds each answer against the document."""

    def __init__(self, described: dict[str, Any], caller: Api) -> None:
        self.described = described
        self.caller = caller

    def __call__(self, call: str, status: int, body: Any = None, /, **how: Any) -> Any:
        """`how`: variables of the path, `query`, and what Api.call takes."""
        method, path = call.split()
        variables = {name: how.pop(name) for name in re.findall(r"\{(\w+)\}", path)}
        address = path.format(**variables) + how.pop("query", "")
        told = self.caller.call(method, address, body, **how)
        assert told.status == status, told.content
        answer = self.described["paths"][path][method.lower()]["responses"][str(status)]
        for name, header in answer.get("headers", {}).items():
            self.hold(told.headers[name], header["schema"])
        content = answer.get("content")
        if content is None:
            assert told.content == b""
            return None
        assert told.headers["Content-Type"] in content
        if "application/json" not in content:
            return told.content
        self.hold(told.json, content["application/json"]["schema"])
        return told.json

    def hold(self, value: Any, schema: dict[str, Any]) -> None:
        components = {"components": self.described["components"]}
        Draft202012Validator(schema | components).validate(value)


@pytest.fixture
def calls(described, producer) -> Calls:
    return Calls(described, api(producer))


IMAGE = f"{IMAGES}/{{image_id}}"
MEMBER = f"{IMAGE}/members/{{member_id}}"


@pytest.mark.parametrize("call", [route.call for route in ROUTES if route.needs_token])
def test_without_a_token_each_call_answers_as_described(described, call):
    names = ("image_id", "member_id", "tag", "project_id", "user_id")
    variables = {name: "1" for name in names if f"{{{name}}}" in call}

    Calls(described, Api())(call, 401, **variables)


def test_what_the_services_say_of_themselves_is_as_described(calls, producer):
    calls("GET /image", 300)
    calls("GET /image/versions", 200)
    calls("GET /image/v2/schemas/image", 200)
    calls("GET /identity", 300)
    calls("GET /identity/v3", 200)
    calls("GET /identity/v3/auth/catalog", 200)


def test_what_a_caller_knows_of_itself_is_as_described(calls, producer):
    calls("GET /identity/v3/auth/projects", 200)
    calls("GET /identity/v3/projects", 200, query=f"?name={producer.id}")
    calls("GET /identity/v3/projects", 403, query="?name=5083310")
    calls("GET /identity/v3/projects/{project_id}", 200, project_id=producer.id)
    calls("GET /identity/v3/users/{user_id}", 200, user_id=producer.manager.pk)
    calls("GET /identity/v3/auth/tokens", 200, X_Subject_Token=calls.caller.token)
    calls("GET /identity/v3/auth/tokens", 404, X_Subject_Token="none")
    calls("DELETE /identity/v3/auth/tokens", 204, X_Subject_Token=calls.caller.token)


def test_a_new_token_is_as_described(calls):
    method = {"methods": ["token"], "token": {"id": calls.caller.token}}
    calls("POST /identity/v3/auth/tokens", 201, {"auth": {"identity": method}})
    calls("POST /identity/v3/auth/tokens", 400, {"auth": {}})
    calls("POST /identity/v3/auth/tokens", 415, b"{}", content_type="text/plain")


def test_an_image_from_its_making_to_its_end_is_as_described(calls):
    new = {
        "name": "Debian",
        "disk_format": "raw",
        "container_format": "bare",
        "os_distro": "debian",
    }
    image = calls(f"POST {IMAGES}", 201, new)
    one = {"image_id": image["id"]}
    data = {"content_type": "application/octet-stream", **one}
    calls(f"POST {IMAGES}", 409, {"id": image["id"]})
    calls(f"POST {IMAGES}", 403, {"visibility": "public"})
    calls(f"GET {IMAGE}/file", 204, **one)
    calls(f"PUT {IMAGE}/file", 204, RAW, **data)
    calls(f"PUT {IMAGE}/file", 409, RAW, **data)
    calls(f"GET {IMAGE}", 200, **one)
    assert calls(f"GET {IMAGE}/file", 200, **one) == RAW
    assert calls(f"GET {IMAGE}/file", 206, Range="bytes=0-9", **one) == RAW[:10]
    calls(f"GET {IMAGE}/file", 416, Range=f"bytes={len(RAW)}-", **one)
    calls(f"PUT {IMAGE}/tags/{{tag}}", 204, tag="stable", **one)
    calls(f"DELETE {IMAGE}/tags/{{tag}}", 204, tag="stable", **one)
    calls(f"POST {IMAGE}/actions/deactivate", 204, **one)
    calls(f"GET {IMAGE}/file", 403, **one)
    calls(f"POST {IMAGE}/actions/reactivate", 204, **one)
    calls(f"DELETE {IMAGE}", 204, **one)
    calls(f"DELETE {IMAGE}", 404, **one)


def test_a_list_of_images_is_as_described(calls, producer):
    for _ in range(2):
        queued(producer)
    assert "next" in calls(f"GET {IMAGES}", 200, query="?limit=1")
    calls(f"GET {IMAGES}", 200, query="?sort_key=name&sort_dir=asc&os_distro=debian")
    calls(f"GET {IMAGES}", 400, query="?limit=-1")


def test_a_change_of_an_image_is_as_described(calls, producer):
    kind = {"content_type": "application/openstack-images-v2.1-json-patch"}
    one = {"image_id": queued(producer).pk, **kind}
    calls(f"PATCH {IMAGE}", 200, [{"op": "replace", "path": "/name", "value": "Debian 13"}], **one)
    calls(f"PATCH {IMAGE}", 409, [{"op": "remove", "path": "/os_distro"}], **one)
    calls(f"PATCH {IMAGE}", 415, b"[]", image_id=one["image_id"], content_type="text/plain")


def test_the_handshake_is_as_described(calls, described, producer, consumer):
    one = {"image_id": ImageFactory(owner=producer.tenant).pk}
    other = {"member_id": consumer.id, **one}
    member = Calls(described, api(consumer))
    calls(f"POST {IMAGE}/members", 200, {"member": consumer.id}, **one)
    calls(f"POST {IMAGE}/members", 409, {"member": consumer.id}, **one)
    calls(f"POST {IMAGE}/members", 400, {"member": "?"}, **one)
    calls(f"GET {IMAGE}/members", 200, query="?limit=1", **one)
    calls(f"PUT {MEMBER}", 403, {"status": "accepted"}, **other)
    member(f"PUT {MEMBER}", 200, {"status": "rejected"}, **other)
    member(f"DELETE {MEMBER}", 403, **other)
    calls(f"POST {IMAGE}/actions/prune", 200, **one)
    calls(f"GET {MEMBER}", 404, **other)
    calls("POST /image/v2/actions/prune", 200)


def test_a_withdrawal_is_as_described(calls, producer, consumer):
    image = ImageFactory(owner=producer.tenant)
    handshake.offer(image, [consumer.id], by=producer.by)

    calls(f"DELETE {MEMBER}", 204, image_id=image.pk, member_id=consumer.id)


def test_an_empty_marker_is_no_member_of_the_list(calls, producer):
    calls(f"GET {IMAGE}/members", 400, query="?marker=", image_id=queued(producer).pk)

"""What `schemathesis` is told beside the OpenAPI document: which images, tenants and tokens there are.

It loads this module as its hooks, in the clients' environment, so nothing of the portal is imported here. What it
generates of the right form then meets what there is; what its calls destroy is made again after them.
"""

import atexit
import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import schemathesis

from tests.clients.fuzzed_scene import ETAG, PATCH, SCENE, Image, Scene

SPARE_TOKENS = 40

told = json.loads(os.environ["FUZZED"])
CALLER: str = told["caller"]
scene = Scene(told["url"], told["parties"])
for each in SCENE:
    scene.make(each)
answers: defaultdict[str, Counter[int]] = defaultdict(Counter)
atexit.register(lambda: Path(told["answers"]).write_text(json.dumps(answers)))


class Token:
    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        return scene.tokens[CALLER]

    def set(self, case: schemathesis.Case, token: str, context: schemathesis.AuthContext) -> None:
        case.headers["X-Auth-Token"] = token


if told["has_token"]:
    schemathesis.auth()(Token)


PATCHES = [
    [{"op": "replace", "path": "/name", "value": "Debian 13"}],
    [{"op": "add", "path": "/tags", "value": ["stable", "tested"]}],
    [
        {"op": "add", "path": "/os_distro", "value": "debian"},
        {"op": "remove", "path": "/os_distro"},
    ],
    [{"op": "add", "path": "/redistributable", "value": "true"}],
    [{"op": "replace", "path": "/visibility", "value": "private"}],
]
RANGES = ("bytes=0-99", "bytes=-5", "bytes=5-9", "bytes=1000-", "bytes=5000-")
NOBODY = "9999999"
NO_IMAGE = Image(0, owner="").id
# What only the owner of an image does.
OWNERS = {
    "change_image", "delete_image", "add_tag", "remove_tag", "deactivate_image", "reactivate_image", "prune_image",
    "offer_image", "withdraw_image",
}  # fmt: skip


def ids_of(owner: str) -> list[str]:
    known = (SCENE[0].id, SCENE[6].id)
    return [image.id for image in SCENE if image.owner == owner and image.id not in known]


def known(name: str, operation: str) -> list[str]:
    """What a parameter is to be where it is to be of the form; nothing where anything of the form will do.

    The first ones are drawn most.
    """
    tenants = [party[0] for party in scene.parties.values()]
    match name:
        case "image_id" if operation == "upload_data":
            waiting = [one.id for one in SCENE if not one.has_data and one.owner == CALLER]
            return [*waiting, SCENE[0].id]
        case "image_id" if operation == "answer_offer":
            return [*(image.id for image in SCENE if CALLER in image.members), NO_IMAGE]
        case "image_id" if operation in OWNERS:
            return [*ids_of(CALLER), SCENE[0].id, SCENE[6].id, NO_IMAGE]
        case "image_id":
            return [*(image.id for image in SCENE), NO_IMAGE]
        case "member_id" if operation == "answer_offer":
            return [scene.parties[CALLER][0], NOBODY]
        case "member_id" | "project_id":
            return [*tenants, NOBODY]
        case "user_id":
            return [*(str(number) for number in range(1, len(tenants) + 1)), "999"]
        case "X-Subject-Token":
            return [*(scene.new_token(CALLER) for _ in range(SPARE_TOKENS)), "no token"]
        case "tag" if operation == "remove_tag":
            return ["stable", "none such"]
        case "name" if operation == "find_tenant":
            return [*tenants, *scene.parties, "nobody"]
    return []


def bodies() -> dict[str, list[Any]]:
    return {
        "create_token": [scene.sign_in(CALLER)],
        "offer_image": [{"member": party[0]} for party in scene.parties.values()],
        "change_image": PATCHES,
    }


@schemathesis.serializer(PATCH)
def as_json(context: schemathesis.SerializationContext, value: Any) -> bytes:
    return json.dumps(value).encode()


@schemathesis.hook
def map_query(context: schemathesis.HookContext, query: dict[str, Any] | None) -> Any:
    """Both ways to sort at once are refused, and would hide what the other parameters do."""
    if query and "sort" in query:
        return {name: query[name] for name in query if name not in ("sort_key", "sort_dir")}
    return query


@schemathesis.hook
def map_headers(context: schemathesis.HookContext, headers: dict[str, Any] | None) -> Any:
    """Of a header that may be anything, half of the values become ones that mean something."""
    sensible = dict.fromkeys(("If-Match", "If-None-Match", "If-Range"), ("*", ETAG)) | {
        "Range": RANGES
    }
    for name in headers or ():
        values = sensible.get(name, ())
        if values and len(headers[name]) % 2:
            headers[name] = values[len(headers[name]) // 2 % len(values)]
    return headers


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    by_operation = bodies()
    for item in raw_schema["paths"].values():
        for operation in item.values():
            name = operation["operationId"]
            for parameter in operation.get("parameters", []):
                if values := known(parameter["name"], name):
                    parameter["schema"] = {"type": "string", "enum": values}
            if values := by_operation.get(name):
                (content,) = operation["requestBody"]["content"].values()
                content["schema"] = {"anyOf": [{"enum": values}, content["schema"]]}


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response
) -> None:
    operation, method = case.operation, case.method.upper()
    is_described = method == operation.method.upper()
    name = operation.definition.raw["operationId"] if is_described else method
    answers[name][response.status_code] += 1
    changes = is_described and method != "GET" and operation.path.startswith("/image")
    if changes and response.status_code < 300:
        scene.repair(case, response, CALLER)

"""The API's operations as a page, read from the document that describes them to machines."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from sharing.api.openapi import document
from sharing.tenancy import Request, acting_for

METHODS = ("get", "head", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    summary: str
    description: str
    # What each status means here.
    answers: dict[str, str]


@dataclass(frozen=True)
class Subject:
    name: str
    description: str = ""
    operations: list[Operation] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return slugify(self.name)


@require_safe
def api_help(request: Request, tenant_id: str) -> HttpResponse:
    acting_for(request, tenant_id)
    described = document()
    found = subjects(described)
    context = {"subjects": found, "usual": usual(found), "version": described["openapi"]}
    return render(request, "sharing/api_help.html", context)


def subjects(described: dict[str, Any]) -> list[Subject]:
    """The operations below their first tag, in the order in which the document first names each."""
    about = {tag["name"]: tag.get("description", "") for tag in described.get("tags", ())}
    found: dict[str, Subject] = {}
    for tag, operation in _operations(described):
        subject = found.setdefault(tag, Subject(tag.capitalize(), about.get(tag, "")))
        subject.operations.append(operation)
    return list(found.values())


def usual(found: list[Subject]) -> dict[str, str]:
    """What each status means at most operations, by status: said once, so that a row says what is its own."""
    said: dict[str, Counter[str]] = {}
    for subject in found:
        for operation in subject.operations:
            for status, means in operation.answers.items():
                said.setdefault(status, Counter())[means] += 1
    return {status: said[status].most_common(1)[0][0] for status in sorted(said)}


def _operations(described: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, item in described["paths"].items():
        for method in METHODS:
            if told := item.get(method):
                yield (
                    told.get("tags", ["other"])[0],
                    Operation(
                        method=method.upper(),
                        path=path,
                        summary=told.get("summary", ""),
                        description=told.get("description", ""),
                        answers={str(k): v["description"] for k, v in told["responses"].items()},
                    ),
                )

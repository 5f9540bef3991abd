"""What the table of the API says of one call."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http.response import HttpResponseBase

from sharing.api.calls import JSON
from sharing.api.parameters import Parameter

type Handler = Callable[..., HttpResponseBase]


type Parameters = tuple[Parameter, ...]


@dataclass(frozen=True)
class Route:
    """One call: `GET /image/v2/images/{image_id}`, by the name that programs give it.

    `answers`: the type of the body by status; None for none, Bytes for image data. `gives`: the headers of an answer,
    by its status.
    """

    call: str
    name: str
    handler: Handler
    summary: str
    answers: Mapping[int, Any]
    body: Any = None
    body_type: str = JSON
    query: Parameters = ()
    headers: Parameters = ()
    gives: Mapping[int, Parameters] = field(default_factory=dict)
    # Statuses of errors, beside those that follow from the rest (401, 404, 415, ...).
    refuses: tuple[int, ...] = ()
    needs_token: bool = True

    @property
    def method(self) -> str:
        return self.call.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.call.partition(" ")[2]

    @property
    def variables(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)


class Bytes:
    """A body of image data."""

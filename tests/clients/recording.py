"""What the clients exchanged with a real Keystone and Glance, and how it compares with what they exchange here.

`commands` of the file are the recorded CLI commands in order, each with its requests; `exchanges` are the first whole
request and answer of each kind. What differs between two clouds stands there as a placeholder.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.clients.wire import Exchange

FILE = Path(__file__).resolve().parent.parent / "data" / "image-api-exchanges.json"
RECORDING = json.loads(FILE.read_text())
COMMANDS = RECORDING["commands"]
EXCHANGES = {exchange["request"]: exchange for exchange in RECORDING["exchanges"]}

REQUEST = re.compile(r"(?P<line>\S+ \S+ -> (?P<status>\d{3}))(?: (?P<body>.+))?")


class Placeholders:
    """Their meaning here; `{uuid}` has one once the image is created."""

    def __init__(self, **meanings: str) -> None:
        self._meanings = {f"{{{name}}}": meaning for name, meaning in meanings.items()}

    def mean(self, **meanings: str) -> None:
        self._meanings |= {f"{{{name}}}": meaning for name, meaning in meanings.items()}

    def filled(self, text: str) -> str:
        for placeholder, meaning in self._meanings.items():
            text = text.replace(placeholder, meaning)
        return text

    def put_back(self, text: str) -> str:
        for placeholder, meaning in self._meanings.items():
            text = re.sub(rf"(?<!\w){re.escape(meaning)}(?!\w)", placeholder, text)
        return text


def succeeds(requests: Sequence[str]) -> bool:
    """Whether the command ends in success, as its last request tells: those before may be looks for what is not there.

    To delete what is not there is a success for the client. The images that are hidden are the last place where it
    looks for one, and none of the recorded commands finds it there.
    """
    last = REQUEST.fullmatch(requests[-1])
    if last["line"].startswith("DELETE "):
        return int(last["status"]) in (204, 404)
    return int(last["status"]) < 400 and "?os_hidden=True" not in last["line"]


def recorded(requests: Iterable[str]) -> list[str]:
    """The recorded requests, in the form that `told` gives them."""
    found = (REQUEST.fullmatch(request) for request in requests)
    return [_line(request["line"], request["body"]) for request in found]


def told(exchanges: Iterable[Exchange], placeholders: Placeholders) -> list[str]:
    """What passed, as the recording tells it: with the bodies of requests about an image or its members."""
    return [_told(exchange, placeholders) for exchange in exchanges]


def _told(exchange: Exchange, placeholders: Placeholders) -> str:
    line = line_of(exchange, placeholders)
    if "{uuid}" not in line or "json" not in exchange.request_headers.get("content-type", ""):
        return line
    return _line(line, placeholders.put_back(exchange.request_body.decode()))


def line_of(exchange: Exchange, placeholders: Placeholders) -> str:
    # A service at the root of its host, as in the recording, is asked for `/` whatever its address ends with.
    path = re.sub(r"^/(identity|image)(/|(?=\?)|$)", r"{\1}/", exchange.path)
    return placeholders.put_back(f"{exchange.method} {path} -> {exchange.status}")


def _line(line: str, body: str | None) -> str:
    return f"{line} {json.dumps(_in_order(json.loads(body)))}" if body else line


def _in_order(value: Any) -> Any:
    """The client sends tags, changes and keys in an order of chance."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return sorted(map(_in_order, value), key=json.dumps) if isinstance(value, list) else value

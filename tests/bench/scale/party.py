"""Who asks, and the requests that it sends."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.bench.api.scene import request
from tests.serving import TOKEN

BROWSER = (
    f"Cookie: sessionid=%s; csrftoken={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\nAccept-Encoding: gzip\r\n"
)


@dataclass(frozen=True)
class Party:
    """Somebody who is signed in, to the pages and to the API."""

    tenant: str
    email: str
    session: str
    token: str = ""
    user_id: int = 0
    credential: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> str:
        return f"/t/{self.tenant}/"

    def get(self, path: str) -> bytes:
        return self._asked("GET", path)

    def post(self, path: str, htmx: bool = True, **fields: object) -> bytes:
        """What a form sends, by htmx where the page would."""
        body = urlencode(fields, doseq=True)
        head = "Content-Type: application/x-www-form-urlencoded\r\n"
        head += "HX-Request: true\r\n" if htmx else ""
        return self._asked("POST", path, f"{head}Content-Length: {len(body)}\r\n", body)

    def _asked(self, method: str, path: str, head: str = "", body: str = "") -> bytes:
        first = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        return f"{first}{BROWSER % self.session}{head}\r\n{body}".encode()

    def call(self, method: str, path: str, body: Any = None) -> bytes:
        return request(method, path, self.token, body)

"""A browser that visits running portals as a proxy passes its requests on: each to the next host."""

from collections.abc import Mapping
from email.message import Message
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from itertools import cycle
from typing import NamedTuple
from urllib.parse import urlencode

from tests.pages import Part, read
from tests.serving import PATIENCE

NAME = "portal.example"
FORM = "application/x-www-form-urlencoded"
# What README has a portal behind a proxy know.
BEHIND_PROXY = {
    "PROFFER_DEMO": "0",
    "ALLOWED_HOSTS": NAME,
    "BEHIND_TLS_PROXY": "1",
    "TRUSTED_PROXY_COUNT": "1",
}


class Answer(NamedTuple):
    status: int
    headers: Message
    content: bytes


class Visitor:
    """Comes from `address`, and brings the session where it has one already."""

    def __init__(self, *ports: int, session: str = "", address: str = "192.0.2.1") -> None:
        self._ports = cycle(ports)
        self.cookies = {"sessionid": session} if session else {}
        self._told_by_proxy = {
            "Host": NAME,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": address,
            "Referer": f"https://{NAME}/",
        }

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = {}
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", next(self._ports), timeout=PATIENCE)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(
                method, path, body or None, self._told_by_proxy | {"Cookie": cookies, **headers}
            )
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        for told in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: found.value for name, found in SimpleCookie(told).items()}
        return Answer(answer.status, answer.headers, content)

    def page(self, path: str, redirects: int = 3) -> Part:
        """The page, or the one that it leads to."""
        answer = self.ask("GET", path)
        if answer.status == 302 and redirects:
            return self.page(answer.headers["Location"], redirects - 1)
        assert answer.status == 200, (path, answer.status)
        return read(answer)

    def send(self, form: Part, **typed: str) -> Part:
        """Posts the form with what is typed into it; the page that it leads to, or that stays."""
        hidden = [(part["name"], part["value"]) for part in form.all("input[type=hidden]")]
        body = urlencode([*hidden, *typed.items()]).encode()
        answer = self.ask("POST", form["action"], body, {"Content-Type": FORM})
        if answer.status == 302:
            return self.page(answer.headers["Location"])
        assert answer.status == 200, answer.status
        return read(answer)

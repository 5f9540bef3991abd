"""What passes between a client and the portal: a reverse proxy that keeps it."""

import gzip
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

PATIENCE = 60
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class Exchange(NamedTuple):
    """One request and its answer. `path` includes the query; names of headers are lower case."""

    method: str
    path: str
    request_headers: dict[str, str]
    request_body: bytes
    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """Stands on a port of 127.0.0.1 in front of the portal. The portal takes it for its own address, since the Host
    header passes through; so a client that follows the portal's links stays on the wire.
    """

    def __init__(self, portal: int) -> None:
        self._portal = portal
        self._passed: list[Exchange] = []
        wire = self

        class Handler(_Handler):
            def pass_on(self) -> None:
                wire._pass(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def standing(self) -> Iterator["Wire"]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def take(self) -> list[Exchange]:
        """What passed since it was last asked."""
        passed, self._passed = self._passed, []
        return passed

    def _pass(self, handler: "_Handler") -> None:
        body = handler.whole_body()
        with closing(HTTPConnection("127.0.0.1", self._portal, timeout=PATIENCE)) as portal:
            portal.putrequest(
                handler.command, handler.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in handler.headers.items():
                portal.putheader(name, value)
            chunked = handler.is_chunked
            # A body that came in chunks goes on in chunks: the portal has to read such, too.
            portal.endheaders([body] if chunked else body, encode_chunked=chunked)
            answer = portal.getresponse()
            content = answer.read()
        self._passed.append(_exchange(handler, body, answer, content))
        handler.answer(answer, content)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def pass_on(self) -> None:
        raise NotImplementedError

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = lambda self: self.pass_on()

    @property
    def is_chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding", "").lower() == "chunked"

    def whole_body(self) -> bytes:
        if not self.is_chunked:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, answer: HTTPResponse, content: bytes) -> None:
        self.send_response_only(answer.status, answer.reason)
        framed = "Content-Length" in answer.headers or answer.status in (204, 304)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if not framed:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


def _exchange(
    handler: _Handler, request_body: bytes, answer: HTTPResponse, content: bytes
) -> Exchange:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Exchange(
        handler.command,
        handler.path,
        {name.lower(): value for name, value in handler.headers.items()},
        request_body,
        answer.status,
        headers,
        gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content,
    )

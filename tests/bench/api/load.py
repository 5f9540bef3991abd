"""Many clients in one thread: each sends its next request as soon as the one before is answered."""

import selectors
import socket
import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import NamedTuple

PATIENCE = 30
HEAD_MAX = 4096
END_OF_HEAD, LENGTH = b"\r\n\r\n", b"\r\ncontent-length: "
CHUNKED, LAST_CHUNK = b"\r\ntransfer-encoding: chunked", b"\r\n0\r\n\r\n"


class Load(NamedTuple):
    """What came of it. Times in milliseconds, `taken` those of all answers; `own_time` is the processor time of the
    clients."""

    answers: int
    seconds: float
    p50: float
    p95: float
    own_time: float
    taken: list[float]

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


class Client:
    """A connection that is kept."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self._answer = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self, status: bytes) -> bool:
        """Whether the answer has come whole."""
        data = self.socket.recv(2**18)
        assert data, "The server hung up."
        if self._answer:
            data = self._answer + data
        else:
            assert data.startswith(status), data[:2000].decode(errors="replace")
        self._answer = data
        head, end, _ = data[:HEAD_MAX].partition(END_OF_HEAD)
        if not end:
            return False
        head = head.lower()
        if CHUNKED in head:
            return data.endswith(LAST_CHUNK)
        length = int(head.partition(LENGTH)[2].partition(b"\r")[0] or 0)
        return len(data) == len(head) + len(end) + length


def load(port: int, requests: Iterator[bytes], status: int, clients: int, seconds: float) -> Load:
    """Each answer must have the status; else it is shown and everything ends. Where the requests end, the load does."""
    expected = b"HTTP/1.1 %d " % status
    taken: list[float] = []
    with selectors.DefaultSelector() as selector:
        crowd = [Client(port) for _ in range(clients)]
        try:
            for client in crowd:
                selector.register(client.socket, selectors.EVENT_READ, client)
            own, began = time.process_time(), time.perf_counter()
            _converse(selector, crowd, requests, expected, taken, began + seconds)
            ended, own = time.perf_counter(), time.process_time() - own
        finally:
            for client in crowd:
                client.socket.close()
    p95 = quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    times = [1000 * one for one in taken]
    return Load(len(taken), ended - began, 1000 * median(taken), 1000 * p95, 1000 * own, times)


def _converse(selector, crowd, requests, expected, taken, until) -> None:
    waiting = 0
    for client, request in zip(crowd, requests):  # noqa: B905  # there may be fewer requests than clients
        client.send(request)
        waiting += 1
    while waiting:
        ready = selector.select(PATIENCE)
        assert ready, "The server does not answer."
        for key, _ in ready:
            client = key.data
            if not client.receive(expected):
                continue
            now = time.perf_counter()
            taken.append(now - client.began)
            request = next(requests, None) if now < until else None
            if request is None:
                waiting -= 1
            else:
                client.send(request)

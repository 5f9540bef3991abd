"""The portal served in processes of its own, and a client of its uploads."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

from tests.waiting import PATIENCE

TOKEN = "t" * 32
PROJECT = Path(__file__).resolve().parent.parent


class Portal:
    """Granian with the portal, on a port of 127.0.0.1, with part files and image store in the folder."""

    def __init__(
        self, folder: Path, database_url: str, secret_key: str, workers: int = 1, threads: int = 4
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PROFFER_DEMO": "1",
            "DATABASE_URL": database_url,
            "SECRET_KEY": secret_key,
            "VAR_DIR": str(folder),
            "UPLOAD_DIR": str(folder / "uploads"),
            "IMAGE_STORE": str(folder / "images"),
        }
        self._command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1",
            "--port", str(self.port), "--workers", str(workers), "--blocking-threads", str(threads),
            "--log-level", "error", "portal.wsgi:application",
        ]  # fmt: skip

    def collect_static(self) -> None:
        """What its pages need, as they name each file by its content."""
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(command, env=self.environment, cwd=PROJECT, check=True)

    def start(self) -> None:
        """Returns once it answers."""
        self.process = subprocess.Popen(
            self._command, env=self.environment, start_new_session=True, stderr=subprocess.DEVNULL
        )
        # Waits for this process to close the pipe; that it does also when it is killed, and can end nothing itself.
        self._keeper = subprocess.Popen(
            ["sh", "-c", f"cat >/dev/null; kill -s KILL -- -{self.process.pid} 2>/dev/null"],
            stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError), closing(HTTPConnection("127.0.0.1", self.port)) as connection:
                # It listens before it serves, and who comes in between is turned away.
                connection.request("HEAD", "/")
                connection.getresponse()
                return
            time.sleep(0.02)
        raise TimeoutError("The portal did not start.")

    def kill(self) -> None:
        """All its processes at once, without a chance to clean up."""
        self._keeper.communicate()
        self.process.wait(PATIENCE)

    @contextmanager
    def running(self) -> Iterator["Portal"]:
        try:
            self.start()
            yield self
        finally:
            self.kill()

    def workers(self) -> list[int]:
        """The process IDs of the workers."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


class Sender:
    """Speaks tus for one session: a browser that is signed in."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.headers = {
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Tus-Resumable": "1.0.0",
        }

    def create(self, images_page: str, image_id: object, length: int) -> str:
        """The address of the new upload."""
        status, headers = self.ask(
            "POST", f"{images_page}{image_id}/uploads/", {"Upload-Length": str(length)}
        )
        assert status == 201, status
        return headers["Location"]

    def offset(self, upload: str) -> int | None:
        """Where the upload stands; None where it has ended."""
        status, headers = self.ask("HEAD", upload, {})
        assert status in (200, 404), status
        return int(headers["Upload-Offset"]) if status == 200 else None

    def ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, Message]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=self.headers | headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            connection.close()

    @contextmanager
    def sending(self, upload: str, offset: int, length: int) -> Iterator[HTTPConnection]:
        """A connection on which a PATCH has begun, whose body of `length` bytes is to be sent."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10 * PATIENCE)
        try:
            connection.putrequest("PATCH", upload)
            told = {
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(offset),
                "Content-Length": str(length),
            }
            for name, value in (self.headers | told).items():
                connection.putheader(name, value)
            connection.endheaders()
            yield connection
        finally:
            connection.close()

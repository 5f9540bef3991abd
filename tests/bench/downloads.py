"""How fast data goes out over HTTP, against nginx with the same file.

Run by hand: python -m tests.bench.downloads --help. Needs nginx, and room for the file.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from tests.bench.stage import (
    GIB,
    MIB,
    OWNER,
    Stage,
    arguments,
    manager,
    peak_memory,
    say,
    source,
    stage,
)
from tests.bench.taking_time import Latency, speed

IDLE_SECONDS = 5
CONFIGURATION = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log; {user}
events {{ }}
http {{
    access_log off; sendfile on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=8, help="at once (default: 8)")
    options = parser.parse_args()
    with stage(options.database, options.threads, options.folder) as here:
        image = imported(here, int(options.gib * GIB))
        with nginx(here.folder) as port:
            report(here, image, port, options.files, options.rounds)


def imported(here: Stage, size: int):
    """An image whose data is in the store."""
    from sharing.imagedata import imports

    image, file = here.queued(), source(here.folder, size)
    upload = imports.begin(image, size, by=manager())
    with file.open("rb") as data:
        imports.receive(upload, data.read, 0, by=manager())
    file.unlink()
    image.refresh_from_db()
    return image


def report(here: Stage, image, port: int, files: int, rounds: int) -> None:
    idle, busy = Latency(here), Latency(here)
    with idle.sampled():
        time.sleep(IDLE_SECONDS)
    file = here.folder / "images" / image.data
    to_portal = (here.portal.port, f"/t/{OWNER}/images/{image.pk}/data/", here.sender.headers)
    to_nginx = (port, f"/{image.data}", {})
    for at_once in sorted({1, files}):
        ratios = []
        for number in range(rounds):
            by_nginx = speed(lambda _: fetch(*to_nginx, image.size), file, at_once)
            with busy.sampled():
                by_portal = speed(lambda _: fetch(*to_portal, image.size), file, at_once)
            ratios.append(by_portal / by_nginx)
            say(
                f"{at_once} at once, round {number + 1}, MiB/s: nginx {by_nginx:.0f}, portal {by_portal:.0f}"
            )
        say(f"{at_once} at once, median ratio of the portal to nginx {median(ratios):.2f}")
    say(
        "peak memory of the workers, MiB:",
        *(f"{peak_memory(p):.0f}" for p in here.portal.workers()),
    )
    say(f"inbox page, ms: idle {idle}; while data leaves {busy}")


def fetch(port: int, path: str, headers: dict[str, str], size: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    buffer, left = memoryview(bytearray(MIB)), size
    while left and (taken := answer.readinto(buffer)):
        left -= taken
    connection.close()
    assert not left


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise SystemExit("nginx is not installed.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = folder / "nginx.conf"
    user = f"user {Path.home().owner()};" if Path.home().owner() == "root" else ""
    file.write_text(
        CONFIGURATION.format(folder=folder, port=port, root=folder / "images", user=user)
    )
    process = subprocess.Popen([program, "-c", file, "-e", folder / "nginx.log"])
    try:
        time.sleep(1)
        yield port
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()

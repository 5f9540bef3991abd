"""How fast data comes in over HTTP, against `dd conv=fsync` to the same disk, and against hashing alone.

Run by hand: python -m tests.bench.imports --help. Needs room for (files + 1) times the size, and cleans up.
"""

import subprocess
import time
from pathlib import Path
from statistics import median

from tests.bench.stage import GIB, OWNER, Stage, arguments, peak_memory, say, source, stage
from tests.bench.taking_time import Latency, speed

IDLE_SECONDS = 5


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=8, help="at once (default: 8)")
    parser.add_argument(
        "--source", type=Path, help="folder of the file to send, such as one in memory"
    )
    options = parser.parse_args()
    with stage(options.database, options.threads, options.folder) as here:
        file = source(options.source or here.folder, int(options.gib * GIB))
        try:
            report(here, file, options.files, options.rounds)
        finally:
            file.unlink()


def report(here: Stage, file: Path, files: int, rounds: int) -> None:
    from sharing.imagedata.intake import digested

    idle = Latency(here)
    with idle.sampled():
        time.sleep(IDLE_SECONDS)
    busy = Latency(here)
    for at_once in sorted({1, files}):
        to_dd, to_hashing = [], []
        for number in range(rounds):
            copied = copy(here, file, at_once)
            hashed = speed(lambda number: digested(file, "raw"), file, at_once)
            with busy.sampled():
                sent = upload(here, file, at_once)
            to_dd.append(sent / copied)
            to_hashing.append(sent / hashed)
            say(
                f"{at_once} at once, round {number + 1}, MiB/s: dd {copied:.0f}, hashing alone {hashed:.0f}, "
                f"upload {sent:.0f}"
            )
        say(
            f"{at_once} at once, median ratio of upload to dd {median(to_dd):.2f}, "
            f"to hashing alone {median(to_hashing):.2f}"
        )
    say(
        "peak memory of the workers, MiB:",
        *(f"{peak_memory(p):.0f}" for p in here.portal.workers()),
    )
    say(f"inbox page, ms: idle {idle}; while data arrives {busy}")


def copy(here: Stage, file: Path, at_once: int) -> float:
    """MiB/s of copying the file that often at once."""

    def dd(number: int) -> None:
        target = here.folder / f"copy-{number}"
        subprocess.run(
            ["dd", f"if={file}", f"of={target}", "bs=1M", "conv=fsync", "status=none"], check=True
        )

    try:
        return speed(dd, file, at_once)
    finally:
        for path in here.folder.glob("copy-*"):
            path.unlink()


def upload(here: Stage, file: Path, at_once: int) -> float:
    """MiB/s of sending the file that often at once."""
    images = [here.queued() for _ in range(at_once)]
    size = file.stat().st_size
    places = [here.sender.create(f"/t/{OWNER}/images/", image.pk, size) for image in images]

    def send(number: int) -> None:
        with file.open("rb") as source, here.sender.sending(places[number], 0, size) as to_portal:
            to_portal.sock.sendfile(source)
            assert to_portal.getresponse().status == 204

    try:
        return speed(send, file, at_once)
    finally:
        for image in images:
            image.refresh_from_db()
        assert all(image.size == size for image in images)
        here.forget(images)


if __name__ == "__main__":
    main()

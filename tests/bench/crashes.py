"""Kills the portal with SIGKILL at random moments of imports, and looks whether anything is lost.

Run by hand: python -m tests.bench.crashes --help. Ends with an error at the first import that is.
"""

import hashlib
import random
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPException
from io import StringIO

from tests.bench.stage import MIB, OWNER, Stage, arguments, say, stage


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--mib", type=int, default=32, help="size of an import (default: 32)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    data = draw.randbytes(options.mib * MIB)
    say("seed", options.seed)
    with stage(options.database, options.threads, options.folder) as here:
        outcomes = Counter(crash(here, data, draw) for _ in range(options.kills))
    for outcome, times in outcomes.most_common():
        say(f"{times:>4}  {outcome}")


def crash(here: Stage, data: bytes, draw: random.Random) -> str:
    """How the import stood when the portal was killed."""
    image = here.queued()
    upload = here.sender.create(f"/t/{OWNER}/images/", image.pk, len(data))
    # Most of the times around the last byte: while it is verified, synced, renamed and committed.
    sent = draw.choice([draw.randrange(len(data)), len(data), len(data)])
    with suppress(OSError, HTTPException), here.sender.sending(upload, 0, len(data)) as to_portal:
        to_portal.send(data[:sent])
        time.sleep(draw.uniform(0, 0.15))
        here.portal.kill()
    here.portal.start()
    stood = go_on(here, image, upload, data)
    whole(image, data)
    here.forget([image])
    tidy()
    return stood


def go_on(here: Stage, image, upload: str, data: bytes) -> str:
    offset = here.sender.offset(upload)
    image.refresh_from_db()
    if image.status == "active":
        assert offset is None
        return "stored and committed"
    assert image.data == ""
    assert data[:offset] == arrived_bytes(image)
    with here.sender.sending(upload, offset, len(data) - offset) as to_portal:
        to_portal.send(data[offset:])
        assert to_portal.getresponse().status == 204
    if not offset:
        return "nothing here: sent anew"
    return "all here, not committed" if offset == len(data) else "some here: went on"


def arrived_bytes(image) -> bytes:
    from sharing.imagedata import store

    part = store.part_of(image.upload.pk)
    return part.read_bytes() if part.exists() else b""


def whole(image, data: bytes) -> None:
    from sharing.imagedata import store

    image.refresh_from_db()
    stored = b"".join(store.image_store().stream(image.data, 0, image.size))
    assert stored == data
    assert image.os_hash_value == hashlib.sha512(data).hexdigest()
    assert image.checksum == hashlib.md5(data).hexdigest()


def tidy() -> None:
    """Housekeeping, hours later, leaves nothing of it."""
    from django.core.management import call_command

    from sharing.imagedata import housekeeping, store

    housekeeping.GRACE = timedelta(0)
    call_command("housekeeping", "--force", stdout=StringIO())
    assert not list(store.image_store().stored())
    assert not list(store.uploads_folder().iterdir())


if __name__ == "__main__":
    main()

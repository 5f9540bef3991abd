"""What the browser tests of imports do and look at."""

import re
import time

from playwright.sync_api import Locator, Page, expect

from sharing.imagedata import store
from sharing.imagedata.intake import arrived
from sharing.models import Image, Upload
from tests.browser.conftest import TIMEOUT

MIB = 2**20
LENGTH = 6 * MIB
DISK = b"".join(number.to_bytes(4, "big") * 128 for number in range(LENGTH // 512))


def slow(page: Page, bytes_a_second: int = MIB) -> None:
    """So slow that what happens on the way can be seen; -1: as fast as it goes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second},
    )  # fmt: skip


def panel(page: Page) -> Locator:
    return page.locator("#import")


def heading(page: Page) -> Locator:
    return panel(page).get_by_role("heading", level=2)


def choose(page: Page, *paths: object) -> None:
    page.locator("[data-drop] input").set_input_files([str(path) for path in paths])


def drop(page: Page, onto: Locator, name: str, data: str) -> None:
    """Drops a file as a file manager does."""
    transfer = page.evaluate_handle(
        """([name, data]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([data], name));
            return transfer;
        }""",
        [name, data],
    )
    for event in ("dragover", "drop"):
        onto.dispatch_event(event, {"dataTransfer": transfer})


def under_way(page: Page) -> None:
    """Until some of the file has arrived, and far from all of it."""
    expect(heading(page)).to_have_text("Importing its data")
    expect(panel(page).locator("[data-is=pace]")).to_have_text(
        re.compile(r"^[\d.]+ [KM]iB/s, \d+ (s|min) left$")
    )


def kept() -> int:
    """How many bytes arrived, once the portal has seen that no more come."""
    part = store.part_of(Upload.objects.get().pk)
    deadline = time.monotonic() + TIMEOUT / 1000
    while not (found := arrived(part)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def is_imported(page: Page) -> None:
    expect(page.get_by_text("Checksum (MD5)")).to_be_visible()
    expect(panel(page)).to_have_count(0)
    image = Image.objects.get()
    assert (image.status, image.size) == ("active", LENGTH)
    assert b"".join(store.image_store().stream(image.data, 0, LENGTH)) == DISK

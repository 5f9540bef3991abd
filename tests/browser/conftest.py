"""Debian's Chromium for the tests in this folder. Any page error fails the test that met it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from sharing.models import User
from tests.conftest import signed_in

TOOLS = Path(__file__).resolve().parents[2] / ".ci" / "tools"

# Milliseconds: ample, because a machine that is busy with other tests is no defect.
TIMEOUT = 20_000

# The admin fades from one theme's colours to the other's; the end of one fade can begin another.
FINISH_FADES = """() => {
    for (let fades; (fades = document.getAnimations()).length; ) fades.forEach((fade) => fade.finish());
}"""

WIDTHS = (1440, 390)
# All rules of axe in the one theme; in the other, which differs in colours alone, those about colours.
THEMES = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}

ARGUMENTS = [
    "--no-sandbox",  # the sandbox cannot start as root or in most containers
    "--disable-gpu",
    # Nothing but the tested page may use the network: each attempt would wait for its refusal.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT)
    path = subprocess.check_output([TOOLS, "find", "chromium"], text=True).strip()
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread; Django would refuse the database beside it,
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # and has other connections there than before and after: none may stay open unseen.
        connections.close_all()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=path, headless=True, args=ARGUMENTS
            )
            yield browser
            browser.close()
            connections.close_all()


@pytest.fixture
def problems() -> list[str]:
    """What went wrong in any page so far; a test that provokes a problem removes it from here."""
    return []


@pytest.fixture
def new_page(browser, live_server, settings, problems) -> Iterator[Callable[..., Page]]:
    """Opens pages of the live server, each in a context (cookies, storage) of its own, signed in as `user`.

    Fails the test at its end on console errors, uncaught exceptions, CSP violations, server errors
    and missing styles, scripts or images, in any page.
    """
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False  # plain HTTP
    contexts = []

    def open_page(
        user: User | None = None,
        address: str = "",
        *,
        js: bool = True,
        theme: str = "light",
        width: int = 1440,
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            java_script_enabled=js,
            color_scheme=theme,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",  # so that axe and screenshots meet no half-faded colours
            locale="en-GB",
            timezone_id="UTC",
        )
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        watch(context, problems)
        if user:
            name = settings.SESSION_COOKIE_NAME
            value = signed_in(user).cookies[name].value
            context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page = context.new_page()
        if address:
            page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    if problems:
        pytest.fail("\n".join(["The browser met problems:", *problems]), pytrace=False)


@pytest.fixture
def page(new_page) -> Page:
    return new_page()


@pytest.fixture
def sound(problems) -> Callable[[Page], None]:
    """Looks whether the page as it stands, with what is open on it, is sound in both themes and both widths: a title,
    one h1, no accessibility violation that axe knows, no scrolling sideways. What is not is a problem of the test.
    """

    def check(page: Page) -> None:
        found = [] if page.title().strip(" ·") else ["no title"]
        if (headings := page.locator("h1").count()) != 1:
            found.append(f"{headings} h1")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{wide} px wide on a screen of {width} px")
            for theme, rules in THEMES.items():
                page.emulate_media(color_scheme=theme)
                page.evaluate(FINISH_FADES)
                found += [f"{theme}, {width} px: {described(v)}" for v in violations(page, rules)]
        problems.extend(f"{page.url}\n  {line}" for line in found)

    return check


def violations(page: Page, rules: dict) -> list[dict]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # Preloading is for a rule that is off, and takes half of the time.
    options = rules | {"resultTypes": ["violations"], "preload": False}
    return page.evaluate("options => axe.run(options).then(found => found.violations)", options)


def watch(context: BrowserContext, problems: list[str]) -> None:
    def on_console(message):
        # Of answers with an error status, which browser and htmx report, on_response knows which are meant.
        refused = ("Failed to load resource", "Response Status Error Code")
        if message.type == "error" and not message.text.startswith(refused):
            problems.append(f"console: {message.text}")

    def on_response(response):
        # A page or an htmx request may be refused (404, 409, 422); its parts may not.
        whole = response.request.resource_type in {"document", "xhr", "fetch"}
        if response.status >= (500 if whole else 400):
            problems.append(f"{response.status} for {response.url}")

    context.on("console", on_console)
    context.on("response", on_response)
    context.on("weberror", lambda failure: problems.append(f"uncaught: {failure.error}"))


def described(violation: dict) -> str:
    lines = [f"{violation['id']}: {violation['help']}"]
    for node in violation["nodes"]:
        element = node["html"].splitlines()[0]
        summary = node["failureSummary"].replace("\n", "\n      ")
        lines.append(f"    {element}\n      {summary}")
    return "\n".join(lines)

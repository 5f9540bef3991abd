"""Debian's Chromium for the tests in this folder. Any page error fails the test that met it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

TOOLS = Path(__file__).resolve().parents[2] / ".ci" / "tools"

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
    path = subprocess.check_output([TOOLS, "find", "chromium"], text=True).strip()
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread; Django would refuse the database beside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=path, headless=True, args=ARGUMENTS
            )
            yield browser
            browser.close()


@pytest.fixture
def problems() -> list[str]:
    """What went wrong in any page so far; a test that provokes a problem removes it from here."""
    return []


@pytest.fixture
def new_page(browser, live_server, settings, problems) -> Iterator[Callable[..., Page]]:
    """Opens pages of the live server, each in a context (cookies, storage) of its own.

    Fails the test at its end on console errors, uncaught exceptions, CSP violations, server errors
    and missing styles, scripts or images, in any page.
    """
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False  # plain HTTP
    contexts = []

    def open_page(js: bool = True, theme: str = "light", width: int = 1440) -> Page:
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
        watch(context, problems)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    if problems:
        pytest.fail("\n".join(["The browser met problems:", *problems]), pytrace=False)


@pytest.fixture
def page(new_page) -> Page:
    return new_page()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fails the test if a page has accessibility violations, and says which and where."""

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        if found:
            pytest.fail("\n".join([f"axe on {page.url}:", *map(describe, found)]))

    return check


def watch(context: BrowserContext, problems: list[str]) -> None:
    def on_console(message):
        # Of answers with an error status, on_response knows which are meant.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            problems.append(f"console: {message.text}")

    def on_response(response):
        # A page or an htmx request may be refused (404, 409, 422); its parts may not.
        whole = response.request.resource_type in {"document", "xhr", "fetch"}
        if response.status >= (500 if whole else 400):
            problems.append(f"{response.status} for {response.url}")

    context.on("console", on_console)
    context.on("response", on_response)
    context.on("weberror", lambda failure: problems.append(f"uncaught: {failure.error}"))


def describe(violation: dict) -> str:
    lines = [f"  {violation['id']}: {violation['help']}"]
    for node in violation["nodes"]:
        element = node["html"].splitlines()[0]
        summary = node["failureSummary"].replace("\n", "\n      ")
        lines.append(f"    {element}\n      {summary}")
    return "\n".join(lines)

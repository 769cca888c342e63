"""A real Chromium looking at the console, and a record of everything it asked for and complained about."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Request, Response, async_playwright, expect

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
#: Milliseconds a page may take to show what it must; this machine may be busy.
PATIENCE_MS = 60_000
FLAGS = (
    "--no-sandbox",  # containers run as root
    "--disable-background-networking",
    # A map without a graphics card.
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    # Whatever a page might want from elsewhere, it fails here rather than leave.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
#: Sums the shifts that no input of the user explains (Layout Instability API).
COUNT_SHIFTS = """
window.shifts = 0; window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
    window.shifts += entry.value;
    window.shifted.push(...entry.sources.map(({ node }) => node?.className ?? node?.nodeName ?? '?'));
  }
}).observe({ type: 'layout-shift', buffered: true });
"""
#: Elements that stick out of the page to the right, except inside what scrolls by itself.
STICKING_OUT = """
() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (let outer = element; outer && outer !== document.body; outer = outer.parentElement)
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(outer).overflowX)) return true;
    return false;
  };
  const out = [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element))
    .map((element) => `${element.tagName}.${element.className}`);
  const wide = document.documentElement.scrollWidth > width ? ['the page scrolls sideways'] : [];
  return [...wide, ...out];
}
"""


def chromium() -> str | None:
    """The system's browser."""
    return shutil.which("chromium") or next(
        (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if os.access(path, os.X_OK)), None
    )


@dataclass(slots=True)
class Record:
    """What one visitor's pages asked for, and what they complained about."""

    requests: list[str] = field(default_factory=list)
    #: Scripts and style sheets of a kilobyte or more as they travelled, with how they were packed.
    packed: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def left_the_machine(self) -> list[str]:
        """Addresses elsewhere."""
        parts = [(address, urlsplit(address)) for address in self.requests]
        return [address for address, part in parts if part.scheme != "data" and _host(address) != "127.0.0.1"]


def _host(address: str) -> str | None:
    return urlsplit(address.removeprefix("blob:")).hostname


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Somebody with a browser of their own."""

    page: Page
    record: Record
    address: str

    async def go(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def sign_in(self, username: str, *, words: tuple[str, str, str]) -> None:
        """As a person does: by the words beside the fields."""
        name, password, button = words
        await self.go("/")
        await self.page.get_by_label(name).fill(username)
        await self.page.get_by_label(password).fill("tongxing-demo")
        await self.page.get_by_role("button", name=button, exact=True).click()
        await self.page.wait_for_url(lambda url: "/sign-in" not in url)


@asynccontextmanager
async def browser(program: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield started
        finally:
            await started.close()


@asynccontextmanager
async def visitor(started: Browser, address: str, *, language: str, viewport: dict[str, int]) -> AsyncIterator[Visitor]:
    """A fresh profile: nothing remembered."""
    context = await started.new_context(viewport=viewport, locale=language, has_touch=viewport is PHONE)
    context.set_default_timeout(PATIENCE_MS)
    record = _recording(context)
    await context.add_init_script(COUNT_SHIFTS)
    try:
        yield Visitor(page=await context.new_page(), record=record, address=address)
    finally:
        await context.close()


def _recording(context: BrowserContext) -> Record:
    record = Record()

    def asked(request: Request) -> None:
        record.requests.append(request.url)

    def answered(response: Response) -> None:
        long = int(response.headers.get("content-length", "0")) >= 1024
        if long and response.request.resource_type in {"script", "stylesheet"}:
            record.packed[response.url] = response.headers.get("content-encoding", "")

    context.on("request", asked)
    context.on("response", answered)
    context.on("console", lambda said: record.complaints.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: record.complaints.append(str(error.error)))
    return record


async def slow_line(page: Page) -> None:
    """A village's mobile network: every answer takes a moment, and they come one after another."""
    session = await page.context.new_cdp_session(page)
    line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
    await session.send("Network.emulateNetworkConditions", line)


async def settled(page: Page) -> None:
    """Nothing is loading any more, and layout is done."""
    await page.wait_for_function("() => !document.querySelector('.spinner')")
    # The map loads after its page.
    if await page.locator(".canvas, .map").count():
        await expect(page.locator("canvas.maplibregl-canvas").first).to_be_visible()
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


SCREENSHOTS = Path(os.environ["E2E_SCREENSHOTS"]) if "E2E_SCREENSHOTS" in os.environ else None


async def picture(page: Page, name: str) -> None:
    """Keep what it looked like, where somebody wants to see it (`E2E_SCREENSHOTS=dir`)."""
    if SCREENSHOTS is not None:
        await page.wait_for_timeout(1500)  # for the map to come to rest
        await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page="map" not in name)

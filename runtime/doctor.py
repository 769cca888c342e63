"""What Tongxing needs, checked one by one: a line each, and how to mend what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import aiomqtt
import psycopg
from pydantic import Field

from runtime import broker_address, clock, database, migrate, probe, timescale
from runtime.broker_address import Address
from runtime.embedded import EmbeddedError, broker, ports, postgres
from runtime.settings import Settings, SettingsError, load

OLDEST_PYTHON = (3, 11)
#: Oldest PostgreSQL we are tested with.
OLDEST_POSTGRES = 15
#: Seconds each server gets to answer.
WITHIN_S = 5.0
#: Seconds the clocks of the database and of this machine may differ: tokens and latencies mix both.
CLOCKS_APART_S = 2.0
#: Mosquitto's own count, told to whoever subscribes, and seconds it gets: a broker that keeps none says nothing.
DROPPED = "$SYS/broker/publish/messages/dropped"
DROPPED_WITHIN_S = 1.0
#: Days before its end from which a certificate is to be renewed.
RENEW_DAYS = 30
_DAY_S = 86_400
CONSOLE = Path(__file__).parents[1] / "api" / "console" / "dist" / "index.html"


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    #: Works without; worth knowing.
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report."""

    verdict: Verdict
    subject: str
    says: str


class _HttpSettings(Settings):
    """The address that the api will listen on, without knowing the api."""

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=0, le=65_535, description="a port, e.g. 8000")


def ok(subject: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(verdict=Verdict.OK, subject=subject, says=says)


def note(subject: str, says: str) -> Finding:
    """Works without."""
    return Finding(verdict=Verdict.NOTE, subject=subject, says=says)


def wrong(subject: str, says: str) -> Finding:
    """To be mended: `says` tells how."""
    return Finding(verdict=Verdict.WRONG, subject=subject, says=says)


async def examine() -> list[Finding]:
    """Check everything; whatever is wrong is a finding, never an exception."""
    findings = [check_python(sys.version_info[:3]), check_embedded(), check_console(CONSOLE)]
    try:
        settings = load(_HttpSettings)
        of_the_run = clock.from_settings(settings)
        where = broker_address.of(settings)
    except SettingsError as error:
        return [*findings, *(wrong("settings", line) for line in str(error).splitlines())]
    findings.append(ok("settings", "complete"))
    findings.append(check_clock(of_the_run, settings))
    findings += [finding async for finding in check_database(settings.database_url)]
    findings += [finding async for finding in check_broker(where)]
    findings.append(await check_http_port(settings.api_host, settings.api_port))
    return findings


def check_python(version: tuple[int, ...]) -> Finding:
    """Whether this Python is new enough."""
    text = ".".join(str(part) for part in version)
    if version[:2] < OLDEST_PYTHON:
        return wrong("python", f"{text} is too old: install Python 3.11 or newer and run `make setup PYTHON=…` again")
    return ok("python", text)


def check_embedded() -> Finding:
    """Whether `tongxing up` and `tongxing demo` could run."""
    try:
        postgres.installation()
        broker.program()
    except EmbeddedError as error:
        return note("embedded servers", f"{error} (needed by `tongxing up` and `tongxing demo` only)")
    return ok("embedded servers", "installed")


def check_console(page: Path) -> Finding:
    """Whether the web console was built."""
    if not page.is_file():
        return wrong("console", "not built, so browsers find no page: make console")
    return ok("console", "built")


def check_clock(of_the_run: clock.Clock, settings: Settings) -> Finding:
    """What time the run lives in."""
    shown = of_the_run.now().strftime("%Y-%m-%d %H:%M:%S UTC")
    if settings.clock_start is None:
        return ok("clock", f"real time, {shown}")
    return note("clock", f"simulated, {settings.clock_rate:g} times as fast as real time, {shown}")


async def check_database(url: str) -> AsyncIterator[Finding]:
    """Whether the database answers, is new enough, has our tables and agrees on the time."""
    try:
        async with asyncio.timeout(WITHIN_S):
            connection = await database.connect(url, autocommit=True)
    except (psycopg.Error, TimeoutError) as error:
        yield wrong("database", f"{_reason(error)}: start it (`tongxing up`), or mend TONGXING_DATABASE_URL")
        return
    async with connection:
        yield _version(connection.info.server_version)
        yield await _migrations(connection)
        yield await _time_series(connection)
        yield await _database_clock(connection)


def _version(number: int) -> Finding:
    major, minor = divmod(number, 10_000)
    if major < OLDEST_POSTGRES:
        return wrong("database", f"PostgreSQL {major}.{minor} is too old: upgrade to {OLDEST_POSTGRES} or newer")
    return ok("database", f"PostgreSQL {major}.{minor}")


async def _migrations(connection: database.Connection) -> Finding:
    try:
        missing = await migrate.missing(connection)
    except migrate.MigrationError as error:
        return wrong("tables", str(error))
    if missing:
        return wrong("tables", f"{len(missing)} migrations have not run: tongxing migrate")
    return ok("tables", "up to date")


async def _time_series(connection: database.Connection) -> Finding:
    match await timescale.ask(connection):
        case timescale.Choice.HYPERTABLES:
            return ok("timescaledb", "available")
        case timescale.Choice.NOT_PRELOADED:
            return note(
                "timescaledb", "installed but not loaded: add it to shared_preload_libraries, restart, tongxing migrate"
            )
        case _:
            return note("timescaledb", "not installed; plain tables are used and give the same answers")


async def _database_clock(connection: database.Connection) -> Finding:
    asked = clock.wall_now()
    theirs = await database.now(connection)
    between = asked + (clock.wall_now() - asked) / 2
    apart_s = (theirs - between).total_seconds()
    if abs(apart_s) > CLOCKS_APART_S:
        return wrong("database clock", f"{apart_s:+.1f} s from this machine's: set both by NTP")
    return ok("database clock", f"{apart_s * 1000:+.0f} ms from this machine's")


async def check_broker(where: Address) -> AsyncIterator[Finding]:
    """Whether the broker answers, and brings back a message of quality 1."""
    at = f"{where.host} port {where.port}"
    try:
        refused = await probe.mqtt(
            where.host, where.port, username=where.username, password=where.password, tls=where.tls
        )
    except (ssl.SSLError, ConnectionResetError) as error:
        yield wrong("broker", broker_address.why(error, where))
        return
    if refused is not None:
        yield wrong("broker", f"{at}: {refused}: start it (`tongxing up`), or mend TONGXING_BROKER_URL")
        return
    yield ok("broker", f"{at} accepts sessions")
    yield await check_broker_is_closed(where)
    if where.tls is not None:
        yield await check_certificate(where)
    yield await _round_trip(_client(where))
    yield await check_dropped(where)


def _client(where: Address) -> aiomqtt.Client:
    return aiomqtt.Client(
        where.host,
        where.port,
        username=where.username,
        password=where.password,
        tls_context=where.tls,
        timeout=WITHIN_S,
    )


async def check_broker_is_closed(where: Address) -> Finding:
    """Whether strangers are refused. On this machine alone that is a choice; anywhere else it is a danger."""
    subject = "broker access"
    if await probe.mqtt(where.host, where.port, tls=where.tls) is not None:
        return ok(subject, "nobody comes in without a login")
    if where.here:
        return note(
            subject,
            "whoever is on this machine may speak for any device; before devices come in, issue credentials"
            " (`tongxing device credentials`, docs/operations.md)",
        )
    return wrong(
        subject,
        f"whoever reaches {where} may speak for any device and raise or hide an alarm: issue credentials and close it"
        " (docs/operations.md, Letting devices in)",
    )


async def check_dropped(where: Address) -> Finding:
    """Whether the broker dropped anything that it had acknowledged, where it keeps count."""
    subject = "broker drops"
    try:
        async with _client(where) as client:
            await client.subscribe(DROPPED)
            async with asyncio.timeout(DROPPED_WITHIN_S):
                count = int(bytes((await anext(aiter(client.messages))).payload))
    except (aiomqtt.MqttError, TimeoutError, ValueError):
        return ok(subject, "this broker keeps no count")
    if count == 0:
        return ok(subject, "nothing since it started")
    return wrong(
        subject,
        f"{count} messages since it started, and devices had been told they were safe: set max_queued_messages 0 and"
        " max_queued_bytes 0 as deploy/mosquitto/mosquitto.conf does, restart the broker, and see that ingest keeps up"
        " (`tongxing_ingest_waiting`)",
    )


async def check_certificate(where: Address) -> Finding:
    """How long the broker's certificate lasts."""
    subject = "broker certificate"
    _, writer = await asyncio.open_connection(where.host, where.port, ssl=where.tls)
    with contextlib.closing(writer):
        ends = str(writer.get_extra_info("peercert", {}).get("notAfter", ""))
    days = (ssl.cert_time_to_seconds(ends) - time.time()) / _DAY_S
    says = f"{where.host} until {ends}, {days:.0f} days"
    if days < RENEW_DAYS:
        return wrong(subject, f"{says}: renew it (`tongxing certificates server {where.host}`) and reload the broker")
    return ok(subject, says)


async def _round_trip(client: aiomqtt.Client) -> Finding:
    subject = "broker round trip"
    # Not below tongxing/, where ingest would hear it.
    topic = f"doctor/{secrets.token_hex(8)}"
    began = time.perf_counter()
    try:
        async with asyncio.timeout(WITHIN_S), client:
            await client.subscribe(topic, qos=1)
            await client.publish(topic, b"?", qos=1)
            await anext(aiter(client.messages))
    except (aiomqtt.MqttError, TimeoutError) as error:
        return wrong(subject, f"a message of quality 1 does not come back ({_reason(error)}): see the broker's log")
    return ok(subject, f"{(time.perf_counter() - began) * 1000:.0f} ms with quality 1")


async def check_http_port(host: str, port: int) -> Finding:
    """Whether the api could listen, or does."""
    subject = f"http port {port}"
    if port == 0 or ports.is_free(port):
        return ok(subject, "free")
    with contextlib.suppress(OSError):
        if await probe.http(host, port, "/health/live") is None:
            return ok(subject, "answers")
    return wrong(subject, "in use by another program: stop it, or set TONGXING_API_PORT")


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {WITHIN_S:.0f} s"
    return " ".join(str(error).split())

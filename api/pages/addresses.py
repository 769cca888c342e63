"""Where the pages are. Short paths: they stand in a code that is printed on paper. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fastapi import Request

from alerts.handover.link import LinkKind
from api.settings import ApiSettings

#: First part of the path, by what a link opens.
PATHS: Mapping[LinkKind, str] = MappingProxyType({LinkKind.POLICE: "p", LinkKind.SHEET: "s", LinkKind.FINDER: "f"})


def page_url(settings: ApiSettings, request: Request, kind: LinkKind, token: str) -> str:
    """The whole address of a page: below the configured one, else below the one this request was sent to."""
    base = settings.alerts_console_url or str(request.base_url)
    return f"{base.rstrip('/')}/{PATHS[kind]}/{token}"

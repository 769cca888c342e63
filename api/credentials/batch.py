"""Lists of devices in, logins and secrets out, as CSV. Pure; what is wrong is named by its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from api.importing.csv_rows import RegisterError as ListError
from api.importing.csv_rows import Row, fault, read, repeated
from api.schemas.fields import DEVICE_ID_PATTERN, Request
from ingest.identity import issuing
from ingest.identity.credential import Format, Holder, Issued
from ingest.identity.issuing import CredentialsRefused

COLUMNS = ("device_id", "login", "secret", "format", "overlap_until")
_ALIASES: Mapping[str, str] = {"设备编号": "device_id", "设备": "device_id", "格式": "format"}


class DeviceRow(Request):
    """One line of a list of devices."""

    device_id: Annotated[str, Field(pattern=DEVICE_ID_PATTERN)]
    format: Format = Format.NATIVE


def devices(raw: bytes) -> list[Row[DeviceRow]]:
    """Devices of a CSV file with column names in its first line: `device_id`, and `format` if it is not native.

    Raises:
        ListError: something is wrong; all of it is named by its line.
    """
    rows = read(raw, DeviceRow, _ALIASES)
    if faults := list(repeated(rows, "device_id")):
        raise ListError(faults)
    return rows


def wanted(rows: Iterable[Row[DeviceRow]]) -> list[issuing.Request]:
    """What these lines ask for."""
    return [issuing.Request(holder=Holder(device_id=row.values.device_id), format=row.values.format) for row in rows]


def by_line(refused: CredentialsRefused, rows: Sequence[Row[DeviceRow]]) -> ListError:
    """The same refusal, with the lines of the list that it is about."""
    lines = {row.values.device_id: row for row in rows}
    return ListError(
        fault(lines[one.holder.device_id], "device_id", one.message)
        for one in refused.faults
        if one.holder.device_id is not None
    )


def table(issued: Iterable[Issued]) -> str:
    """Logins and secrets, a line each."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for one in issued:
        until = one.overlap_until.isoformat() if one.overlap_until else ""
        lines.writerow([one.holder.device_id or one.holder, one.login, one.secret, one.format, until])
    return text.getvalue()

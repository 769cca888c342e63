"""A CSV file as rows that know their line; what is wrong is named by line, column and value. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

#: Faults shown at once; more would scroll the first ones away. Count.
SHOWN = 20
#: Larger files are refused: the whole city's register is about 1 MB. Bytes; provisional.
MOST_BYTES = 20_000_000

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    #: 1 is the line of the column names.
    line: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        """One line for a person."""
        where = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.value!r}: {self.message}" if self.value else f"{where}: {self.message}"


class RegisterError(Exception):
    """A file cannot be loaded; nothing of it was."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        more = [f"… and {len(self.faults) - SHOWN} more"] if len(self.faults) > SHOWN else []
        super().__init__("\n".join([*map(str, self.faults[:SHOWN]), *more]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[R]):
    """One row with the line it begins on."""

    line: int
    values: R


def fault(row: Row[R], column: str, message: str) -> Fault:
    """What is wrong with one column of a row that is right in itself."""
    return Fault(line=row.line, column=column, value=str(getattr(row.values, column)), message=message)


def read(raw: bytes, model: type[R], aliases: Mapping[str, str]) -> list[Row[R]]:
    """Rows of a file with column names in its first line, in any order.

    Args:
        raw: the file; UTF-8 with or without a mark, or GB 18030, which spreadsheets in China write.
        model: what a row is; an empty cell is one that was left away.
        aliases: other names of columns.

    Raises:
        RegisterError: something is wrong; all of it is named.
    """
    if len(raw) > MOST_BYTES:
        raise RegisterError([_whole(f"the file has {len(raw)} bytes: split it, at most {MOST_BYTES}")])
    lines = csv.reader(io.StringIO(_text(raw), newline=""), strict=True)
    faults: list[Fault] = []
    rows: list[Row[R]] = []
    try:
        names = _names(next(lines, []), model, aliases)
        for line, cells in _numbered(lines):
            try:
                rows.append(Row(line=line, values=_values(line, cells, names, model)))
            except RegisterError as error:
                faults.extend(error.faults)
    except csv.Error as error:
        faults.append(Fault(line=lines.line_num, column="", value="", message=f"is not CSV: {error}"))
    if not faults and not rows:
        faults.append(_whole("the file has no rows below its column names"))
    if faults:
        raise RegisterError(faults)
    return rows


def _whole(message: str) -> Fault:
    return Fault(line=1, column="", value="", message=message)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        raise RegisterError([_whole("is neither UTF-8 nor GB 18030: save it as CSV UTF-8")]) from None


def _names(cells: list[str], model: type[R], aliases: Mapping[str, str]) -> list[str]:
    names = [aliases.get(name, name) for name in (cell.strip().lower() for cell in cells)]
    known = list(model.model_fields)
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    faults = [
        Fault(line=1, column="", value=name, message=f"is not a column: write some of {', '.join(known)}")
        for name in names
        if name not in known
    ]
    faults += [
        Fault(line=1, column="", value=name, message="stands twice: leave one away")
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    faults += [
        Fault(line=1, column=name, value="", message="is missing: add it") for name in needed if name not in names
    ]
    if faults:
        raise RegisterError(faults)
    return names


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin on; a quoted cell may hold line breaks. Empty lines are left out."""
    before = 1
    for cells in lines:
        if any(cell.strip() for cell in cells):
            yield before + 1, cells
        before = lines.line_num  # type: ignore[attr-defined] # csv's reader has it


def _values(line: int, cells: list[str], names: list[str], model: type[R]) -> R:
    """One row.

    Raises:
        RegisterError: what is wrong with it.
    """
    if len(cells) != len(names):
        message = f"has {len(cells)} cells where there are {len(names)} columns: quote cells that hold a comma"
        raise RegisterError([Fault(line=line, column="", value="", message=message)])
    given = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if cell.strip()}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        details = error.errors()
    raise RegisterError([_fault(line, given, detail["loc"], detail["msg"]) for detail in details])


def _fault(line: int, given: Mapping[str, str], location: tuple[int | str, ...], message: str) -> Fault:
    column = str(location[0]) if location else ""
    return Fault(line=line, column=column, value=given.get(column, ""), message=message.removeprefix("Value error, "))


def repeated(rows: Iterable[Row[R]], column: str) -> Iterator[Fault]:
    """Rows whose key stands in an earlier one already."""
    seen: dict[str, int] = {}
    for row in rows:
        key = getattr(row.values, column)
        if key in seen:
            yield fault(row, column, f"is already in line {seen[key]}: leave one of them away")
        seen.setdefault(key, row.line)

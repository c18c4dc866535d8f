"""A workbook's (XLSX) bytes to a table of cells. Needs the extra ``xlsx`` (python-calamine), loaded when it is used."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from guardian.adapters.rosters.wire import Row, Table
from guardian.errors import RosterError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

LARGEST = 128 * 1024 * 1024  # bytes, unpacked
_MOST_ROWS = 100_000

_Cell = float | str | bool | time | date | datetime | timedelta | None


def table(raw: bytes, source: str, sheet: str = "") -> Table:
    """The cells of one sheet: ``sheet``, or the first that is shown and holds anything. Raises RosterError.

    Lines are the sheet's rows as the program shows them.
    """
    try:
        import python_calamine  # noqa: PLC0415 - an extra
    except ImportError:
        told = "reading XLSX needs python-calamine: pip install 'meeting-guardian[xlsx]', or save the sheet as CSV"
        raise RosterError(source, (told,)) from None
    _measure(raw, source)
    try:
        book = python_calamine.load_workbook(io.BytesIO(raw))
        name = _sheet(book, source, sheet)
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=_MOST_ROWS)
    except python_calamine.PasswordError:
        raise RosterError(source, ("the workbook is locked by a password; save it without",)) from None
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise RosterError(source, (f"not a workbook that can be read ({type(error).__name__})",)) from None
    rows = ((number, [_text(cell) for cell in row]) for number, row in enumerate(cells, start=1))
    found = tuple(Row(number, row) for number, row in rows if any(cell.strip() for cell in row))
    return Table(f"XLSX, sheet {name}", found)


def _measure(raw: bytes, source: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise RosterError(source, ("not a workbook that can be read: the file is damaged",)) from error
    if size > LARGEST:
        raise RosterError(source, (f"larger than {LARGEST // 1024 // 1024} MiB when unpacked",))


def _sheet(book: CalamineWorkbook, source: str, wanted: str) -> str:
    names = [
        sheet.name for sheet in book.sheets_metadata if str(sheet.visible).endswith(".Visible")
    ] or book.sheet_names
    if wanted:
        if wanted not in book.sheet_names:
            raise RosterError(source, (f"there is no sheet called that; there are: {', '.join(names[:20])}",))
        return wanted
    for name in names:
        if book.get_sheet_by_name(name).height:
            return name
    raise RosterError(source, ("the file is empty",))


def _text(cell: _Cell) -> str:
    """A cell as a text file would have it: whole numbers without a point, days as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes") if (cell.hour, cell.minute) != (0, 0) else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)

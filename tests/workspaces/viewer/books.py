"""Workbooks written by hand, as small as they can be, and as wrong as a test wants them."""

import io
import zipfile

_RELATIONS = '<Relationships><Relationship Id="r1" Target="{target}"/></Relationships>'
_WORKBOOK = '<workbook><sheets><sheet name="One" id="r1"/></sheets></workbook>'


def book(rows: str, *, prefix: str = "", shared: str | bytes = "") -> bytes:
    """Return a workbook of one sheet."""
    sheet = f"<{prefix}worksheet><{prefix}sheetData>{rows}</{prefix}sheetData></{prefix}worksheet>"
    return packed({"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": shared or "<sst/>"})


def packed(parts: dict[str, str | bytes], target: str = "worksheets/sheet1.xml", workbook: str = _WORKBOOK) -> bytes:
    """Return a workbook of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", workbook)
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format(target=target))
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()

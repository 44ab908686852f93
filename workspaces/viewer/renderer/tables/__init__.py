"""Tables: a hundred rows at a time, and what the columns hold, whatever the size of the file."""

import gzip
from typing import Any, BinaryIO, Protocol, cast

from workspaces.viewer.renderer.tables import delimited, parquet, sas, spreadsheet
from workspaces.viewer.renderer.tables.page import Page, in_facts, pages_of


class Reader(Protocol):
    """What there is for each format."""

    def warm_up(self) -> None:
        """Load what is loaded late: a child has no files to load it from."""
        ...

    def count_pages(self, file: BinaryIO, media_type: str) -> int:
        """Return how many pages there are; this may read all of the file."""
        ...

    def read_page(self, file: BinaryIO, media_type: str, number: int) -> Page:
        """Return one page."""
        ...


_READERS: dict[str, Reader] = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": spreadsheet,
    "application/vnd.apache.parquet": parquet,
    "application/x-sas-xport": sas,
    "application/x-sas-data": sas,
}


_UNPACKED = {
    "application/x-vcf+gzip": "text/x-vcf",
    "application/x-csv+gzip": "text/csv",
    "application/x-tsv+gzip": "text/tab-separated-values",
}


def warm_up() -> None:
    """Load what is loaded late."""
    for reader in (delimited, *_READERS.values()):
        reader.warm_up()


def describe(file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
    """Count the pages; this may read all of it."""
    opened, media_type = _opened(file, job)
    return {"pages": max(_reader(media_type).count_pages(opened, media_type), pages_of(0))}


def draw(file: BinaryIO, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the rows of one page, the names of the columns, and what these hold."""
    opened, media_type = _opened(file, job)
    return in_facts(_reader(media_type).read_page(opened, media_type, job["page"])), b""


def _opened(file: BinaryIO, job: dict[str, Any]) -> tuple[BinaryIO, str]:
    """Return the file to read, unpacked where it is packed, as variants mostly are."""
    media_type = job["media_type"]
    if media_type not in _UNPACKED:
        return file, media_type
    return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb")), _UNPACKED[media_type]


def _reader(media_type: str) -> Reader:
    return _READERS.get(media_type, delimited)

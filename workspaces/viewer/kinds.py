"""Which files are shown, and what draws them."""

from collections.abc import Container

from workspaces.media_types.claims import XLSX
from workspaces.models import Version
from workspaces.viewer.converting import ENDINGS, is_there
from workspaces.viewer.errors import cannot_show

_TREES = {
    "application/json", "application/xml", "application/hl7-v2", "application/fhir+json", "application/fhir+xml",
    "application/cda+xml",
}  # fmt: skip
_TABLES = {
    "text/csv", "text/tab-separated-values", "text/x-vcf", "application/x-vcf+gzip", XLSX,
    "application/x-csv+gzip", "application/x-tsv+gzip",
    "application/vnd.apache.parquet", "application/x-sas-xport", "application/x-sas-data",
}  # fmt: skip
_PICTURES = {"image/png", "image/jpeg", "image/tiff", "image/gif", "image/webp"}
_KINDS: dict[str, Container[str]] = {
    "image": _PICTURES,
    "dicom": {"application/dicom"},
    "pdf": {"application/pdf"},
    "office": ENDINGS,
    "table": _TABLES,
    "tree": _TREES,
    "text": {"image/svg+xml"},
}


def shows(version: Version) -> bool:
    """Return whether there is anything that draws files of this kind; whether this one is sound shows when it does."""
    kind = None if version.type_mismatch else _kind(version.media_type)
    return kind is not None and (kind != "office" or is_there())


def kind_of(version: Version) -> str:
    """Return what draws this version: "image", "dicom", "pdf", "office", "table", "tree" or "text".

    Raises:
        CannotShow: nothing does.

    """
    if version.type_mismatch:
        raise cannot_show("mismatch")
    kind = _kind(version.media_type)
    if kind is None:
        raise cannot_show("kind")
    if kind == "office" and not is_there():
        raise cannot_show("office")
    return kind


def is_drawn(version: Version) -> bool:
    """Return whether its pages are pictures for everybody, and the same ones, whatever their rights."""
    return not version.type_mismatch and _kind(version.media_type) in {"image", "dicom", "pdf", "office"}


def _kind(media_type: str) -> str | None:
    for kind, media_types in _KINDS.items():
        if media_type in media_types:
            return kind
    # Markup too: it is shown as the text it is, and nothing in it runs.
    return "text" if media_type.startswith("text/") else None

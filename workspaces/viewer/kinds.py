"""Which files are shown, and what draws them."""

from workspaces.media_types.claims import XLSX
from workspaces.models import Version
from workspaces.viewer.errors import cannot_show

_TREES = {
    "application/json", "application/xml", "application/hl7-v2", "application/fhir+json", "application/fhir+xml",
    "application/cda+xml",
}  # fmt: skip
_TEXTS = {"image/svg+xml"}
_TABLES = {
    "text/csv", "text/tab-separated-values", "text/x-vcf", XLSX, "application/vnd.apache.parquet",
    "application/x-sas-xport", "application/x-sas-data",
}  # fmt: skip
_PICTURES = {"image/png", "image/jpeg", "image/tiff", "image/gif", "image/webp"}


def shows(version: Version) -> bool:
    """Return whether there is anything that draws files of this kind; whether this one is sound shows when it does."""
    return not version.type_mismatch and _kind(version.media_type) is not None


def kind_of(version: Version) -> str:
    """Return what draws this version: "image", "dicom", "pdf", "table", "tree" or "text".

    Raises:
        CannotShow: nothing does.

    """
    if version.type_mismatch:
        raise cannot_show("mismatch")
    kind = _kind(version.media_type)
    if kind is None:
        raise cannot_show("kind")
    return kind


def _kind(media_type: str) -> str | None:
    if media_type in _PICTURES:
        return "image"
    if media_type == "application/dicom":
        return "dicom"
    if media_type == "application/pdf":
        return "pdf"
    if media_type in _TABLES:
        return "table"
    if media_type in _TREES:
        return "tree"
    # Markup too: it is shown as the text it is, and nothing in it runs.
    return "text" if media_type in _TEXTS or media_type.startswith("text/") else None

"""Which files the walk-through brings in: the public samples under walkthrough/ (see its PROVENANCE.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "walkthrough"
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Paper:
    """A file, the folder it goes into, the sample it is, and what is noted about its first version."""

    folder: str
    name: str
    sample: str
    note: str = ""


CT = Paper("Images", "CT head, slice 14.dcm", "images/CT_small.dcm", "Slice with the finding")
MR = Paper("Images", "MR brain, T1.dcm", "images/MR_small.dcm")
PHENOPACKET = Paper("Case histories", "Case 102, phenopacket.json", "histories/phenopacket-STXBP1.json")
FAMILY = Paper("Case histories", "Case 102, family history.json", "histories/familymemberhistory-example.json")
OBSERVATION = Paper("Case histories", "Case 102, first visit.json", "histories/observation-example.json")
CONSENT = Paper("Consent", "Consent form (blank).pdf", "forms/consent-form.pdf", "Approved wording")
GEHAN = Paper("Tables", "Remission with 6-MP, Gehan 1965.csv", "trials/gehan-1965.csv")
VETERAN = Paper("Tables", "Lung cancer, veterans.csv", "trials/veteran-lung.csv")
LUNG = Paper("Tables", "Advanced lung cancer.csv", "trials/advanced-lung.csv")
TWICE = Paper("Case histories", "Case 102, first visit (sent twice).json", "histories/observation-example.json")
DRAFT = Paper("Tables", "Advanced lung cancer (draft).csv", "trials/advanced-lung.csv")
OLD_CONSENT = Paper("Case histories", "Consent, old wording.json", "histories/consent-example.json")
DELIVERED = Paper("From outside", "Survival, outside site.csv", "trials/veteran-lung.csv")

STUDY = (CT, MR, PHENOPACKET, FAMILY, OBSERVATION, CONSENT)
TRIAL = (GEHAN, VETERAN, LUNG)


def chunks(paper: Paper) -> Iterator[bytes]:
    with (SAMPLES / paper.sample).open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def first_draft(paper: Paper) -> Iterator[bytes]:
    """Yield the table without its last line: the version that was brought in first, by mistake."""
    yield b"".join(chunks(paper)).rstrip().rpartition(b"\n")[0] + b"\n"

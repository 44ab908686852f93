"""Makes forms/consent-form.pdf, the blank form of the walk-through: python walkthrough/make_consent_form.py."""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

FORM = Path(__file__).parent / "forms" / "consent-form.pdf"
LINES = (
    "We ask for your consent to keep your child's medical history in an encrypted workspace and to share it with the",
    "doctors and scientists who work on this study. The example study of this walk-through does not exist.",
    "",
    "I agree that the medical history is kept and that the study's contributors may read it.   [  ] yes   [  ] no",
    "I agree that images are kept under a pseudonym.   [  ] yes   [  ] no",
    "I agree that data without names is shared with other studies of rare diseases.   [  ] yes   [  ] no",
    "",
    "I may withdraw this consent at any time, without giving a reason. Whoever has opened the data before then is",
    "written in the ledger of the study, and I may ask for that list.",
    "",
    "Name of the parent or guardian: ____________________________________   Date: ____________________",
    "",
    "Signature: ____________________________________",
)


def draw() -> None:
    canvas = Canvas(str(FORM), pagesize=A4, invariant=1)
    canvas.setTitle("Consent to keep and share a medical history")
    canvas.setAuthor("Example study")
    canvas.setFont("Helvetica-Bold", 15)
    canvas.drawString(20 * mm, 270 * mm, "Consent to keep and share a medical history")
    canvas.setFont("Helvetica", 9)
    for number, line in enumerate(LINES):
        canvas.drawString(20 * mm, (258 - 7 * number) * mm, line)
    canvas.save()


if __name__ == "__main__":
    draw()

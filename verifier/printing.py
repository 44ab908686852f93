"""The report as one HTML page: for printing and filing, without script and without anything from elsewhere."""

from html import escape

from verifier.report import Report, printable

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 11pt/1.45 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
li {{ overflow-wrap: anywhere; margin-block: .35rem; }}
.verdict {{ border: 2px solid; border-radius: .4rem; padding: .6rem .9rem; font-weight: 600; }}
@page {{ margin: 20mm; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{subject}</p>
{verdict}
{sections}
</body>
</html>
"""


def as_html(report: Report) -> str:
    """The report as a page."""
    sections = [("Checked against", report.against), ("Checked and holding", report.checks)]
    if report.holds:
        sections += [("What that means", report.meaning), ("What this cannot tell", report.limits)]
    return _PAGE.format(
        title=_text(f"Verification of {report.file}"),
        subject=_text(report.subject),
        verdict=_verdict(report),
        sections="\n".join(_section(title, sentences) for title, sentences in sections if sentences),
    )


def _verdict(report: Report) -> str:
    if report.failure is None:
        return '<p class="verdict">Everything that was checked holds.</p>'
    return f'<p class="verdict">Does not hold: {_text(report.failure)}<br>Do not rely on this file.</p>'


def _section(title: str, sentences: list[str]) -> str:
    items = "".join(f"<li>{_text(one)}</li>" for one in sentences)
    return f"<h2>{title}</h2>\n<ul>{items}</ul>"


def _text(text: str) -> str:
    return escape(printable(text))

"""Pages as runs, each by its first and last one: [[1, 4], [9, 9]]."""

Runs = list[list[int]]

MOST = 50
"""A viewing with more runs ends, and another begins: so its summary has a bound, and says nothing that is not so."""


def with_page(runs: Runs, page: int) -> Runs:
    """Return the runs with one page more."""
    grown: Runs = []
    for first, last in sorted([*runs, [page, page]]):
        if grown and first <= grown[-1][1] + 1:
            grown[-1][1] = max(grown[-1][1], last)
        else:
            grown.append([first, last])
    return grown


def holds(runs: Runs, page: int) -> bool:
    return any(first <= page <= last for first, last in runs)


def in_words(runs: Runs) -> str:
    """Return "page 3", "pages 1 to 4, 9" or "no page"."""
    if not runs:
        return "no page"
    parts = [str(first) if first == last else f"{first} to {last}" for first, last in runs]
    one = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"{'page' if one else 'pages'} {', '.join(parts)}"

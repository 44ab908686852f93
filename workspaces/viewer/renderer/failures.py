"""Why a page is not drawn: a code for the other side, which has the sentences."""


class CannotDraw(Exception):
    """`code` is one of those in workspaces.viewer.errors; `facts` are numbers for its sentence."""

    def __init__(self, code: str, **facts: int) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


# More pixels than this are not decoded: 120 million are 360 MB, as much as one child may use.
MOST_PIXELS = 120_000_000


def refuse_too_many_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise CannotDraw("broken")
    if width * height > MOST_PIXELS:
        raise CannotDraw("too_many_pixels", width=width, height=height)


def refuse_missing_page(page: int, pages: int) -> None:
    if not 1 <= page <= pages:
        raise CannotDraw("no_such_page", page=page, pages=pages)

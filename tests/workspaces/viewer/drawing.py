"""Drawing without a database: bytes go in, what the child made of them comes out."""

import io
from typing import Any

from PIL import Image

from workspaces.viewer.drawing import Drawn, Job, renderer

STAMP = ["Alice Brandt · Charité, Berlin", "2026-11-29 05:41 UTC · entry 0191f5e2"]


def draw(kind: str, content: bytes, media_type: str = "", page: int | None = 1, **look: Any) -> Drawn:
    job = Job(kind, media_type, len(content), page, **{"stamp": STAMP, **look})
    read_at, key = memoryview(content), content[:9999]
    return renderer().draw(job, lambda at, size: bytes(read_at[at : at + size]), person="alice", document=key)


def picture(drawn: Drawn) -> Image.Image:
    image = Image.open(io.BytesIO(drawn.picture))
    image.load()
    return image

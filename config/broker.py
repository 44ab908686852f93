"""The embedded broker: kombu's file transport, made safe for a reader that looks while a message is being written.

kombu creates a message's file and then fills it; a worker that polls often meets it empty and stops. It also passes
every message through /tmp. Here a message is written beside its place and renamed, so it is there whole or not at all.
Messages are wake-ups (core.queue): one that is lost costs time only, so nothing is synced to disk.
"""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

SCHEME = "files"


class Channel(filesystem.Channel):
    # The stubs of the two base classes name the second argument differently.
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        # The reader takes names in order and looks for ".<queue>.msg" in them.
        name = f"{time.time_ns()}_{uuid.uuid4()}"
        unfinished = folder / f"{name}.unfinished"
        # Whoever can write here can wake our workers: nobody but their own account may.
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(dumps(payload))
        unfinished.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """Take the oldest message; whoever renames it first has it."""
        folder = Path(self.data_folder_in)
        for path in sorted(folder.glob(f"*.{queue}.msg")):
            taken = path.with_suffix(".taken")
            try:
                path.rename(taken)
                payload: dict[str, Any] = loads(taken.read_text(encoding="utf-8"))
                taken.unlink()
            except FileNotFoundError:
                continue
            return payload
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel


def register() -> None:
    """Let `BROKER_URL=files://localhost/` name this transport."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"

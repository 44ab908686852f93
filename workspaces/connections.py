"""What the web server's connection may be able to do, past the server itself (`config/worker.py` makes it able)."""

from typing import BinaryIO, Protocol, runtime_checkable


@runtime_checkable
class Direct(Protocol):
    """A connection that is given content straight from the buffer or the file that holds it, without a copy.

    The server must have sent its own header before: it does when the first piece is yielded to it, even an empty one.
    """

    def send_view(self, view: memoryview) -> None:
        """Send all of it; it may be changed as soon as this returns."""
        ...

    def send_file(self, file: BinaryIO, offset: int, count: int) -> int:
        """Send so many bytes of the file and return how many there were."""
        ...

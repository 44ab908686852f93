"""The file that is looked at, as far as the child sees it: bytes that it asks for, one block at a time."""

import io
import socket
from collections import OrderedDict
from typing import TYPE_CHECKING

from workspaces.viewer.renderer import wire

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 256 * 1024
_KEPT = 64


class RemoteFile(io.RawIOBase):
    """Reads like a file. The bytes are opened and verified on the other side, block by block."""

    def __init__(self, line: socket.socket, size: int) -> None:
        super().__init__()
        self._line = line
        self._size = size
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._at < self._size:
            number, skip = divmod(self._at, BLOCK)
            part = self._block(number)[skip : skip + len(view) - done]
            if not part:
                break
            view[done : done + len(part)] = part
            done += len(part)
            self._at += len(part)
        return done

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        offset = number * BLOCK
        wire.send(self._line, wire.READ, wire.pack_place(offset, min(BLOCK, self._size - offset)))
        kind, block = wire.receive(self._line)
        if kind != wire.DATA:
            raise wire.WireError("no data")
        self._blocks[number] = block
        if len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        return block

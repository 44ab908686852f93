"""The warm process: it has every library loaded, never sees a file, and forks one locked-in child for each page."""

import gc
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress

from workspaces.viewer.renderer import drawing, sandbox

WALL_SECONDS = 20.0
_PATIENCE = 2.0


class Server:
    """Takes sockets over `control`, gives each to a child, and ends every child that takes too long."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, float] = {}

    def run(self) -> None:
        """Serve until the other side hangs up."""
        woken = self._wake_on_ended_children()
        while True:
            ready, _, _ = select.select([self._control.fileno(), woken], [], [], self._until_next())
            if woken in ready:
                with suppress(BlockingIOError):
                    os.read(woken, 4096)
            if self._control.fileno() in ready and not self._take():
                self._end_all()
                return
            self._reap()
            self._end_late_ones()

    def _take(self) -> bool:
        said, given, _, _ = socket.recv_fds(self._control, 1, 1)
        if not said:
            return False
        for line in given:
            child = os.fork()
            if child == 0:
                _draw_and_end(line)
            os.close(line)
            self._children[child] = time.monotonic()
        return True

    def _reap(self) -> None:
        for child in list(self._children):
            with suppress(ChildProcessError):
                ended, _ = os.waitpid(child, os.WNOHANG)
                if ended:
                    del self._children[child]

    def _end_late_ones(self) -> None:
        for child, begun in self._children.items():
            took = time.monotonic() - begun
            if took > WALL_SECONDS:
                os.kill(child, signal.SIGKILL)
            elif took > _PATIENCE:
                sandbox.stand_back(child)

    def _end_all(self) -> None:
        for child in self._children:
            os.kill(child, signal.SIGKILL)

    def _until_next(self) -> float | None:
        return 0.25 if self._children else None

    @staticmethod
    def _wake_on_ended_children() -> int:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        os.set_blocking(write_end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        return read_end


def _draw_and_end(line: int) -> None:
    """Be the child: whatever happens, it does not come back from here."""
    try:
        signal.set_wakeup_fd(-1)
        # Told what kind of socket it is, or else it would ask the kernel, which does not answer any more.
        talk = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=line)
        try:
            sandbox.lock_in(line)
        except sandbox.NoSandbox:
            drawing.refuse(talk, "sandbox")
        else:
            drawing.answer(talk)
    finally:
        os._exit(0)


def main() -> None:
    """Serve over standard input, which is a socket."""
    control = socket.socket(fileno=os.dup(0))
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever stops the web server stops all its processes at once; this one ends when the web worker has.
        signal.signal(stop, signal.SIG_IGN)
    drawing.warm_up()
    # What is loaded now is shared with every child as long as nobody counts it.
    gc.freeze()
    gc.disable()
    sandbox.leave_the_network()
    Server(control).run()
    sys.exit(0)

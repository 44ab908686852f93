"""Work done ahead by a helper thread, and by the caller too, who never waits for what nobody has begun.

On an idle machine the two share the work; on a busy one, where the helper may not get a processor soon, the caller goes
on alone. Queue and locks are those of the interpreter itself: at a thousand pieces of work a second, what
`concurrent.futures` spends on each is a good part of the time.
"""

import threading
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar
from weakref import finalize

T = TypeVar("T")


class Task(Generic[T]):
    """A piece of work, done once, by whoever begins it first."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._begun = threading.Lock()
        self._ended = threading.Lock()
        self._ended.acquire()
        self._found: T
        self._error: BaseException | None = None

    def attempt(self) -> bool:
        """Do the work unless somebody has begun it; return whether it was done here."""
        if not self._begun.acquire(blocking=False):
            return False
        try:
            self._found = self._work()
        except BaseException as error:  # noqa: BLE001  raised where the result is asked for
            self._error = error
        self._ended.release()
        return True

    def result(self, meanwhile: "Iterable[Task[Any]]" = ()) -> T:
        """Return what came of it: do the work now, or one piece of other work while somebody else does it.

        Raises:
            BaseException: whatever the work raised.

        """
        if not self.attempt() and self._ended.locked():
            any(task.attempt() for task in meanwhile)
        return self.wait()

    def wait(self) -> T:
        """Return what came of work that must be left to the helper, which does such work in order.

        Raises:
            BaseException: whatever the work raised.

        """
        self._ended.acquire()
        self._ended.release()
        if self._error is not None:
            raise self._error
        return self._found


class Helper:
    """A thread that does the tasks it is given, in order; it starts with the first of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: SimpleQueue[Task[Any] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        # A helper that was forgotten ends too: its thread holds the queue, and nothing that leads back here.
        self._end = finalize(self, self._tasks.put, None)

    def give(self, task: Task[Any]) -> None:
        """Let the thread do a task when its turn comes."""
        self._tasks.put(task)
        if self._thread is None:
            self._thread = threading.Thread(target=_do_all, args=[self._tasks], name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Take back what was not begun, and wait until the thread has ended. May be called at any time."""
        try:
            while True:
                self._tasks.get_nowait()
        except Empty:
            self._tasks.put(None)
        self._end.detach()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()


def _do_all(tasks: "SimpleQueue[Task[Any] | None]") -> None:
    while (task := tasks.get()) is not None:
        task.attempt()
        del task  # so that what it holds is not kept until the next one comes

"""Work done ahead: once, by whoever comes first, and never lost."""

import gc
import threading
import time

import pytest

from workspaces.crypt4gh.helping import Helper, Task


def helpers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "crypt4gh-test"]


class Waiting:
    """Work that goes on when it may, and says who did it."""

    def __init__(self) -> None:
        self.begun, self.go_on, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.go_on.wait(10)
        self.ended.set()
        return threading.current_thread().name

    def let_go_on(self) -> threading.Thread:
        self.go_on.set()
        return threading.current_thread()


def test_a_task_is_done_by_whoever_needs_it() -> None:
    assert Task(threading.current_thread).result() is threading.current_thread()


def test_a_task_is_done_by_the_helper_before_it_is_needed() -> None:
    helper, waits = Helper("crypt4gh-test"), Waiting()
    waits.go_on.set()
    helper.give(task := Task(waits))
    assert waits.ended.wait(10)
    assert task.result() == "crypt4gh-test"
    helper.stop()


def test_a_task_is_done_once() -> None:
    times: list[int] = []
    task = Task(lambda: times.append(1))
    assert (task.attempt(), task.attempt()) == (True, False)
    task.result()
    task.result()
    assert times == [1]


def test_who_waits_for_the_helper_does_other_work_meanwhile() -> None:
    helper, waits = Helper("crypt4gh-test"), Waiting()
    helper.give(slow := Task(waits))
    other = Task(waits.let_go_on)
    assert waits.begun.wait(10)
    assert slow.result([other]) == "crypt4gh-test"
    assert other.result() is threading.current_thread()
    helper.stop()


def test_an_error_comes_out_where_the_result_is_asked_for() -> None:
    helper = Helper("crypt4gh-test")
    helper.give(broken := Task(lambda: 1 // 0))
    helper.give(sound := Task(lambda: 7))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            broken.result()
    assert sound.result() == 7
    helper.stop()


def test_a_stopped_helper_begins_nothing_more() -> None:
    helper, waits = Helper("crypt4gh-test"), Waiting()
    helper.give(Task(waits))
    helper.give(second := Task(lambda: None))
    assert waits.begun.wait(10)
    threading.Timer(0.05, waits.go_on.set).start()
    helper.stop()
    assert helpers() == []
    assert second.attempt()


def test_a_helper_without_work_starts_no_thread_and_may_be_stopped() -> None:
    helper = Helper("crypt4gh-test")
    assert helpers() == []
    helper.stop()
    helper.stop()


def test_a_forgotten_helper_ends() -> None:
    helper = Helper("crypt4gh-test")
    helper.give(Task(lambda: None))
    del helper
    gc.collect()
    deadline = time.monotonic() + 10
    while helpers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert helpers() == []

"""Whatever a log and its forks ask for in whatever order: what was cosigned is always one history."""

import tempfile
from pathlib import Path

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.cosignature import timestamp
from ledger_bridge.tlog.note import parse
from tests.witness.conftest import ORIGIN, FakeLog, make_witness, open_witness
from witness.errors import DeclinedError

_SIZES = strategies.integers(0, 24)


class Witnessed(RuleBasedStateMachine):
    """Two witnesses on one file, a clock that jumps, and a log with any number of histories."""

    def __init__(self) -> None:
        super().__init__()
        self._scratch = tempfile.TemporaryDirectory()
        directory = make_witness(Path(self._scratch.name) / "w")
        self.now = 1000.0
        self.witnesses = [open_witness(directory, lambda: self.now) for _ in range(2)]
        first = FakeLog()
        first.grow(24)
        self.histories = [first]
        self.cosigned: list[tuple[FakeLog, int, int]] = []

    @rule(at=_SIZES, which=strategies.integers(0, 3))
    def fork(self, at: int, which: int) -> None:
        if len(self.histories) < 4:
            source = self.histories[which % len(self.histories)]
            other = FakeLog(list(source.hashes[:at]))
            other.grow(24 - at, b"%d:" % len(self.histories))
            self.histories.append(other)

    @rule(to=strategies.floats(-10, 1e9))
    def move_the_clock(self, to: float) -> None:
        self.now = to

    @rule(old=_SIZES, new=_SIZES, which=strategies.integers(0, 3), process=strategies.integers(0, 1))
    def ask(self, old: int, new: int, which: int, process: int) -> None:
        if old <= new:
            self._ask(old, new, which, process)

    @rule(new=_SIZES, which=strategies.integers(0, 3), process=strategies.integers(0, 1))
    def ask_from_the_head(self, new: int, which: int, process: int) -> None:
        old = self.witnesses[0].state.head(ORIGIN).size
        if old <= new:
            self._ask(old, new, which, process)

    def _ask(self, old: int, new: int, which: int, process: int) -> None:
        log = self.histories[which % len(self.histories)]
        held = self.witnesses[0].state.head(ORIGIN)
        must = old == held.size and (old == 0 or log.root(old) == held.root)
        try:
            lines = self.witnesses[process].add_checkpoint(log.request(old, new))
        except DeclinedError:
            assert not must
        else:
            assert must
            blob = parse(log.note(new) + lines).signatures[1].blob
            self.cosigned.append((log, new, timestamp(blob)))

    @invariant()
    def sizes_and_times_never_go_back(self) -> None:
        sizes = [(size, moment) for _, size, moment in self.cosigned]
        assert sizes == sorted(sizes)
        assert [moment for _, moment in sizes] == sorted(moment for _, moment in sizes)

    @invariant()
    def everything_cosigned_is_one_history(self) -> None:
        for log, size, _ in self.cosigned[:-1]:
            last, _, _ = self.cosigned[-1]
            assert last.root(size) == log.root(size)

    @invariant()
    def what_is_remembered_is_the_last_that_was_cosigned(self) -> None:
        if self.cosigned:
            log, size, moment = self.cosigned[-1]
            head = self.witnesses[0].state.head(ORIGIN)
            assert (head.size, head.root, head.time) == (size, log.root(size), moment)
            assert Checkpoint.parse(parse(head.note).text).size == size

    def teardown(self) -> None:
        self._scratch.cleanup()


TestWitnessed = Witnessed.TestCase
TestWitnessed.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

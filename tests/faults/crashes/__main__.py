"""`python -m tests.faults.crashes --crashes 1000 --seed 7`: crash, restart, look, and again.

Every round is drawn from the seed and its number alone. Exit status 1 when a promise was broken, with seed and round.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
HOME = Path(tempfile.mkdtemp(prefix="ithaca-crashes-"))
os.environ["ITHACA_HOME"] = str(HOME)
for name in ("DATABASE_URL", "SUBJECT_KEYS_URL", "LEDGER_WITNESS_POLICY", "ITHACA_FAILPOINT"):
    os.environ.pop(name, None)

from config.supervisor import say
from tests.faults.crashes.installation import WITHIN, Installation, kill, wait_for
from tests.faults.crashes.places import places

KILLED = -9


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--crashes", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    say(f"CRASHES={options.crashes} SEED={options.seed}")
    installation = Installation(HOME)
    started = time.monotonic()
    try:
        installation.start()
        run = Run(installation, options.seed)
        holds = run.until(options.crashes)
        say(run.summary(time.monotonic() - started))
    finally:
        installation.stop()
    if holds:
        shutil.rmtree(HOME, ignore_errors=True)
    else:
        say(installation.said()[-6_000:])
    return 0 if holds else 1


class Run:
    """Round after round, until enough processes died."""

    def __init__(self, installation: Installation, seed: int) -> None:
        from tests.faults.crashes.promises import Promises

        self.installation = installation
        self.seed = seed
        self.acknowledged = HOME / "acknowledged"
        self.acknowledged.touch()
        self.promises = Promises(installation, self.acknowledged)
        self.died: Counter[str] = Counter()
        self.rounds = 0
        self.slowest = 0.0
        self.anchor_places = places("ledger_bridge/anchors") if installation.chain else []
        self.tile_places = places("ledger_bridge", "tile_*.py")
        self.ledger_places = sorted(
            set(places("ledger_bridge")) - {*places("ledger_bridge/anchors"), *self.tile_places}
        )

    def until(self, crashes: int) -> bool:
        while self.died.total() < crashes:
            self.rounds += 1
            planned = ""
            try:
                chance = random.Random(f"{self.seed}/{self.rounds}")
                planned = self._round(chance)
            except Exception as error:  # noqa: BLE001  whatever it is, it has to be told with the seed
                say(f"BROKEN in round {self.rounds} of SEED={self.seed} ({planned or self.plan}): {error!r}")
                return False
        try:
            self.promises.check_everything()
        except Exception as error:  # noqa: BLE001  as above
            say(f"BROKEN at the end of SEED={self.seed}: {error!r}")
            return False
        return True

    def summary(self, seconds: float) -> str:
        acknowledged, seen = len(self.acknowledged.read_text().split()), len(self.promises.shown)
        lines = [
            f"{self.died.total()} crashes in {self.rounds} rounds, {seconds:.0f} s (SEED={self.seed}).",
            f"Back at rest within {self.slowest:.1f} s at the longest.",
            f"{self.promises.size} entries in one log; all {acknowledged} that were acknowledged are among them, once.",
            f"{seen} checkpoints were signed, published or cosigned, all consistent with the last.",
        ]
        return "\n".join(lines + [f"  {count:5}  {what}" for what, count in sorted(self.died.items())])

    def _round(self, chance: random.Random) -> str:
        from tests.faults.crashes import work

        fork = self.installation.fork
        anchors = bool(self.anchor_places) and chance.random() < 0.12
        if self.rounds == 1:
            wait_for([fork(lambda: work.fill_a_tile(self.acknowledged))], WITHIN)
            wait_for([fork(lambda: work.come_to_rest(anchors=False))], 2 * WITHIN)
        if chance.random() < 0.3:
            work.lose_a_tile()
        victims = self._start_victims(chance, anchors=anchors)
        committers = [
            fork(lambda n=n: work.commit(self.acknowledged, f"{self.seed}/{self.rounds}/{n}"))  # type: ignore[misc]
            for n in range(2)
        ]
        self._disturb(chance, committers)
        self._bury(victims)
        wait_for(committers, WITHIN)
        for witness in self.installation.witnesses:
            if witness.process is None:
                witness.start()
        started = time.monotonic()
        rest = fork(lambda: work.come_to_rest(anchors=anchors))
        ended = wait_for([rest], 2 * WITHIN + 30)
        if ended.get(rest) != 0:
            kill(rest)
            raise RuntimeError(f"it does not come to rest (status {ended.get(rest)})")
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.promises.check(chance)
        return self.plan

    def _start_victims(self, chance: random.Random, *, anchors: bool) -> dict[int, str]:
        count = chance.choice((1, 2, 2))
        victims: dict[int, str] = {}
        for number in range(count):
            task, known = self._pick(chance, anchors=anchors and number == 0)
            place = chance.choice(known)
            wish = f"{place}:{chance.choice((1, 1, 2))}" if chance.random() < 0.85 else ""
            what = place if wish else "a random moment"
            victims[self.installation.fork(lambda task=task, wish=wish: task(wish))] = what  # type: ignore[misc]
        self.plan = ", ".join(victims.values())
        return victims

    def _pick(self, chance: random.Random, *, anchors: bool) -> tuple[Callable[[str], None], list[str]]:
        """Choose what a process does until it dies, and the places that it comes by."""
        from tests.faults.crashes import work

        if anchors:
            return work.anchor, self.anchor_places
        if chance.random() < 0.2:
            return work.store, self.tile_places
        return work.sequence, self.ledger_places

    def _disturb(self, chance: random.Random, committers: list[int]) -> None:
        """Now and then, let something else die while they work."""
        deadline = time.monotonic() + chance.uniform(0.02, 0.2)
        what = chance.random()
        while time.monotonic() < deadline:
            self.promises.look_at_published()
            time.sleep(0.003)
        if what < 0.03:
            self.plan += "; the database"
            self.installation.crash_database()
            self.died["the database server, at a random moment"] += 1
        elif what < 0.08:
            self.plan += "; a witness"
            chance.choice(self.installation.witnesses).kill()
            self.died["a witness, at a random moment"] += 1
        elif what < 0.16:
            self.plan += "; a committer"
            kill(committers[0])
            self.died["somebody who records, at a random moment"] += 1

    def _bury(self, victims: dict[int, str]) -> None:
        """Wait until each died where it should; who did not get there in time dies now."""
        from django.db import connections

        ended = wait_for(list(victims), 0.7)
        late = [pid for pid in victims if pid not in ended]
        for pid in late:
            kill(pid)
        ended |= wait_for(late, WITHIN)
        for pid, what in victims.items():
            if ended[pid] not in {KILLED, 0}:
                raise RuntimeError(f"a process that should have died at “{what}” ended with {ended[pid]}")
            if ended[pid] == KILLED:
                where = "a random moment" if pid in late else f"at “{what}”"
                self.died[where] += 1
        connections.close_all()


if __name__ == "__main__":
    sys.exit(main())

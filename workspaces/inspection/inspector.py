"""The one thing that others use: takes a file piece by piece, and says at the end what was in it."""

from workspaces.inspection.findings import Budget, Found, Limits, State, StopLookingError
from workspaces.inspection.layer import Layer


class Inspector:
    """Looks into one file.

    It never fails because of what stands in the file: what cannot be read is a finding.

    Args:
        limits: how much is looked into.

    """

    def __init__(self, limits: Limits) -> None:
        self._budget = Budget(limits)
        self._layer = Layer(self._budget, 0)
        self._stopped: StopLookingError | None = None

    def update(self, data: bytes | memoryview) -> None:
        """Look at the next bytes of the file."""
        if self._stopped is None and self._layer.is_at_work:
            self._budget.take(len(data))
            try:
                self._layer.put(data)
            except StopLookingError as stopped:
                self._stopped = stopped

    def finish(self) -> Found | None:
        """Return what was found, or None where the file is no archive."""
        if self._stopped is None:
            try:
                self._layer.close()
            except StopLookingError as stopped:
                self._stopped = stopped
        budget = self._budget
        if self._stopped:
            return Found(self._stopped.state, self._stopped.finding, budget.entries, budget.unpacked)
        if budget.unknown:
            return Found(State.UNSEEN, budget.unknown, budget.entries, budget.unpacked)
        if not self._layer.is_archive:
            return None
        return Found(State.SOUND, "", budget.entries, budget.unpacked, budget.office)

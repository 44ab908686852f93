"""What can go wrong in a witness."""


class WitnessError(Exception):
    """Root of every error that is raised on purpose. The message is a sentence for whoever runs the witness."""


class UnusableError(WitnessError):
    """The directory, the settings or the key cannot be used as they are."""


class UnreachableError(WitnessError):
    """A log did not answer, or not as a log does."""


class DeclinedError(WitnessError):
    """A checkpoint is not cosigned. `status` is what tlog-witness says to answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class ConflictError(DeclinedError):
    """The proof does not start where the witness stands, at `size`."""

    def __init__(self, size: int) -> None:
        super().__init__(409, f"old: the latest checkpoint that was cosigned has size {size}")
        self.size = size

"""The errors a deed may raise. Each carries a sentence for people, a code for programs and an HTTP status."""

from typing import Any


class IthacaError(Exception):
    status = 400
    code = "error"

    def __init__(self, sentence: str, **extra: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.extra = extra


class InvalidInput(IthacaError):
    """What was sent cannot be accepted; `field` names the form field where there is one."""

    status = 400
    code = "invalid"

    def __init__(self, sentence: str, *, field: str | None = None, **extra: Any) -> None:
        super().__init__(sentence, **extra)
        self.field = field


class Refused(IthacaError):
    """The person is known and may see the thing, but a rule forbids the deed. The rule is named."""

    status = 403
    code = "refused"
    ask = ask_url = ask_label = ""
    """What can be done about it and where, in words and as an address, where the rule itself knows that."""

    def __init__(self, sentence: str, *, right: str = "", subject: Any = None) -> None:
        super().__init__(sentence)
        self.right = right
        self.subject = subject


class Conflict(IthacaError):
    """Somebody was faster, or a name is taken; the answer says which choices there are."""

    status = 409
    code = "conflict"


class Gone(IthacaError):
    """It was there and will not be again."""

    status = 410
    code = "gone"


class Locked(IthacaError):
    """Somebody else is at it at this moment; trying again soon is safe."""

    status = 423
    code = "locked"


class TooLarge(IthacaError):
    status = 413
    code = "too_large"


class DamagedContent(IthacaError):
    """Stored bytes do not match what was recorded. Nothing of them is shown."""

    status = 500
    code = "damaged"


class Unavailable(IthacaError):
    """A service that Ithaca needs does not answer. Nothing was done; trying again later is safe."""

    status = 503
    code = "unavailable"


class StorageFull(IthacaError):
    status = 507
    code = "storage_full"

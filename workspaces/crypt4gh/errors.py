"""What this package raises on bad input: one root, a sentence each.

A message says what is wrong and, where that applies, at which segment. It never contains a key, a passphrase or a
byte of plaintext, so it may be logged. Misuse by the calling program (a data key of the wrong length, say) is a
`ValueError` and not part of this tree.
"""


class Crypt4ghError(Exception):
    """The root: anything this package refuses."""


class HeaderError(Crypt4ghError):
    """The header is not one that profile S1 accepts, or not for this reader."""


class LengthError(Crypt4ghError):
    """A length is impossible, or is not the one on record."""


class SegmentError(Crypt4ghError):
    """A segment is not what belongs at its place.

    Args:
        segment: zero-based number of the place in the body.
        what: predicate of the sentence, such as "does not authenticate".

    """

    def __init__(self, segment: int, what: str) -> None:
        super().__init__(f"Segment {segment} {what}.")
        self.segment = segment


class CommitmentError(Crypt4ghError):
    """The data key is not the one that was committed to for this file and version."""


class KeyFileError(Crypt4ghError):
    """A key file cannot be read, or holds a key that must not be used."""


class PassphraseError(KeyFileError):
    """The passphrase is missing or does not open the key file."""


class ClosedWriterError(Crypt4ghError):
    """The writer was finished or aborted and takes no more data."""


class ReceiptError(Crypt4ghError):
    """A receipt cannot be read, or a file is not the one that it is about."""

"""Splits a 32-byte secret into three sheets of words, of which any two give it back (SLIP-0039, no passphrase).

The words carry a checksum, and two shares together a digest of the secret: a wrong word, a share of another escrow or
a share used twice is noticed. The arithmetic is the standard's own reference implementation. It does not run in
constant time, so it belongs into a command on a machine that nobody else works on, and nowhere else.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share as Slip39Share

from core.errors import InvalidInput

SHARES = 3
NEEDED = 2

_WORDS = 33
_A_LINE = 6
_NUMBERED = re.compile(r"\b\d{1,2}\s+([a-z]+)\b")
_MARK = "WORDS"


@dataclass(frozen=True)
class Share:
    """One of three."""

    number: int
    words: str

    def __repr__(self) -> str:
        return f"Share({self.number})"


def split(secret: bytes) -> list[Share]:
    """Return three shares of a secret."""
    (mnemonics,) = generate_mnemonics(1, [(NEEDED, SHARES)], secret, iteration_exponent=0)
    return [Share(number, words) for number, words in enumerate(mnemonics, start=1)]


def combine(shares: Collection[Share]) -> bytes:
    """Return the secret behind two shares.

    Raises:
        InvalidInput: when they do not belong together, or are not two.

    """
    if len({share.number for share in shares}) != NEEDED:
        raise InvalidInput("It takes two different shares.")
    try:
        return bytes(combine_mnemonics([share.words for share in shares]))
    except MnemonicError as error:
        # The library's sentence quotes words of a share.
        raise InvalidInput("These two shares do not belong together.") from error.__cause__


def parse(text: str) -> Share:
    """Return the share on a sheet, or in bare words.

    Raises:
        InvalidInput: when a word is missing or wrong.

    """
    _, mark, below = text.partition(_MARK)
    words = _NUMBERED.findall(below) if mark else text.lower().split()
    if len(words) != _WORDS:
        raise InvalidInput(f"A share has {_WORDS} words; here are {len(words)}.")
    try:
        found = Slip39Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        raise InvalidInput("A word of this share is wrong: its checksum does not fit.") from None
    return Share(found.index + 1, " ".join(words))


def sheet(share: Share, *, installation: str, escrow: str, made: str) -> str:
    """Return what is given to the keeper of a share."""
    words = share.words.split()
    numbered = [f"{number:>2} {word:<10}" for number, word in enumerate(words, start=1)]
    lines = ["  ".join(numbered[n : n + _A_LINE]).rstrip() for n in range(0, len(numbered), _A_LINE)]
    return "\n".join(
        [
            f"ITHACA: SHARE {share.number} OF {SHARES} OF THE ESCROW OF THE KEYS",
            "",
            f"Installation  {installation}",
            f"Escrow        {escrow}",
            f"Made          {made}",
            "",
            f"Any {NEEDED} of the {SHARES} shares, with the file escrow.c4gh from a backup, give back the keys of this",
            "installation, and with them and a backup everything that is stored in it. One share alone says nothing.",
            "Keep it where the keepers of the other shares cannot come, and show it to nobody. There is no copy of it.",
            f"The {_WORDS} words are a SLIP-0039 share without a passphrase; a mistyped word is noticed.",
            "",
            _MARK,
            *lines,
            "",
        ]
    )

"""A temporary file that holds ciphertext only; its key is made with it, kept in memory, and dies with it."""

from tempfile import SpooledTemporaryFile

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_IN_MEMORY = 4 << 20
_NONCE_SIZE = 12


class SealedSpool:
    """Pieces by number, in the order in which they were put in."""

    def __init__(self) -> None:
        self._cipher = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by close()
        self._ends = [0]

    def put(self, piece: bytes) -> int:
        """Keep a piece and return its number."""
        number = len(self._ends) - 1
        sealed = self._cipher.encrypt(_nonce(number), piece, None)
        self._file.seek(self._ends[-1])
        self._file.write(sealed)
        self._ends.append(self._ends[-1] + len(sealed))
        return number

    def get(self, number: int) -> bytes:
        """Return a piece."""
        start, end = self._ends[number : number + 2]
        self._file.seek(start)
        return self._cipher.decrypt(_nonce(number), self._file.read(end - start), None)

    def close(self) -> None:
        self._file.close()


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_SIZE, "big")

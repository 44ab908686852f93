"""Moving from one key service to another: the new one wraps, and the old one still opens what it wrapped.

Rotating the roots moves every key over; then the old service is taken out of the settings.
"""

from core.kms.protocol import Context, Generation, KeyService, generation_of


class MovingService:
    """Two services behind one Protocol. They must be of different kinds: the format of a wrap says whose it is."""

    def __init__(self, after: KeyService, before: KeyService) -> None:
        self._after = after
        self._before = before
        self.format = after.format

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        return self._after.generate(root, context)

    def wrap(self, root: str, key: bytes, context: Context) -> bytes:
        return self._after.wrap(root, key, context)

    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        return self._owner(wrapped).unwrap(root, wrapped, context)

    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        if self._owner(wrapped) is self._after:
            return self._after.rewrap(root, wrapped, context)
        return self._after.wrap(root, self._before.unwrap(root, wrapped, context), context)

    def newest(self, root: str) -> Generation:
        return self._after.newest(root)

    def rotate(self, root: str) -> int:
        return self._after.rotate(root)

    def destroy(self, root: str, generation: int) -> None:
        self._after.destroy(root, generation)

    def check(self) -> None:
        self._after.check()
        self._before.check()

    def _owner(self, wrapped: bytes) -> KeyService:
        return self._after if generation_of(wrapped).format == self._after.format else self._before

"""Keccak-256, the hash of Ethereum: SHA-3 before its final padding, so `hashlib` does not have it.

Slow (a few thousand short messages a second) and not constant-time: for public evidence only.
"""

_LANES = range(25)
_RATE = 136
_MASK = (1 << 64) - 1


def keccak_256(data: bytes) -> bytes:
    """Return the 32-byte digest."""
    padded = bytearray(data)
    padded += b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = start + 8 * lane
            state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _rotate(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & _MASK if by else lane


def _permute(state: list[int]) -> list[int]:
    for constant in _ROUND_CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        spread = [columns[x - 1] ^ _rotate(columns[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * 25
        for lane in _LANES:
            moved[_TARGETS[lane]] = _rotate(state[lane] ^ spread[lane % 5], _OFFSETS[lane])
        rows = [moved[lane - lane % 5 : lane - lane % 5 + 5] for lane in _LANES]
        state = [
            row[lane % 5] ^ (~row[(lane + 1) % 5] & row[(lane + 2) % 5]) for lane, row in zip(_LANES, rows, strict=True)
        ]
        state[0] ^= constant
    return state


def _round_constants() -> list[int]:
    """The 24 constants, from the linear feedback shift register of FIPS 202, algorithm 5."""
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def _offsets_and_targets() -> tuple[list[int], list[int]]:
    """How far each lane is rotated, and where it goes (steps rho and pi)."""
    offsets = [0] * 25
    x, y = 1, 0
    for step in range(24):
        offsets[x + 5 * y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets, [lane // 5 + 5 * ((2 * (lane % 5) + 3 * (lane // 5)) % 5) for lane in _LANES]


_ROUND_CONSTANTS = _round_constants()
_OFFSETS, _TARGETS = _offsets_and_targets()

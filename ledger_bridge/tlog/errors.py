"""What can go wrong in the ledger mathematics. A failed check raises; nothing here returns False."""


class TlogError(Exception):
    """Root of every error this package raises on purpose."""


class FormatError(TlogError, ValueError):
    """The bytes do not have the form that the specification demands."""


class SignatureError(TlogError):
    """A note carries no signature by a known key, or one by a known key that does not verify."""


class ProofError(TlogError):
    """A Merkle proof does not connect the hashes it was given for."""


class PolicyError(TlogError):
    """A checkpoint is well formed but the policy does not accept it."""

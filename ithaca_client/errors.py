"""What can go wrong, and with which exit status a script learns of it."""

OK = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
REFUSED = 4
UNREACHABLE = 5


class ClientError(Exception):
    """A sentence for the person, and the exit status for the script."""

    status = FAILED


class UsageError(ClientError):
    """The command cannot be understood as it stands."""

    status = USAGE


class NotFoundError(ClientError):
    """There is no such thing, or it is not for this person to see."""

    status = NOT_FOUND


class RefusedError(ClientError):
    """Not signed in, or not allowed."""

    status = REFUSED


class UnreachableError(ClientError):
    """The installation does not answer, or not now."""

    status = UNREACHABLE

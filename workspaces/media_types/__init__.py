"""What kind of bytes these are: told from the bytes, refined by the name, and never the other way round.

Enough to list, to choose an icon and to decide what draws it. It reads the first kilobyte only, so it says "this begins
like a PDF"; whether it is a sound one is for whoever opens it.
"""

from workspaces.media_types.claims import OFFICE_TYPES, MediaType, claimed_type, decide, plain_type
from workspaces.media_types.showing import encoding_in_words, icon_of, type_in_words
from workspaces.media_types.sniffing import HEAD, UNKNOWN, sniff

__all__ = [
    "HEAD",
    "OFFICE_TYPES",
    "UNKNOWN",
    "MediaType",
    "claimed_type",
    "decide",
    "encoding_in_words",
    "icon_of",
    "plain_type",
    "sniff",
    "type_in_words",
]

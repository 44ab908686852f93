"""Keeps freed memory for what comes next, in programs that seal and open much.

glibc gives half a mebibyte that is freed back to the system nearly every time, and has to ask for it again, page by
page, for the next block: on a virtual machine that cost as much processor time as opening the block. Called by whoever
starts a process, because it holds for all of it.
"""

import ctypes

# From malloc.h; they have not changed since there is glibc.
_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_MIB = 1024 * 1024


def keep_freed_memory() -> None:
    """Let this process keep up to 8 MiB that it freed, in each heap; does nothing where there is no glibc."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_MMAP_THRESHOLD, 4 * _MIB)
        set_option(_TRIM_THRESHOLD, 8 * _MIB)

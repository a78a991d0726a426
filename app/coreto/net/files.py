"""How many files and connections this program may have open: many systems give 1,024 where more may be asked for."""

from __future__ import annotations

import contextlib
import sys

FILES_WANTED = 65_536
"""Files asked for: every port full, and as much again."""
FILES_ELSEWHERE = 8_192
"""What is counted on where the system has no such limit to ask for (Windows)."""


def raise_files_limit() -> None:
    """Ask the system for as many files as we may need; it gives what it gives."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def files_max() -> int:
    """Return how many files this program may have open."""
    if sys.platform == "win32":
        return FILES_ELSEWHERE
    import resource

    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return FILES_WANTED if soft == resource.RLIM_INFINITY else soft

"""Exit statuses (design.md §9); errors of clients carry their own, 4 to 6."""

DONE = 0
FAILED = 1
"""A check failed, or a command was refused."""
USAGE = 2
UNKNOWN = 3
"""A check came to no verdict."""
INTERNAL = 70
INTERRUPTED = 130

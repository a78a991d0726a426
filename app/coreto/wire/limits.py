"""Limits of what may cross a socket, each with its unit and its reason (protocol.md §3 and §4)."""

FRAME_BYTES_CLIENT = 64 * 1024
"""Largest frame on sockets that face clients: sixteen times the longest message text."""

FRAME_BYTES_PEER = 4 * 1024 * 1024
"""Largest frame between our own roles: sixteen catch-up ranges."""

SUBSCRIPTION_BYTES = 512
"""Longest subscription: two names of 32 characters of four bytes, as readers of texts may ask for, and some room."""

FRAMES_PER_MESSAGE = 8
"""Frames of one client message: a chain of four routers, a delimiter, and room to spare."""

NAME_CHARACTERS = 32
"""Longest name of a user, channel or server, after trimming and NFC."""

TEXT_BYTES = 4096
"""Longest message text, in bytes of UTF-8."""

REQUEST_ID_CHARACTERS = 64
"""Longest client-chosen request id."""

CLOCK_MAX = 2**31
"""Greatest Lamport value believed from outside: the log keeps what it is given, for ever."""

CLOCK_AHEAD_MAX = 10**6
"""How far a Lamport value may be beyond our own before it counts as absent."""

HISTORY_ROWS_MAX = 500
"""Most messages in one `history` answer."""

HISTORY_ROWS_DEFAULT = 100
"""Messages in a `history` answer that asked for no number."""

LIST_ROWS_MAX = 100_000
"""Most names in one `users` or `channels` answer."""

ANSWER_BYTES_MAX = 48 * 1024
"""A `history` answer is cut (and says `more`) before it outgrows a client frame."""

JSON_DEPTH_MAX = 64
"""Deepest nesting of a JSON request: ours need three levels."""

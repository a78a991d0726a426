"""A terminal whose window may be closed while somebody still writes to it."""

from __future__ import annotations

import errno
import io
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def outliving(stream: TextIO) -> TextIO:
    """Return a stream to the same terminal that takes what nobody sees any more, instead of an error for each line.

    Windows ends a program with its window, and has other means to write to it: there it is the stream itself.
    """
    if sys.platform == "win32":
        return stream
    file = io.BufferedWriter(_Outliving(stream.fileno(), "wb", closefd=False))
    return io.TextIOWrapper(file, stream.encoding, stream.errors)


class _Outliving(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:  # which is what a terminal says that is gone
                raise
            return memoryview(data).nbytes

"""Types of arguments: each returns the value, or says in a sentence what would be right."""

from __future__ import annotations

import math
import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TYPE_CHECKING

from coreto.texts import SENTENCES, _
from coreto.wire.limits import TEXT_BYTES
from coreto.wire.names import clean_channel, clean_name, clean_text
from coreto.wire.refusal import RefusalError

if TYPE_CHECKING:
    from coreto.net.security import ClusterKey

BASE_PORT_MIN = 1024
"""Ports below need an administrator."""
BASE_PORT_MAX = 65535 - 54
"""The servers listen above the base port: 45, and nine places."""
PORT_MAX = 65535
COUNT_MAX = 1000
JOBS_MAX = 64
SERVERS_MAX = 9
MESSAGES_MAX = 10**9
SIZE_MIN = 8
"""Bytes that hold the number of a message, so that each text is another one."""
RATE_MAX = 1000.0
"""Messages a second of one bot: faster than one client at a time can be answered."""
SECONDS_MAX = 86_400.0
"""A command that waits longer than a day is better written as a script."""

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\*")
_ADDRESS = re.compile(r"tcp://([^:/\s]+):(\d{1,5}|\*)")


def servers(text: str) -> int:
    """Return how many servers; from 1 to 9."""
    return _number(text, 1, SERVERS_MAX)


def natural(text: str) -> int:
    """Return a count that may be zero."""
    return _number(text, 0, COUNT_MAX)


def positive(text: str) -> int:
    """Return a count of at least one."""
    return _number(text, 1, COUNT_MAX)


def jobs(text: str) -> int:
    """Return how many processes."""
    return _number(text, 1, JOBS_MAX)


def messages(text: str) -> int:
    """Return how many messages."""
    return _number(text, 1, MESSAGES_MAX)


def counts(text: str) -> tuple[int, ...]:
    """Return one count or several, with commas between them."""
    return tuple(_number(word.strip(), 1, COUNT_MAX) for word in text.split(","))


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list with commas."""
    found = tuple(word.strip() for word in text.split(",") if word.strip())
    if not found:
        raise ArgumentTypeError(_("'{text}' is no list such as s1,s2", text=text))
    return found


def sizes(text: str) -> tuple[int, ...]:
    """Return one length of a message text in bytes or several, with commas between them."""
    return tuple(_number(word.strip(), SIZE_MIN, TEXT_BYTES) for word in text.split(","))


def base_port(text: str) -> int:
    """Return a port with room for every other port above it."""
    return _number(text, BASE_PORT_MIN, BASE_PORT_MAX)


def seeds(text: str) -> tuple[int, int]:
    """Return the first and the last of a range such as 0-99."""
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()) or (dash and int(last) < int(first)):
        raise ArgumentTypeError(_("'{text}' is no range such as 0-99", text=text))
    return int(first), int(last or first)


def seconds(text: str) -> float:
    """Return a duration in seconds: more than zero, up to a day."""
    value = _float(text)
    if value is None or not 0 < value <= SECONDS_MAX:
        raise ArgumentTypeError(_("'{text}' is no number above 0, up to {limit}", text=text, limit=int(SECONDS_MAX)))
    return value


def rate(text: str) -> float:
    """Return messages a second: more than zero."""
    value = _float(text)
    if value is None or not 0 < value <= RATE_MAX:
        raise ArgumentTypeError(_("'{text}' is no number above 0, up to {limit}", text=text, limit=int(RATE_MAX)))
    return value


def client_rate(text: str) -> float:
    """Return requests a second of one client; zero for any number."""
    return 0.0 if text == "0" else rate(text)


def host(text: str) -> str:
    """Return a host: a name or an IPv4 address."""
    if not _HOST.fullmatch(text) or text == "*":
        raise ArgumentTypeError(
            _("'{text}' is no host: write a name or an address such as 192.168.0.7, without a port", text=text)
        )
    return text


def interface(text: str) -> str:
    """Return which of this machine's addresses to bind; `*` and 0.0.0.0 mean all."""
    return "0.0.0.0" if text == "*" else host(text)


def address(text: str) -> str:
    """Return `tcp://HOST:PORT`."""
    return _address(text, any_port=False)


def bindable(text: str) -> str:
    """Return `tcp://HOST:PORT`, where the port `*` lets the system choose one."""
    return _address(text, any_port=True)


def join_code(text: str) -> ClusterKey:
    """Return the key of a cluster from its join code."""
    from coreto.net.security import KeyCodeError, read_code

    try:
        return read_code(text)
    except KeyCodeError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from None


def name(text: str) -> str:
    """Return the name of a user or a server, in canonical form."""
    return _clean(clean_name, text)


def topic(text: str) -> str:
    """Return what a message may be published under: a channel, or a user."""
    return _clean(clean_channel if " " not in text else clean_name, text)


def message(text: str) -> str:
    """Return the text of a message."""
    return _clean(clean_text, text)


def moment(text: str) -> float:
    """Return Unix seconds, given as such, as ISO date and time, as HH:MM or HH:MM:SS of today, or as `now`."""
    from coreto.prompt.moments import MomentError, read_moment  # the prompt is heavy, and --help should be quick

    try:
        return read_moment(text)
    except MomentError as error:
        raise ArgumentTypeError(str(error)) from None


def peer(text: str) -> tuple[str, str]:
    """Return the name and the address in NAME=ADDRESS."""
    who, _equals, where = text.rpartition("=")
    return who, address(where)


def _number(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ArgumentTypeError(_("'{text}' is no number from {low} to {high}", text=text, low=low, high=high))
    return int(text)


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _address(text: str, *, any_port: bool) -> str:
    found = _ADDRESS.fullmatch(text)
    if found is None or not _HOST.fullmatch(found[1]) or not _is_port(found[2], any_port=any_port):
        raise ArgumentTypeError(_("'{text}' is no address: write tcp://HOST:PORT", text=text))
    return text


def _is_port(text: str, *, any_port: bool) -> bool:
    return any_port if text == "*" else 0 < int(text) <= PORT_MAX


def _clean(rule: Callable[[str], str], text: str) -> str:
    try:
        return rule(text)
    except RefusalError as refusal:
        raise ArgumentTypeError(_(SENTENCES[refusal.rule], **refusal.fields)) from None

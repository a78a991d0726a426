"""`coreto pub` and `coreto sub`: publications as they cross the proxy, past servers, log and history."""

from __future__ import annotations

import argparse
import json
import sys
import time

from coreto.cli.places import there
from coreto.cli.printing import say, show_error
from coreto.client.direct import publish_direct, subscribed_socket
from coreto.client.errors import ClientError
from coreto.launcher import addresses as ports
from coreto.net.sockets import make_context
from coreto.prompt.lines import write_lines
from coreto.prompt.render import render_spoken
from coreto.prompt.results import Spoken
from coreto.prompt.tables import clock_time
from coreto.prompt.visible import visible
from coreto.texts import _
from coreto.wire.codec import UndecodableError, decode
from coreto.wire.publication import (
    SERVERS_TOPIC,
    Announcement,
    Publication,
    read_announcement,
    read_publication,
    write_publication,
)

PUBLISHER = "coreto pub"
"""Whom `pub` names as the author: no user, so that nobody takes it for one."""
SLICE_MS = 1000
"""Longest wait in one piece, in milliseconds, so that every system delivers signals."""


def run_pub(options: argparse.Namespace) -> int:
    """Publish one text on the proxy and say what that means."""
    address = there(options, options.proxy, ports.XSUB)
    item = Publication(options.topic, False, PUBLISHER, options.text, 0, 0, "", time.time(), 1)
    context = make_context()
    try:
        heard = publish_direct(context, address, write_publication(item))
    except ClientError as error:
        return show_error(error, error.status, as_json=False)
    finally:
        context.term()
    sentences = [
        _("Published on the proxy only: no server has stored it, and readers see it as not confirmed."),
        "" if heard else _("Nobody listens to {topic} at the moment.", topic=options.topic),
    ]
    say(" ".join(filter(None, sentences)))
    return 0


def run_sub(options: argparse.Namespace) -> int:
    """Show every publication under the topics, until told to stop."""
    address = there(options, options.proxy_sub, ports.XPUB)
    context = make_context()
    try:
        socket = subscribed_socket(context, address, options.topics)
    except ClientError as error:
        context.term()
        return show_error(error, error.status, as_json=options.json)
    try:
        topics = ", ".join(topic or _("everything") for topic in options.topics)
        say(_("Listening at {address} to {topics}; Ctrl-C ends it.", address=address, topics=topics))
        while True:
            if socket.poll(SLICE_MS):
                _show(socket.recv_multipart(), options)
    finally:
        socket.close()
        context.term()


def _show(frames: list[bytes], options: argparse.Namespace) -> None:
    """Show one publication; a subscription takes everything that begins with it, so topics are compared."""
    topic = frames[0].decode("utf-8", "replace") if len(frames) > 1 else frames[0].decode("utf-8", "replace").split()[0]
    if topic not in options.topics and "" not in options.topics:
        return
    write_lines(sys.stdout, [_json(topic, frames)] if options.json else _text(topic, frames))


def _json(topic: str, frames: list[bytes]) -> str:
    try:
        body = decode(frames[-1])[0]
    except UndecodableError:
        body = frames[-1].decode("utf-8", "replace")
    return json.dumps({"topic": topic, "body": body}, ensure_ascii=False, default=repr)


def _text(topic: str, frames: list[bytes]) -> list[str]:
    announced = read_announcement(frames)
    if announced is not None:
        return [_announcement(announced)]
    try:
        item = read_publication(frames[0], frames[-1])
    except UndecodableError:
        return [visible(b" ".join(frames).decode("utf-8", "replace"))]
    return render_spoken(Spoken(topic, item.user, item.message, item.time, direct=item.direct, confirmed=item.seq > 0))


def _announcement(item: Announcement) -> str:
    sentence = _(
        "{topic}: {name} (rank {rank}) announces itself as coordinator, epoch {epoch}",
        topic=SERVERS_TOPIC,
        name=item.coordinator,
        rank=item.rank or "-",
        epoch=item.epoch or "-",
    )
    return f"{clock_time(item.time)} {visible(sentence)}"

"""JetStream by nats-py: each message published with its acknowledgement, a window of them per connection."""

from __future__ import annotations

import asyncio
import secrets

import nats
from nats.js import JetStreamContext
from nats.js.api import StorageType

from tests.figures.peers.closed_loop import Send, Times, run_loops, task

REPLICAS = 3


def _send(stream: JetStreamContext, subject: str) -> Send:
    async def send(texts: list[bytes]) -> None:
        await stream.publish(subject, texts[0])

    return send


async def _main() -> None:
    work, name = task(), f"bench-{secrets.token_hex(6)}"
    urls = [f"nats://127.0.0.1:{port}" for port in work.address.split(",")]
    # Every server has its share of the clients, as a random choice would do in the long run.
    made = [await nats.connect(urls[place % len(urls)]) for place in range(work.clients)]
    streams = [client.jetstream() for client in made]
    await streams[0].add_stream(name=name, subjects=[name], num_replicas=REPLICAS, storage=StorageType.FILE)
    times = Times(work)
    await run_loops(times, [_send(stream, name) for stream in streams], work.window)
    info = await streams[0].stream_info(name)
    times.tell(info.state.messages)
    await streams[0].delete_stream(name)
    for client in made:
        await client.close()


asyncio.run(_main())

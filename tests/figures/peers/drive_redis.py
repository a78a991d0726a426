"""Redis streams by redis-py: XADD, and for a window a pipeline of so many, which is how Redis batches."""

from __future__ import annotations

import asyncio
import secrets

from redis.asyncio import Redis

from tests.figures.peers.closed_loop import Send, Times, run_loops, task


def _send(client: Redis, name: str) -> Send:
    async def send(texts: list[bytes]) -> None:
        if len(texts) == 1:
            await client.xadd(name, {"m": texts[0]})
            return
        async with client.pipeline(transaction=False) as pipe:
            for text in texts:
                pipe.xadd(name, {"m": text})
            await pipe.execute()

    return send


async def _main() -> None:
    work, name = task(), f"bench-{secrets.token_hex(6)}"
    made = [Redis(port=int(work.address)) for _ in range(work.clients)]
    times = Times(work)
    await run_loops(times, [_send(client, name) for client in made], 1, work.window)
    times.tell(await made[0].xlen(name))
    await made[0].delete(name)
    for client in made:
        await client.aclose()


asyncio.run(_main())

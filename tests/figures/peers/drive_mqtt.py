"""Mosquitto by paho-mqtt: QoS 1, a window of publications in flight per client, a thread each as paho has it.

A subscriber with a persistent session is away, so that the broker has to keep what it acknowledges.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import defaultdict, deque
from typing import Any

from paho.mqtt.client import CallbackAPIVersion, Client

from tests.figures.peers.closed_loop import Task, Times, task

Done = list[tuple[float, float]]
CONNECT_SECONDS = 10.0
LAST_SECONDS = 10.0


def _connected(port: int, name: str, *, clean: bool, window: int = 20) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean)
    ready = threading.Event()
    client.on_connect = lambda *_: ready.set()
    client.max_inflight_messages_set(window)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert ready.wait(CONNECT_SECONDS), "no connection"
    return client


def _leave_a_session(port: int, topic: str) -> None:
    """Subscribe with a session that stays, and go."""
    client = _connected(port, f"{topic}-away", clean=False)
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.subscribe(topic, qos=1)
    assert subscribed.wait(CONNECT_SECONDS), "no subscription"
    client.disconnect()
    client.loop_stop()


def _publish(work: Task, times: Times, topic: str, place: int, done: Done) -> None:
    """Publish until the time is over; what was acknowledged is in `done` as moment and latency."""
    client = _connected(int(work.address), f"{topic}-{place}", clean=True, window=work.window)
    room = threading.Semaphore(work.window)
    ends: deque[tuple[int, float]] = deque()

    def on_publish(_client: Client, _data: Any, number: int, *_: Any) -> None:
        ends.append((number, time.monotonic()))
        room.release()

    client.on_publish = on_publish
    # Matched in the end: paho holds a lock of its own in the callback, and reuses its numbers.
    begins: defaultdict[int, deque[float]] = defaultdict(deque)
    while not times.is_over:
        room.acquire()
        sent = time.monotonic()
        begins[client.publish(topic, times.text(), qos=1).mid].append(sent)
    for _ in range(work.window):
        room.acquire(timeout=LAST_SECONDS)
    client.disconnect()
    client.loop_stop()
    done.extend((moment, moment - begins[number].popleft()) for number, moment in ends)


def _main() -> None:
    work, topic = task(), f"bench-{secrets.token_hex(6)}"
    _leave_a_session(int(work.address), topic)
    times, done = Times(work), Done()
    arguments = [(work, times, topic, place, done) for place in range(work.clients)]
    threads = [threading.Thread(target=_publish, args=given) for given in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.moments = [moment for moment, _ in done]
    times.latencies = [latency for _, latency in done]
    times.tell()


_main()

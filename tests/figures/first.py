"""The first figures a newcomer asks for: start, memory, help, and publishes beside a bare proxy in the same run.

Medians; a shared machine makes single values meaningless. Run by `scripts/figures`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import zmq

from coreto.lab.bench.lives import measure_startup
from coreto.lab.bench.numbers import medians
from coreto.lab.bench.own import Wanted
from tests.support.cluster import Cluster
from tests.support.program import COMMAND

RUNS = 5
SECONDS = 1.5
"""Length of one measurement of publishing."""

CLIENT = """
import sys, time, msgpack, zmq
address, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
socket = zmq.Context().socket(zmq.REQ)
socket.connect(address)
def ask(service, **data):
    socket.send(msgpack.packb({"service": service, "data": {**data, "timestamp": time.time(), "clock": 1}}))
    return msgpack.unpackb(socket.recv())
ask("login", user=name)
ask("channel", channel="figures")
count, end = 0, time.monotonic() + seconds
while time.monotonic() < end:
    ask("publish", user=name, channel="figures", message="x" * 100)
    count += 1
print(count)
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        started = medians([measure_startup(Wanted()).values for _ in range(RUNS)])
        print(f"command to ready: {started['ready_s']:.2f} s")
        print(f"resident memory: {started['mib']:.0f} MiB")
        print(f"coreto --help: {statistics.median(help_once() for _ in range(RUNS)):.3f} s")
        publishing(Path(folder))


def help_once() -> float:
    """Return seconds of one `coreto --help`."""
    began = time.monotonic()
    subprocess.run([*COMMAND, "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def publishing(folder: Path) -> None:
    """Print acknowledged publishes a second with 1 and 8 REQ clients, and the same against an echo."""
    echo = start_echo()
    with Cluster(folder, "--ephemeral") as cluster:
        for clients in (1, 8):
            ours, floor = [], []
            for _ in range(RUNS):
                ours.append(rate(cluster.broker, clients))
                floor.append(rate(echo, clients))
            both = statistics.median(ours), statistics.median(floor)
            print(
                f"{clients} REQ: {both[0]:.0f} publishes/s, bare proxy {both[1]:.0f}/s, ratio {both[0] / both[1]:.3f}"
            )
        cluster.end()


def start_echo() -> str:
    """Start a bare ROUTER/DEALER proxy with one echoing REP in threads of this process; return its address."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    front, back, rep = context.socket(zmq.ROUTER), context.socket(zmq.DEALER), context.socket(zmq.REP)
    port = front.bind_to_random_port("tcp://127.0.0.1")
    back.bind("inproc://echo")
    rep.connect("inproc://echo")
    threading.Thread(target=zmq.proxy, args=(front, back), daemon=True).start()
    threading.Thread(target=echo_forever, args=(rep,), daemon=True).start()
    return f"tcp://127.0.0.1:{port}"


def echo_forever(socket: zmq.Socket[bytes]) -> None:
    """Answer every request with itself."""
    while True:
        socket.send(socket.recv())


def rate(address: str, clients: int) -> float:
    """Return requests a second that this many REQ clients, each a process, have answered."""
    command = [sys.executable, "-c", CLIENT, address]
    made = [
        subprocess.Popen([*command, f"figure{number}", str(SECONDS)], stdout=subprocess.PIPE, text=True)
        for number in range(clients)
    ]
    return sum(int(process.communicate()[0]) for process in made) / SECONDS


if __name__ == "__main__":
    main()

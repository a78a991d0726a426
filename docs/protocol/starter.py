"""A small chat client to begin your own from. It needs: pip install pyzmq msgpack

Start `coreto up`, then `python starter.py USER CHANNEL [BROKER] [PROXY]`. What you type goes to
the channel, `@bia text` to bia alone. vectors.json beside it shows every message byte for byte.
"""

import sys
import threading
import time
import uuid

import msgpack
import zmq

ANSWER_MS = 10_000  # the broker answers within 5 s, whatever happens behind it
SILENCE_MS = 5_000  # after so long without a publication, ask whether one was lost


class Chat:
    """Requests to the broker, one at a time; both threads use it."""

    def __init__(self, broker):
        self.broker = broker
        self.clock = 0  # Lamport: one more for each sending, the greater of both on receipt
        self.lock = threading.Lock()
        self.connect()

    def connect(self):
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.linger = 0
        self.socket.connect(self.broker)

    def ask(self, service, **data):
        with self.lock:
            reply = {"status": "erro", "description": "no answer"}
            for _ in range(3):
                self.clock += 1
                stamp = {"timestamp": time.time(), "clock": self.clock}
                self.socket.send(msgpack.packb({"service": service, "data": {**data, **stamp}}))
                if not self.socket.poll(ANSWER_MS):
                    self.socket.close()  # a REQ socket that waits for an answer can send nothing else
                    self.connect()
                    continue
                reply = msgpack.unpackb(self.socket.recv())["data"]
                self.clock = max(self.clock, reply["clock"])
                if reply.get("code") not in ("unknown", "no_quorum", "no_coordinator", "overloaded"):
                    break  # with one of these it is worth asking again
            return reply

    def write(self, service, **data):
        """A write that happens once however often it is sent: every attempt has the same id."""
        reply = self.ask(service, **data, id=uuid.uuid4().hex)
        if reply["status"] == "erro":
            print("!", reply["description"], flush=True)


class Topic:
    """What is published under one name, in order and without holes."""

    def __init__(self, chat, name, kind):
        self.chat, self.name, self.kind = chat, name, kind
        self.last = None  # seq of the last message shown

    def catch_up(self):
        """Read from history what came behind the last message; at first, the latest ones."""
        more = True
        while more:
            place = {"limit": 10} if self.last is None else {"after": self.last}
            page = self.chat.ask("history", **{self.kind: self.name}, **place)
            more = page.get("more", False) and self.last is not None
            self.last = self.last or 0
            for message in page.get("messages", []):
                self.show(message)

    def hear(self, message):
        """PUB/SUB may repeat a message or lose one: `seq` counts per topic, from 1, without holes."""
        if message.get("seq", 0) == self.last + 1:
            self.show(message)
        elif message.get("seq", 0) > self.last:
            self.catch_up()

    def show(self, message):
        self.last = message["seq"]
        text = message["message"].replace("\n", "\n    ")
        print(f"{self.name} {message.get('user') or message['src']}: {text}", flush=True)


def listen(proxy, topics):
    sub = zmq.Context.instance().socket(zmq.SUB)
    sub.connect(proxy)
    for topic in topics.values():
        sub.subscribe(topic.name)
        topic.catch_up()
    while True:
        if not sub.poll(SILENCE_MS):
            for topic in topics.values():
                topic.catch_up()
            continue
        name, body = sub.recv_multipart()
        topic = topics.get(name.decode())  # SUB matches prefixes: "ana" also hears "anabela"
        if topic:
            topic.hear(msgpack.unpackb(body))


def main(user, channel, broker="tcp://127.0.0.1:5555", proxy="tcp://127.0.0.1:5558"):
    chat = Chat(broker)
    chat.write("login", user=user)
    chat.ask("channel", channel=channel)  # "erro" when it exists, which is just as well
    topics = {channel: Topic(chat, channel, "channel"), user: Topic(chat, user, "user")}
    threading.Thread(target=listen, args=(proxy, topics), daemon=True).start()
    for line in map(str.strip, sys.stdin):
        if line.startswith("@"):
            receiver, _, text = line[1:].partition(" ")
            chat.write("message", src=user, dst=receiver, message=text)
        elif line:
            chat.write("publish", user=user, channel=channel, message=line)


main(*sys.argv[1:])

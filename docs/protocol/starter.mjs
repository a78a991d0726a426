// A small chat client to begin your own from. It needs: npm install zeromq @msgpack/msgpack
//
// Start `coreto up`, then `node starter.mjs USER CHANNEL [BROKER] [PROXY]`. What you type goes to
// the channel, `@bia text` to bia alone. vectors.json beside it shows every message byte for byte.

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { decode, encode } from "@msgpack/msgpack";
import { Request, Subscriber } from "zeromq";

const ANSWER_MS = 10_000; // the broker answers within 5 s, whatever happens behind it
const SILENCE_MS = 5_000; // after so long without a publication, ask whether one was lost

// Receives, or returns null when nothing came in time.
function receive(socket) {
  return socket.receive().catch((error) => {
    if (error.code === "EAGAIN") return null;
    throw error;
  });
}

// Requests to the broker, one at a time.
class Chat {
  clock = 0; // Lamport: one more for each sending, the greater of both on receipt
  turn = Promise.resolve();
  constructor(broker) {
    this.broker = broker;
    this.connect();
  }

  connect() {
    this.socket = new Request({ linger: 0, receiveTimeout: ANSWER_MS });
    this.socket.connect(this.broker);
  }

  ask(service, data) {
    return (this.turn = this.turn.then(() => this.exchange(service, data)));
  }
  async exchange(service, data) {
    let reply = { status: "erro", description: "no answer" };
    for (let attempt = 0; attempt < 3; attempt++) {
      this.clock += 1;
      const stamp = { timestamp: Date.now() / 1000, clock: this.clock };
      await this.socket.send(encode({ service, data: { ...data, ...stamp } }));
      const frames = await receive(this.socket);
      if (!frames) {
        this.socket.close(); // a REQ socket that waits for an answer can send nothing else
        this.connect();
        continue;
      }
      reply = decode(frames[0]).data;
      this.clock = Math.max(this.clock, reply.clock);
      // With one of these codes it is worth asking again.
      if (!["unknown", "no_quorum", "no_coordinator", "overloaded"].includes(reply.code)) break;
    }
    return reply;
  }

  // A write that happens once however often it is sent: every attempt has the same id.
  async write(service, data) {
    const reply = await this.ask(service, { ...data, id: randomUUID() });
    if (reply.status === "erro") console.log("!", reply.description);
  }
}

// What is published under one name, in order and without holes.
class Topic {
  last = null; // seq of the last message shown
  constructor(chat, name, kind) {
    Object.assign(this, { chat, name, kind });
  }

  // Reads from history what came behind the last message; at first, the latest ones.
  async catchUp() {
    for (let more = true; more; ) {
      const place = this.last === null ? { limit: 10 } : { after: this.last };
      const page = await this.chat.ask("history", { [this.kind]: this.name, ...place });
      more = page.more && this.last !== null;
      this.last ??= 0;
      for (const message of page.messages ?? []) this.show(message);
    }
  }

  // PUB/SUB may repeat a message or lose one: `seq` counts per topic, from 1, without holes.
  async hear(message) {
    if (message.seq === this.last + 1) this.show(message);
    else if (message.seq > this.last) await this.catchUp();
  }

  show(message) {
    this.last = message.seq;
    console.log(`${this.name} ${message.user ?? message.src}: ${message.message.replaceAll("\n", "\n    ")}`);
  }
}

async function listen(proxy, topics) {
  const socket = new Subscriber({ linger: 0, receiveTimeout: SILENCE_MS });
  socket.connect(proxy);
  socket.subscribe(...topics.map((topic) => topic.name));
  for (const topic of topics) await topic.catchUp();
  for (;;) {
    const frames = await receive(socket);
    // SUB matches prefixes: "ana" also hears "anabela".
    for (const topic of topics.filter((topic) => !frames || topic.name === frames[0].toString()))
      await (frames ? topic.hear(decode(frames[1])) : topic.catchUp());
  }
}

const [user, channel, broker = "tcp://127.0.0.1:5555", proxy = "tcp://127.0.0.1:5558"] = process.argv.slice(2);
const chat = new Chat(broker);
await chat.write("login", { user });
await chat.ask("channel", { channel }); // "erro" when it exists, which is just as well
listen(proxy, [new Topic(chat, channel, "channel"), new Topic(chat, user, "user")]);
for await (const line of createInterface({ input: process.stdin })) {
  const [, dst, text] = line.match(/^@(\S+) (.*)/) ?? [];
  if (dst) await chat.write("message", { src: user, dst, message: text });
  else if (line) await chat.write("publish", { user, channel, message: line });
}
process.exit(0);

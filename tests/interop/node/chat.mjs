// A client of the course protocol as a student writes one: REQ, SUB, MessagePack.

import { decode, encode } from "@msgpack/msgpack";
import { Request, Subscriber } from "zeromq";

export class Chat {
  constructor(broker) {
    this.clock = 0;
    this.socket = new Request({ linger: 0, receiveTimeout: 15_000 });
    this.socket.connect(broker);
  }

  async ask(service, data = {}) {
    this.clock += 1;
    const stamped = { ...data, timestamp: Date.now(), clock: this.clock };
    const reply = await this.exchange({ service, data: stamped });
    this.clock = Math.max(this.clock, reply.data.clock);
    return reply.data;
  }

  async exchange(envelope) {
    await this.socket.send(encode(envelope));
    const [raw] = await this.socket.receive();
    return decode(raw);
  }

  close() {
    this.socket.close();
  }
}

export class Listener {
  constructor(proxy, ...topics) {
    this.socket = new Subscriber({ linger: 0, receiveTimeout: 200 });
    this.socket.connect(proxy);
    this.socket.subscribe(...topics);
  }

  // The next publication as [topic, body], or null when there is none for a while.
  async next() {
    try {
      const [topic, raw] = await this.socket.receive();
      return [topic.toString(), decode(raw)];
    } catch (error) {
      if (error.code === "EAGAIN") return null;
      throw error;
    }
  }

  // Says something until a publication arrives, because a subscription takes a moment to take effect.
  async tuneIn(say) {
    for (let tries = 0; tries < 100; tries++) {
      await say();
      if (await this.next()) return;
    }
    throw new Error("no publication was heard");
  }

  // The next publication for which `wanted` is true.
  async find(wanted) {
    for (let tries = 0; tries < 100; tries++) {
      const heard = await this.next();
      if (heard && wanted(...heard)) return { topic: heard[0], body: heard[1] };
    }
    throw new Error("the publication did not arrive");
  }

  close() {
    this.socket.close();
  }
}

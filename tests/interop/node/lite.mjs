// lite.mjs BROKER PROXY SERVER: uses every service once and prints the results as one line of JSON.
// It speaks with msgpack-lite: 64-bit integers go out as such and come back as objects, not as numbers.

import int64 from "int64-buffer";
import msgpack from "msgpack-lite";
import { Request, Subscriber } from "zeromq";

const codec = msgpack.createCodec({ preset: true, int64: true });
const { Uint64BE, Int64BE } = int64;
const TRIES = 100;

class Chat {
  constructor(address) {
    this.clock = 0;
    this.socket = new Request({ linger: 0, receiveTimeout: 10_000 });
    this.socket.connect(address);
  }

  async ask(service, data = {}) {
    this.clock += 1;
    const stamped = { timestamp: new Uint64BE(Date.now()), clock: new Int64BE(this.clock), ...data };
    await this.socket.send(msgpack.encode({ service, data: stamped }, { codec }));
    const [raw] = await this.socket.receive();
    const answer = msgpack.decode(raw, { codec }).data;
    this.clock = Math.max(this.clock, answer.clock);
    return answer;
  }
}

// The numbers in a value that came as 64-bit integers.
function wide(value) {
  if (value === null || typeof value !== "object") return [];
  if (Uint64BE.isUint64BE(value) || Int64BE.isInt64BE(value)) return [value];
  return Object.values(value).flatMap(wide);
}

const [broker, proxy, server] = process.argv.slice(2);
const chat = new Chat(broker);
const peer = new Chat(server);
const results = { wideInPublications: [] };

results.login = await chat.ask("login", { user: "lite-ana" });
await chat.ask("login", { user: "lite-bia" });
results.users = await chat.ask("users");
results.channel = await chat.ask("channel", { channel: "lite-geral" });
results.channelAgain = await chat.ask("channel", { channel: "lite-geral" });
results.channels = await chat.ask("channels");

const socket = new Subscriber({ linger: 0, receiveTimeout: 200 });
socket.connect(proxy);
socket.subscribe("lite-geral", "lite-bia");

async function next() {
  try {
    const [topic, raw] = await socket.receive();
    const body = msgpack.decode(raw, { codec });
    results.wideInPublications.push(...wide(body));
    return { topic: topic.toString(), body };
  } catch (error) {
    if (error.code === "EAGAIN") return null;
    throw error;
  }
}

async function find(topic, message) {
  for (let tries = 0; tries < TRIES; tries++) {
    const heard = await next();
    if (heard?.topic === topic && heard.body.message === message) return heard.body;
  }
  throw new Error("the publication did not arrive");
}

// A subscription takes a moment to take effect.
async function tuneIn() {
  for (let tries = 0; tries < TRIES; tries++) {
    await publish("som");
    if (await next()) return;
  }
  throw new Error("no publication was heard");
}

const publish = (message) => chat.ask("publish", { user: "lite-ana", channel: "lite-geral", message });
await tuneIn();
results.publish = await publish("olá");
results.heardInChannel = await find("lite-geral", "olá");
results.message = await chat.ask("message", { src: "lite-ana", dst: "lite-bia", message: "oi, bia" });
results.heardByUser = await find("lite-bia", "oi, bia");

results.channelHistory = await chat.ask("history", { channel: "lite-geral" });
results.userHistory = await chat.ask("history", { user: "lite-bia" });
results.conversation = await chat.ask("history", { user: "lite-ana", peer: "lite-bia", limit: new Int64BE(10) });
results.clock = await chat.ask("clock");
results.election = await chat.ask("election");
results.plainMilliseconds = await chat.ask("users", { timestamp: Date.now(), clock: chat.clock });
results.serverClock = await peer.ask("clock");
results.serverElection = await peer.ask("election");

for (const open of [socket, chat.socket, peer.socket]) open.close();
console.log(JSON.stringify(results));

// careless.mjs BROKER PROXY: the bad habits of real clients; prints the answers as one line of JSON.

import { Chat, Listener } from "./chat.mjs";

const [broker, proxy] = process.argv.slice(2);
const chat = new Chat(broker);
const results = {};

async function send(name, service, data) {
  results[name] = (await chat.exchange({ service, data })).data;
}

const now = Date.now() / 1000;
await send("nanClock", "login", { user: "node-eva", timestamp: now, clock: NaN });
await send("noTimestamp", "users", { clock: 2 });
await send("noData", "channels", undefined);
await send("nullUser", "login", { user: null, timestamp: now, clock: 3 });
await send("undefinedUser", "login", { user: undefined, timestamp: now, clock: 4 });
await send("infiniteClock", "users", { timestamp: now, clock: Infinity });
await send("floatMilliseconds", "users", { timestamp: Date.now() + 0.5, clock: 5 });
await send("isoTimestamp", "users", { timestamp: new Date().toISOString(), clock: 6 });
await send("createTwice", "channel", { channel: "node-praça", timestamp: now, clock: 7 });
await send("createdTwice", "channel", { channel: "node-praça", timestamp: now, clock: 8 });
await send("emptyMessage", "publish", { user: "node-eva", channel: "node-praça", message: "" });
await send("unknownService", "toString", {});

const listener = new Listener(proxy, "");
const publish = (message) => chat.ask("publish", { user: "node-eva", channel: "node-praça", message });
await listener.tuneIn(() => publish("som"));
results.publish = await publish("ouve-se tudo");
results.heard = await listener.find((_, body) => body.message === "ouve-se tudo");

listener.close();
chat.close();
console.log(JSON.stringify(results));

// client.mjs BROKER PROXY: uses every service once and prints the results as one line of JSON.

import { Chat, Listener } from "./chat.mjs";

const [broker, proxy] = process.argv.slice(2);
const chat = new Chat(broker);
const results = {};

results.login = await chat.ask("login", { user: "node-ana" });
await chat.ask("login", { user: "node-bia" });
results.users = await chat.ask("users");
results.channel = await chat.ask("channel", { channel: "node-geral" });
results.channelAgain = await chat.ask("channel", { channel: "node-geral" });
results.channels = await chat.ask("channels");

const listener = new Listener(proxy, "node-geral", "node-bia");
const publish = (message) => chat.ask("publish", { user: "node-ana", channel: "node-geral", message });
await listener.tuneIn(() => publish("som"));

results.publish = await publish("olá");
results.heardInChannel = await listener.find((topic, body) => topic === "node-geral" && body.message === "olá");
results.message = await chat.ask("message", { src: "node-ana", dst: "node-bia", message: "oi, bia" });
results.heardByUser = await listener.find((topic) => topic === "node-bia");

results.channelHistory = await chat.ask("history", { channel: "node-geral" });
results.userHistory = await chat.ask("history", { user: "node-bia" });
results.conversation = await chat.ask("history", { user: "node-ana", peer: "node-bia" });

listener.close();
chat.close();
console.log(JSON.stringify(results));

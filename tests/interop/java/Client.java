// Client BROKER PROXY SERVER: uses every service once and prints the results as one line of JSON.

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;
import org.zeromq.ZMQ;

public class Client {
    static final int ANSWER_MS = 10_000;
    static final int LISTEN_MS = 200;
    static final int TRIES = 100;

    static final ZMQ.Context context = ZMQ.context(1);
    static final StringJoiner results = new StringJoiner(",", "{", "}");

    static Value get(Value map, String key) {
        return map.asMapValue().map().get(ValueFactory.newString(key));
    }

    static Value unpack(byte[] raw) throws IOException {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(raw)) {
            return unpacker.unpackValue();
        }
    }

    static ZMQ.Socket open(int type, String address, int receiveMs) {
        ZMQ.Socket socket = context.socket(type);
        socket.setLinger(0);
        socket.setReceiveTimeOut(receiveMs);
        socket.connect(address);
        return socket;
    }

    static class Chat implements AutoCloseable {
        final ZMQ.Socket socket;
        long clock = 0;

        Chat(String address) {
            socket = open(ZMQ.REQ, address, ANSWER_MS);
        }

        // Sends a request with pairs of strings and returns the data of its answer.
        Value ask(String service, String... pairs) throws IOException {
            clock += 1;
            try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
                packer.packMapHeader(2);
                packer.packString("service").packString(service);
                packer.packString("data").packMapHeader(pairs.length / 2 + 2);
                for (String text : pairs) packer.packString(text);
                packer.packString("timestamp").packLong(System.currentTimeMillis());
                packer.packString("clock").packLong(clock);
                socket.send(packer.toByteArray());
            }
            byte[] raw = socket.recv();
            if (raw == null) throw new IOException("there was no answer to " + service);
            if (socket.hasReceiveMore()) throw new IOException("the answer has more than one frame");
            Value data = get(unpack(raw), "data");
            clock = Math.max(clock, get(data, "clock").asIntegerValue().asInt());
            return data;
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    static class Listener implements AutoCloseable {
        final ZMQ.Socket socket;
        String topic;
        Value body;

        Listener(String address, String... topics) {
            socket = open(ZMQ.SUB, address, LISTEN_MS);
            for (String wanted : topics) socket.subscribe(wanted.getBytes(StandardCharsets.UTF_8));
        }

        // Takes the next publication; false when there is none for a while.
        boolean next() throws IOException {
            byte[] first = socket.recv();
            if (first == null) return false;
            if (!socket.hasReceiveMore()) throw new IOException("a publication must have two frames");
            topic = new String(first, StandardCharsets.UTF_8);
            body = unpack(socket.recv());
            if (socket.hasReceiveMore()) throw new IOException("a publication must have two frames");
            return true;
        }

        Value find(String wantedTopic, String message) throws IOException {
            for (int tries = 0; tries < TRIES; tries++) {
                if (next() && topic.equals(wantedTopic) && get(body, "message").toString().equals(message)) return body;
            }
            throw new IOException("the publication did not arrive");
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    static void report(String name, Value value) {
        results.add('"' + name + "\":" + value.toJson());
    }

    static Value publish(Chat chat, String message) throws IOException {
        return chat.ask("publish", "user", "java-ana", "channel", "java-geral", "message", message);
    }

    // Publishes until something is heard, because a subscription takes a moment to take effect.
    static void tuneIn(Chat chat, Listener listener) throws IOException {
        for (int tries = 0; tries < TRIES; tries++) {
            publish(chat, "som");
            if (listener.next()) return;
        }
        throw new IOException("no publication was heard");
    }

    static void talk(Chat chat, Listener listener) throws IOException {
        report("login", chat.ask("login", "user", "java-ana"));
        chat.ask("login", "user", "java-bia");
        report("users", chat.ask("users"));
        report("channel", chat.ask("channel", "channel", "java-geral"));
        report("channelAgain", chat.ask("channel", "channel", "java-geral"));
        report("channels", chat.ask("channels"));

        tuneIn(chat, listener);
        report("publish", publish(chat, "olá"));
        report("heardInChannel", listener.find("java-geral", "olá"));
        report("message", chat.ask("message", "src", "java-ana", "dst", "java-bia", "message", "oi, bia"));
        report("heardByUser", listener.find("java-bia", "oi, bia"));

        report("channelHistory", chat.ask("history", "channel", "java-geral"));
        report("userHistory", chat.ask("history", "user", "java-bia"));
        report("conversation", chat.ask("history", "user", "java-ana", "peer", "java-bia"));
        report("clock", chat.ask("clock"));
        report("election", chat.ask("election"));
    }

    public static void main(String[] arguments) throws IOException {
        try (Chat chat = new Chat(arguments[0]);
                Listener listener = new Listener(arguments[1], "java-geral", "java-bia");
                Chat server = new Chat(arguments[2])) {
            talk(chat, listener);
            report("serverClock", server.ask("clock"));
            report("serverElection", server.ask("election"));
        }
        context.term();
        // Not println: the encoding of standard output is the machine's.
        System.out.write((results + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }
}

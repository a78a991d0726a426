/* A client of the course protocol as a student writes one: REQ, SUB, MessagePack. */

#ifndef CHAT_H
#define CHAT_H

#include <msgpack.h>
#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_SECONDS 50
#define ANSWER_MS 5000
#define LISTEN_MS 200
#define TRIES 100

struct chat {
    void *socket;
    int64_t clock;
    msgpack_unpacked answer; /* what the last answer's objects point into */
};

struct listener {
    void *socket;
    char topic[256];
    msgpack_unpacked body;
};

void die(const char *what);

void chat_open(struct chat *chat, void *context, const char *address);
void chat_close(struct chat *chat);

/* Sends a packed envelope and returns the `data` of the answer. */
msgpack_object chat_exchange(struct chat *chat, const msgpack_sbuffer *request);

/* Sends a request with pairs of strings, ended by NULL, and returns the `data` of the answer. */
msgpack_object chat_ask(struct chat *chat, const char *service, ...) __attribute__((sentinel));

void listener_open(struct listener *listener, void *context, const char *address, ...) __attribute__((sentinel));
void listener_close(struct listener *listener);

/* Takes the next publication; false when there is none for a while. */
bool listener_next(struct listener *listener);

/* Waits for the publication with this topic and this text. */
msgpack_object listener_find(struct listener *listener, const char *topic, const char *message);

/* Publishes until something is heard, because a subscription takes a moment to take effect. */
void tune_in(struct listener *listener, struct chat *chat, const char *user, const char *channel);

void pack_text(msgpack_packer *packer, const char *text);
void pack_now(msgpack_packer *packer);
msgpack_object lookup(msgpack_object map, const char *key);

/* One line of JSON with everything that was reported. */
void report(const char *name, msgpack_object value);
void report_end(void);

#endif

/* client BROKER PROXY SERVER: uses every service once and prints the results as one line of JSON. */

#include "chat.h"

#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

static struct chat chat;

static msgpack_object publish(const char *message)
{
    return chat_ask(&chat, "publish", "user", "c-ana", "channel", "c-geral", "message", message, NULL);
}

static void ask_server(void *context, const char *address)
{
    struct chat server;
    chat_open(&server, context, address);
    report("serverClock", chat_ask(&server, "clock", NULL));
    report("serverElection", chat_ask(&server, "election", NULL));
    chat_close(&server);
}

int main(int count, char **arguments)
{
    if (count != 4)
        die("usage: client BROKER PROXY SERVER");
    alarm(DEADLINE_SECONDS);
    void *context = zmq_ctx_new();
    chat_open(&chat, context, arguments[1]);

    report("login", chat_ask(&chat, "login", "user", "c-ana", NULL));
    chat_ask(&chat, "login", "user", "c-bia", NULL);
    report("users", chat_ask(&chat, "users", NULL));
    report("channel", chat_ask(&chat, "channel", "channel", "c-geral", NULL));
    report("channelAgain", chat_ask(&chat, "channel", "channel", "c-geral", NULL));
    report("channels", chat_ask(&chat, "channels", NULL));

    struct listener listener;
    listener_open(&listener, context, arguments[2], "c-geral", "c-bia", NULL);
    tune_in(&listener, &chat, "c-ana", "c-geral");
    report("publish", publish("olá"));
    report("heardInChannel", listener_find(&listener, "c-geral", "olá"));
    report("message", chat_ask(&chat, "message", "src", "c-ana", "dst", "c-bia", "message", "oi, bia", NULL));
    report("heardByUser", listener_find(&listener, "c-bia", "oi, bia"));

    report("channelHistory", chat_ask(&chat, "history", "channel", "c-geral", NULL));
    report("userHistory", chat_ask(&chat, "history", "user", "c-bia", NULL));
    report("conversation", chat_ask(&chat, "history", "user", "c-ana", "peer", "c-bia", NULL));
    report("clock", chat_ask(&chat, "clock", NULL));
    report("election", chat_ask(&chat, "election", NULL));
    ask_server(context, arguments[3]);

    report_end();
    listener_close(&listener);
    chat_close(&chat);
    zmq_ctx_term(context);
    return EXIT_SUCCESS;
}

/* careless BROKER PROXY: what goes wrong in clients written in C; prints the answers as one line of JSON. */

#include "chat.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

static msgpack_sbuffer request;
static msgpack_packer packer;

static void begin(const char *service, size_t fields)
{
    msgpack_sbuffer_clear(&request);
    msgpack_pack_map(&packer, 2);
    pack_text(&packer, "service");
    pack_text(&packer, service);
    pack_text(&packer, "data");
    msgpack_pack_map(&packer, fields);
}

static void text_field(const char *key, const char *value)
{
    pack_text(&packer, key);
    pack_text(&packer, value);
}

static void timestamp_field(void)
{
    pack_text(&packer, "timestamp");
    pack_now(&packer);
}

static void nan_clock(const char *service, const char *key, const char *value)
{
    begin(service, 3);
    text_field(key, value);
    timestamp_field();
    pack_text(&packer, "clock");
    msgpack_pack_double(&packer, nan(""));
}

static void huge_clock(void)
{
    begin("users", 2);
    timestamp_field();
    pack_text(&packer, "clock");
    msgpack_pack_uint64(&packer, UINT64_MAX);
}

static void nil_user(void)
{
    begin("login", 2);
    timestamp_field();
    pack_text(&packer, "user");
    msgpack_pack_nil(&packer);
}

/* The usual mistake: sizeof counts the byte that ends a string. */
static void terminated_user(void)
{
    begin("login", 2);
    timestamp_field();
    pack_text(&packer, "user");
    msgpack_pack_str_with_body(&packer, "c-fim", sizeof "c-fim");
}

static void binary_user(void)
{
    begin("login", 2);
    timestamp_field();
    pack_text(&packer, "user");
    msgpack_pack_bin_with_body(&packer, "c-bin", sizeof "c-bin" - 1);
}

static void cut_off(void)
{
    begin("users", 2);
    timestamp_field();
}

int main(int count, char **arguments)
{
    if (count != 3)
        die("usage: careless BROKER PROXY");
    alarm(DEADLINE_SECONDS);
    msgpack_sbuffer_init(&request);
    msgpack_packer_init(&packer, &request, msgpack_sbuffer_write);
    void *context = zmq_ctx_new();
    struct chat chat;
    chat_open(&chat, context, arguments[1]);

    nan_clock("login", "user", "c-eva");
    report("nanClock", chat_exchange(&chat, &request));
    nan_clock("channel", "channel", "c-praça");
    report("nanClockAgain", chat_exchange(&chat, &request));
    begin("users", 0);
    report("noTimestamp", chat_exchange(&chat, &request));
    huge_clock();
    report("hugeClock", chat_exchange(&chat, &request));
    nil_user();
    report("nilUser", chat_exchange(&chat, &request));
    terminated_user();
    report("terminatedUser", chat_exchange(&chat, &request));
    binary_user();
    report("binaryUser", chat_exchange(&chat, &request));
    cut_off();
    report("cutOff", chat_exchange(&chat, &request));
    report("usersInTheEnd", chat_ask(&chat, "users", NULL));

    struct listener listener;
    listener_open(&listener, context, arguments[2], "", NULL);
    tune_in(&listener, &chat, "c-eva", "c-praça");
    report("publish",
           chat_ask(&chat, "publish", "user", "c-eva", "channel", "c-praça", "message", "ouve-se tudo", NULL));
    report("heard", listener_find(&listener, "c-praça", "ouve-se tudo"));

    report_end();
    listener_close(&listener);
    chat_close(&chat);
    msgpack_sbuffer_destroy(&request);
    zmq_ctx_term(context);
    return EXIT_SUCCESS;
}

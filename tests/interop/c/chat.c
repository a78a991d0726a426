#include "chat.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

void die(const char *what)
{
    fprintf(stderr, "%s (%s)\n", what, zmq_strerror(zmq_errno()));
    exit(EXIT_FAILURE);
}

static void *open_socket(void *context, int type, const char *address, int receive_ms)
{
    int linger = 0;
    void *socket = zmq_socket(context, type);
    if (socket == NULL || zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &receive_ms, sizeof receive_ms) != 0 || zmq_connect(socket, address) != 0)
        die(address);
    return socket;
}

static bool receive(void *socket, zmq_msg_t *frame)
{
    zmq_msg_init(frame);
    if (zmq_msg_recv(frame, socket, 0) >= 0)
        return true;
    zmq_msg_close(frame);
    return false;
}

static void unpack(msgpack_unpacked *unpacked, zmq_msg_t *frame)
{
    size_t size = zmq_msg_size(frame), used = 0;
    if (msgpack_unpack_next(unpacked, zmq_msg_data(frame), size, &used) != MSGPACK_UNPACK_SUCCESS || used != size)
        die("this is not one MessagePack value");
}

void pack_text(msgpack_packer *packer, const char *text)
{
    msgpack_pack_str_with_body(packer, text, strlen(text));
}

void pack_now(msgpack_packer *packer)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    msgpack_pack_double(packer, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

msgpack_object lookup(msgpack_object map, const char *key)
{
    msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
    if (map.type != MSGPACK_OBJECT_MAP)
        return nil;
    for (uint32_t i = 0; i < map.via.map.size; i++) {
        msgpack_object_kv *pair = &map.via.map.ptr[i];
        if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == strlen(key) &&
            memcmp(pair->key.via.str.ptr, key, strlen(key)) == 0)
            return pair->val;
    }
    return nil;
}

void chat_open(struct chat *chat, void *context, const char *address)
{
    chat->socket = open_socket(context, ZMQ_REQ, address, ANSWER_MS);
    chat->clock = 0;
    msgpack_unpacked_init(&chat->answer);
}

void chat_close(struct chat *chat)
{
    zmq_close(chat->socket);
    msgpack_unpacked_destroy(&chat->answer);
}

msgpack_object chat_exchange(struct chat *chat, const msgpack_sbuffer *request)
{
    zmq_msg_t frame;
    if (zmq_send(chat->socket, request->data, request->size, 0) < 0)
        die("the request was not sent");
    if (!receive(chat->socket, &frame))
        die("there was no answer");
    if (zmq_msg_more(&frame))
        die("the answer has more than one frame");
    unpack(&chat->answer, &frame);
    zmq_msg_close(&frame);
    msgpack_object data = lookup(chat->answer.data, "data"), clock = lookup(data, "clock");
    if (clock.type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        die("the answer has no clock");
    if (chat->clock < clock.via.i64)
        chat->clock = clock.via.i64;
    return data;
}

msgpack_object chat_ask(struct chat *chat, const char *service, ...)
{
    va_list pairs;
    size_t fields = 0;
    va_start(pairs, service);
    while (va_arg(pairs, const char *) != NULL)
        fields++;
    va_end(pairs);

    msgpack_sbuffer request;
    msgpack_packer packer;
    msgpack_sbuffer_init(&request);
    msgpack_packer_init(&packer, &request, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 2);
    pack_text(&packer, "service");
    pack_text(&packer, service);
    pack_text(&packer, "data");
    msgpack_pack_map(&packer, fields / 2 + 2);
    va_start(pairs, service);
    for (size_t i = 0; i < fields; i++)
        pack_text(&packer, va_arg(pairs, const char *));
    va_end(pairs);
    pack_text(&packer, "timestamp");
    pack_now(&packer);
    pack_text(&packer, "clock");
    msgpack_pack_int64(&packer, ++chat->clock);

    msgpack_object data = chat_exchange(chat, &request);
    msgpack_sbuffer_destroy(&request);
    return data;
}

void listener_open(struct listener *listener, void *context, const char *address, ...)
{
    va_list topics;
    const char *topic;
    listener->socket = open_socket(context, ZMQ_SUB, address, LISTEN_MS);
    msgpack_unpacked_init(&listener->body);
    va_start(topics, address);
    while ((topic = va_arg(topics, const char *)) != NULL)
        if (zmq_setsockopt(listener->socket, ZMQ_SUBSCRIBE, topic, strlen(topic)) != 0)
            die(topic);
    va_end(topics);
}

void listener_close(struct listener *listener)
{
    zmq_close(listener->socket);
    msgpack_unpacked_destroy(&listener->body);
}

bool listener_next(struct listener *listener)
{
    zmq_msg_t topic, body;
    if (!receive(listener->socket, &topic))
        return false;
    size_t size = zmq_msg_size(&topic);
    if (size >= sizeof listener->topic)
        die("this topic is too long");
    memcpy(listener->topic, zmq_msg_data(&topic), size);
    listener->topic[size] = '\0';
    if (!zmq_msg_more(&topic) || !receive(listener->socket, &body) || zmq_msg_more(&body))
        die("a publication must have two frames");
    unpack(&listener->body, &body);
    zmq_msg_close(&topic);
    zmq_msg_close(&body);
    return true;
}

msgpack_object listener_find(struct listener *listener, const char *topic, const char *message)
{
    for (int tries = 0; tries < TRIES; tries++) {
        if (!listener_next(listener) || strcmp(listener->topic, topic) != 0)
            continue;
        msgpack_object text = lookup(listener->body.data, "message");
        if (text.type == MSGPACK_OBJECT_STR && text.via.str.size == strlen(message) &&
            memcmp(text.via.str.ptr, message, strlen(message)) == 0)
            return listener->body.data;
    }
    die("the publication did not arrive");
    abort();
}

void tune_in(struct listener *listener, struct chat *chat, const char *user, const char *channel)
{
    for (int tries = 0; tries < TRIES; tries++) {
        chat_ask(chat, "publish", "user", user, "channel", channel, "message", "som", NULL);
        if (listener_next(listener))
            return;
    }
    die("no publication was heard");
}

static void print_text(const char *text, size_t size)
{
    putchar('"');
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte < 0x20)
            printf("\\u%04x", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

static void print_json(msgpack_object value)
{
    switch (value.type) {
    case MSGPACK_OBJECT_NIL:
        fputs("null", stdout);
        break;
    case MSGPACK_OBJECT_BOOLEAN:
        fputs(value.via.boolean ? "true" : "false", stdout);
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        printf("%" PRIu64, value.via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        printf("%" PRId64, value.via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        if (!isfinite(value.via.f64))
            die("a number is not finite");
        printf("%.6f", value.via.f64);
        break;
    case MSGPACK_OBJECT_STR:
        print_text(value.via.str.ptr, value.via.str.size);
        break;
    case MSGPACK_OBJECT_ARRAY:
        putchar('[');
        for (uint32_t i = 0; i < value.via.array.size; i++) {
            if (i > 0)
                putchar(',');
            print_json(value.via.array.ptr[i]);
        }
        putchar(']');
        break;
    case MSGPACK_OBJECT_MAP:
        putchar('{');
        for (uint32_t i = 0; i < value.via.map.size; i++) {
            if (i > 0)
                putchar(',');
            if (value.via.map.ptr[i].key.type != MSGPACK_OBJECT_STR)
                die("a key is not a string");
            print_json(value.via.map.ptr[i].key);
            putchar(':');
            print_json(value.via.map.ptr[i].val);
        }
        putchar('}');
        break;
    default:
        die("a value is of a type that JSON has not");
    }
}

static bool reported;

void report(const char *name, msgpack_object value)
{
    putchar(reported ? ',' : '{');
    reported = true;
    print_text(name, strlen(name));
    putchar(':');
    print_json(value);
}

void report_end(void)
{
    puts("}");
}

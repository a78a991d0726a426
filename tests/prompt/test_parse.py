"""Lines become commands."""

import pytest

from coreto.prompt.errors import ChatError, UsageError
from coreto.prompt.parse import parse


@pytest.mark.parametrize(
    ("line", "name", "arguments"),
    [
        ("/login ana", "login", {"user": "ana"}),
        ('/login "ana maria"', "login", {"user": "ana maria"}),
        ("  /users  ", "users", {}),
        ("/publish geral  oi,   gente ", "publish", {"channel": "geral", "text": "oi,   gente"}),
        ("/publish geral one\ntwo", "publish", {"channel": "geral", "text": "one\ntwo"}),
        ("/publish geral\noi", "publish", {"channel": "geral", "text": "oi"}),
        ('/publish geral "oi"', "publish", {"channel": "geral", "text": '"oi"'}),
        ('/msg "ana maria" oi', "message", {"user": "ana maria", "text": "oi"}),
        ('/msg "ana oi', "message", {"user": '"ana', "text": "oi"}),
        ("/leave", "leave", {}),
        ("/history", "history", {}),
        ("/history geral 5", "history", {"place": "geral", "count": "5"}),
        ("/history @bia", "history", {"place": "@bia"}),
        ('/history @"ana maria" 5', "history", {"place": "@ana maria", "count": "5"}),
        ("/exit", "quit", {}),
        ("/LOGIN ana", "login", {"user": "ana"}),
        ("/j @bia", "join", {"place": "@bia"}),
        ("/show LAMPORT off", "show", {"what": "lamport", "state": "off"}),
        ("/export a.txt", "export", {"file": "a.txt"}),
        ("oi", "", {"text": "oi"}),
        ("oi /quit", "", {"text": "oi /quit"}),
        ("//quit", "", {"text": "/quit"}),
        ("one\ntwo", "", {"text": "one\ntwo"}),
    ],
)
def test_a_line_is_read(line, name, arguments):
    parsed = parse(line)
    assert (parsed.command.name, dict(parsed.arguments)) == (name, arguments)


def test_names_take_the_form_that_the_servers_store():
    assert parse("/login jose\u0301").arguments == {"user": "jos\u00e9"}


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("/chanel geral", "/channel"),
        ("/nick ana", "/login USER"),
        ("/part", "/leave [CHANNEL|@USER]"),
        ("/joim geral", "/join geral"),
        ("/etc/passwd is a file", "// to send"),
        (f"/{'x' * 4000}", "xxx…"),
        ("/show tyme", "time, lamport, all"),
        ("/xyzzy", "/help"),
        ("/", "/help"),
        ("/login", "/login USER"),
        ('/login ""', "/login USER"),
        ("/login ana maria", '"double quotes"'),
        ("/publish geral", "/publish CHANNEL TEXT"),
        ("/users all", "/users"),
        ("/history geral many", "1 to 500"),
        ("/history geral 0", "1 to 500"),
        ("/history geral 501", "1 to 500"),
        ("/history geral \u0665", "1 to 500"),
        (f"/history geral {'9' * 5000}", "1 to 500"),
    ],
)
def test_wrong_use_is_answered_with_the_right_one(line, hint):
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert hint in str(caught.value)
    assert caught.value.status == 2


@pytest.mark.parametrize(
    "line",
    [
        "/login servers",
        f"/login {'a' * 33}",
        "/join a\u0001b",
        '/join "a b"',
        "/publish geral a\u001bb",
        "x" * 4097,
        "a\ud800",
    ],
)
def test_names_and_texts_that_break_a_rule_are_refused_before_they_are_sent(line):
    with pytest.raises(ChatError) as caught:
        parse(line)
    assert caught.value.status == 1

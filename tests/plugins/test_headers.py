import pytest

from gateway.pipeline.decision import decide
from gateway.pipeline.effects import Send
from gateway.plugin import Registry
from plugins import HeaderFields
from tests.builders import a_bearer_call, a_budget, a_consumer, a_reply, a_snapshot
from tests.replay import replay

REGISTRY = Registry([HeaderFields()])
SENT = (("X-Old", "1"), ("X-Gone", "2"), ("x-gone", "3"), ("X-Set", "4"))


def play(**config):
    """What the service was sent, and what the caller was told."""
    bindings = REGISTRY.bind({"headers": config})
    answers = [a_consumer(), a_budget(), a_reply(fields=SENT)]
    played = replay(decide(a_bearer_call(fields=SENT), a_snapshot(plugins=bindings)), answers)
    sent = next(effect for effect in played.effects if isinstance(effect, Send))
    return {"call": sent.headers, "reply": played.reply.headers}


@pytest.mark.parametrize("way", ["call", "reply"])
def test_fields_are_removed_renamed_set_and_added(way):
    headers = play(**{
        f"{way}_remove": ["X-GONE"],
        f"{way}_rename": ["x-old: X-New"],
        f"{way}_set": ["X-Set: five", "X-Fresh: a: b"],
        f"{way}_add": ["X-Set: six"],
    })[way]  # fmt: skip

    assert (headers.get("X-Gone"), headers.get("X-Old"), headers.get("X-New")) == (None, None, "1")
    assert headers.all("X-Set") == ("five", "six")
    assert headers.get("X-Fresh") == "a: b"


@pytest.mark.parametrize(("way", "other"), [("call", "reply"), ("reply", "call")])
def test_the_other_way_is_left_as_it_is(way, other):
    headers = play(**{f"{way}_remove": ["X-Gone"]})

    assert headers[way].all("X-Gone") == ()
    assert headers[other].all("X-Gone") == ("2", "3")


def test_without_settings_nothing_changes():
    headers = play()

    assert [headers["call"].get(name) for name, _ in SENT] == ["1", "2", "2", "4"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("call_add", "Host: elsewhere.ca"),
        ("call_set", "X-Guichet-Application: app_other"),
        ("call_set", "x-forwarded-for: 192.0.2.1"),
        ("call_add", "Transfer-Encoding: chunked"),
        ("call_remove", "Via"),
        ("call_remove", "Content-Length"),
        ("call_rename", "X-Mine: X-Guichet-Application"),
        ("call_rename", "Connection: X-Mine"),
        ("reply_add", "Set-Cookie: a=b"),
        ("reply_set", "Content-Length: 0"),
        ("reply_rename", "X-Mine: Set-Cookie"),
        ("reply_remove", "X-Request-Id"),
        ("reply_remove", "Content-Security-Policy"),
        ("reply_remove", "RateLimit"),
        ("reply_set", "Upgrade: h2c"),
    ],
)
def test_what_others_answer_for_cannot_be_touched(setting, value):
    words = REGISTRY.faults("headers", {setting: [value]})[setting]

    assert words.en.startswith("The gateway itself decides")


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("call_add", "X-A: b\r\nX-C: d", "cannot be the value"),
        ("call_add", "X-A: b\nX-C: d", "cannot be the value"),
        ("call_add", "X-A: \x00", "cannot be the value"),
        ("call_add", "X-A: é", "cannot be the value"),
        ("call_add", "X-A\r\n: b", "no name"),
        ("call_add", "X A: b", "no name"),
        ("call_add", ": b", "no name"),
        ("call_add", "X-A", "two parts"),
        ("call_rename", "X-A", "two parts"),
        ("call_rename", "X-A: ", "no name"),
        ("call_rename", "X-A: b c", "no name"),
        ("call_remove", "X-A: b", "no name"),
        ("reply_add", "X-A: b\r\n\r\n<html>", "cannot be the value"),
        ("reply_remove", "", "no name"),
    ],
)
def test_what_is_no_field_is_refused_when_it_is_set(setting, value, told):
    words = REGISTRY.faults("headers", {setting: [value]})[setting]

    assert told in words.en
    assert words.fr != words.en


def test_an_empty_value_is_a_value():
    assert play(call_set=["X-Set:"])["call"].all("X-Set") == ("",)

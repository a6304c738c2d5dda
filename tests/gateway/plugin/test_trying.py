import pytest
from marshmallow import ValidationError

from gateway.plugin.trying import a_call, a_reply, settings_of
from plugins import Maintenance


def test_a_call_is_what_the_test_says_and_ordinary_otherwise():
    call = a_call("POST", fields=(("X-A", "1"),), client_address="2001:db8::1")

    assert (call.method, call.headers.get("x-a"), call.client_address) == ("POST", "1", "2001:db8::1")
    assert call.received_at == a_call().received_at


def test_a_reply_has_a_body_of_its_length():
    reply = a_reply(201, b"[1]", (("X-A", "1"),))

    assert (reply.status, reply.body.length, reply.headers.get("x-a")) == (201, 3, "1")


def test_settings_are_read_as_they_are_for_the_hooks_and_refused_as_they_are_for_publishers():
    config = settings_of(Maintenance(), {"until": "2026-12-01T06:00:00-05:00"})

    assert config["until"].utcoffset().total_seconds() == -5 * 3_600
    with pytest.raises(ValidationError):
        settings_of(Maintenance(), {"until": "soon"})

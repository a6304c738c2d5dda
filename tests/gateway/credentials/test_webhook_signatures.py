import base64
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.credentials.webhook_signatures import mint_signing_secret, signed_fields

SECRET = mint_signing_secret(b"\0" * 32)
OTHER = mint_signing_secret(b"\1" * 32)


def signed(body, *secrets, seconds=None):
    return dict(signed_fields("msg_1", body, secrets, int(time.time()) if seconds is None else seconds))


@given(st.dictionaries(st.text(), st.text(), max_size=3), st.binary(min_size=32, max_size=32))
def test_what_we_sign_the_library_of_the_specification_finds_good(data, randomness):
    secret, body = mint_signing_secret(randomness), orjson.dumps(data)

    assert Webhook(secret).verify(body, signed(body, secret)) == data


def test_while_a_secret_is_replaced_both_receivers_find_it_good():
    fields = signed(b"{}", SECRET, OTHER)

    for secret in (SECRET, OTHER):
        assert Webhook(secret).verify(b"{}", fields) == {}


@pytest.mark.parametrize("change", [{"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(time.time()) - 60)}])
def test_another_id_or_time_is_found_out(change):
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{}", signed(b"{}", SECRET) | change)


def test_another_body_or_secret_is_found_out():
    for body, secret in ((b"{} ", SECRET), (b"{}", OTHER)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, signed(b"{}", SECRET))


def test_the_example_of_the_specification_comes_out():
    # https://github.com/standard-webhooks/standard-webhooks, spec: the vector that its libraries test with.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    fields = dict(signed_fields("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [secret], 1614265330))

    assert fields["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_says_what_it_is_and_takes_the_randomness_that_it_needs():
    assert SECRET.startswith("whsec_")
    assert base64.b64decode(SECRET.removeprefix("whsec_")) == b"\0" * 32
    with pytest.raises(ValueError, match="32"):
        mint_signing_secret(b"short")

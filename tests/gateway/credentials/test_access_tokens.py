import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from gateway.credentials.access_tokens import LEEWAY, MAX_TOKEN, Fault, TokenFault, verify
from gateway.credentials.signing import public_jwk
from tests.builders import ISSUER, KEY, NOW, OTHER_KEY, a_token, some_claims

AUDIENCE = f"{ISSUER}/api/weather"
KEYS = {KEY["kid"]: public_jwk(KEY)}
PAYLOAD = {
    "iss": ISSUER,
    "aud": [AUDIENCE],
    "sub": "app_farm",
    "client_id": "app_farm",
    "scope": "weather:read",
    "iat": int(NOW),
    "exp": int(NOW) + 3600,
    "jti": "tok_1",
    "crd": "crd_one",
}
HEADER = {"typ": "at+jwt", "alg": "ES256", "kid": KEY["kid"]}


def check(token, now=NOW):
    return verify(token, KEYS, issuer=ISSUER, audience=AUDIENCE, now=now)


def fault_of(token, now=NOW):
    with pytest.raises(TokenFault) as caught:
        check(token, now)
    return caught.value.kind


def encoded(content):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header=HEADER, payload=PAYLOAD, key=KEY):
    """A token whose signature holds, whatever its header and payload say."""
    raw_key = ECKey.import_key(dict(key)).private_key
    assert raw_key is not None
    text = f"{encoded(header)}.{encoded(payload)}"
    r, s = decode_dss_signature(raw_key.sign(text.encode(), ECDSA(hashes.SHA256())))
    return f"{text}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}:(read|write)", fullmatch=True), unique=True, max_size=4), st.integers(0, 3539)
)
def test_what_is_minted_is_verified_to_the_same_claims(scopes, age):
    claims = some_claims(scopes=tuple(scopes))

    assert check(a_token(scopes=tuple(scopes)), NOW + age) == claims


def test_a_token_made_by_hand_in_our_shape_is_taken():
    assert check(signed()).credential_id == "crd_one"
    assert check(signed(HEADER | {"typ": "application/at+jwt"})).client_id == "app_farm"
    assert check(signed(payload=PAYLOAD | {"aud": AUDIENCE})).audience == (AUDIENCE,)
    assert check(signed(payload=PAYLOAD | {"nbf": int(NOW)})).scopes == ("weather:read",)


HOSTILE_HEADERS = {
    "no typ": without(HEADER, "typ"),
    "an ID token": HEADER | {"typ": "JWT"},
    "a typ that is no text": HEADER | {"typ": ["at+jwt"]},
    "no alg": without(HEADER, "alg"),
    "alg none": HEADER | {"alg": "none"},
    "alg in lower case": HEADER | {"alg": "es256"},
    "another algorithm": HEADER | {"alg": "ES384"},
    "a shared-secret algorithm": HEADER | {"alg": "HS256"},
    "no kid": without(HEADER, "kid"),
    "an unknown kid": HEADER | {"kid": "other"},
    "a kid with a path": HEADER | {"kid": "../../dev/null"},
    "a kid with SQL": HEADER | {"kid": "' OR 1=1 --"},
    "a kid that is no text": HEADER | {"kid": [KEY["kid"]]},
    "a key of its own": HEADER | {"jwk": public_jwk(OTHER_KEY)},
    "an address of keys": HEADER | {"jku": "https://evil.example/jwks"},
    "an address of certificates": HEADER | {"x5u": "https://evil.example/x5u"},
    "certificates": HEADER | {"x5c": ["AAAA"]},
    "a demand": HEADER | {"crit": ["exp"]},
    "an unencoded payload": HEADER | {"b64": False, "crit": ["b64"]},
    "a compression": HEADER | {"zip": "DEF"},
    "a member twice": json.dumps(HEADER).replace("{", '{"alg": "none", ', 1).encode(),
    "no object": b"[]",
    "no JSON": b"{",
}


@pytest.mark.parametrize("header", HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS.keys())
def test_a_hostile_header_makes_the_token_invalid_though_its_signature_holds(header):
    assert fault_of(signed(header)) is Fault.INVALID


HOSTILE_PAYLOADS = {
    **{f"no {name}": without(PAYLOAD, name) for name in PAYLOAD if name != "aud"},
    "no aud": without(PAYLOAD, "aud"),
    "another issuer": PAYLOAD | {"iss": ISSUER + "/"},
    "an issuer that is no text": PAYLOAD | {"iss": [ISSUER]},
    "an audience of numbers": PAYLOAD | {"aud": [1]},
    "an audience object": PAYLOAD | {"aud": {AUDIENCE: 1}},
    "another application as the subject": PAYLOAD | {"sub": "app_other"},
    "nobody as the subject": PAYLOAD | {"sub": ""},
    "a scope list": PAYLOAD | {"scope": ["weather:read"]},
    "an end in text": PAYLOAD | {"exp": "9999999999"},
    "an end that is true": PAYLOAD | {"exp": True},
    "an end with a fraction": PAYLOAD | {"exp": NOW + 0.5},
    "an endless end": json.dumps(PAYLOAD).replace(str(int(NOW) + 3600), "1e999").encode(),
    "made in the future": PAYLOAD | {"iat": int(NOW) + LEEWAY + 1},
    "not yet in force": PAYLOAD | {"nbf": int(NOW) + LEEWAY + 1},
    "a beginning in text": PAYLOAD | {"nbf": "0"},
    "a member twice": json.dumps(PAYLOAD).replace("{", '{"exp": 1, ', 1).encode(),
    "deep nesting": PAYLOAD | {"x": json.loads("[" * 20 + "]" * 20)},
    "no object": b'["iss"]',
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("payload", HOSTILE_PAYLOADS.values(), ids=HOSTILE_PAYLOADS.keys())
def test_a_hostile_payload_makes_the_token_invalid_though_its_signature_holds(payload):
    assert fault_of(signed(payload=payload)) is Fault.INVALID


def test_a_token_is_over_at_its_end_and_not_a_second_later():
    token = signed()

    assert check(token, NOW + 3599.9)
    assert fault_of(token, NOW + 3600) is Fault.EXPIRED


def test_a_token_for_another_api_is_for_another_audience():
    assert fault_of(signed(payload=PAYLOAD | {"aud": [AUDIENCE + "2"]})) is Fault.WRONG_AUDIENCE


def test_a_signature_of_another_key_under_our_kid_is_refused():
    assert fault_of(signed(key=OTHER_KEY)) is Fault.INVALID


def test_a_token_signed_with_our_public_key_as_a_shared_secret_is_refused():
    secret = OctKey.import_key(json.dumps(public_jwk(KEY)))
    token = jws.serialize_compact(HEADER | {"alg": "HS256"}, json.dumps(PAYLOAD), secret, algorithms=["HS256"])

    assert fault_of(token) is Fault.INVALID


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token.rsplit(".", 1)[0],
        lambda token: token.rsplit(".", 1)[0] + ".",
        lambda token: token + ".AAAA",
        lambda token: token + "=",
        lambda token: token + "A",
        lambda token: " " + token,
        lambda token: token[:-4] + "AAAA",
        lambda token: token + "A" * MAX_TOKEN,
        lambda token: token.replace(".", ".é", 1),
        lambda token: ".".join([*token.split(".")[:2], encoded(bytes(64))]),
    ],
)
def test_a_spoilt_token_is_invalid(spoil):
    assert fault_of(spoil(signed())) is Fault.INVALID


def test_a_token_that_was_good_is_refused_once_its_key_is_withdrawn():
    token = signed()

    check(token)
    with pytest.raises(TokenFault):
        verify(token, {}, issuer=ISSUER, audience=AUDIENCE, now=NOW)


@given(st.text(max_size=200))
def test_garbage_is_invalid_and_nothing_worse(text):
    assert fault_of(text) is Fault.INVALID


def test_a_token_names_a_person_only_where_its_subject_is_not_the_client():
    assert check(a_token()).subject == ""
    assert check(a_token(subject="acc_anna")).subject == "acc_anna"
    assert json.loads(jws_payload(a_token()))["sub"] == json.loads(jws_payload(a_token()))["client_id"]


def jws_payload(token):
    return base64.urlsafe_b64decode(token.split(".")[1] + "==")

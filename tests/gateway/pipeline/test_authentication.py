import pytest

from gateway.credentials.api_keys import SecretKind, digest, mint_secret
from gateway.pipeline.decision import decide
from gateway.pipeline.effects import FindApplication, FindKey
from gateway.pipeline.refusals import STORE_AWAY, Failure
from tests.builders import (
    APPLICATION,
    CREDENTIAL,
    ISSUER,
    NOW,
    OTHER_KEY,
    a_bearer_call,
    a_budget,
    a_call,
    a_consumer,
    a_reply,
    a_snapshot,
    a_token,
    a_version,
    an_api_key,
    what_everybody_has,
)
from tests.replay import replay

REALM = f'Bearer realm="{ISSUER}/api/weather"'
PASSES = [a_budget(), a_reply()]


def play(call, *answers):
    return replay(decide(call, a_snapshot()), answers)


def test_a_good_token_leads_to_its_application():
    played = play(a_bearer_call(), a_consumer(), *PASSES)

    assert played.effects[0] == FindApplication(APPLICATION)
    assert played.reply.status == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_in_any_case(scheme):
    assert play(a_call(fields=(("Authorization", f"{scheme} {a_token()}"),)), a_consumer(), *PASSES).reply.status == 200


def test_a_good_key_leads_to_its_application():
    key = an_api_key()

    played = play(a_call(fields=(("X-API-Key", key),)), a_consumer(key=CREDENTIAL), *PASSES)

    assert played.effects[0] == FindKey(digest(key))
    assert played.reply.status == 200


@pytest.mark.parametrize("fields", [(), (("Authorization", "Basic eDp5"),), (("Authorization", ""),)])
def test_a_call_without_credentials_is_challenged_without_an_error_code(fields):
    played = play(a_call(fields=fields))

    assert played.reply.status == 401
    assert played.problem["code"] == "no-credentials"
    assert played.reply.headers.get("WWW-Authenticate") == REALM


@pytest.mark.parametrize(
    "names", [("Authorization", "X-API-Key"), ("X-API-Key", "x-api-key"), ("Authorization", "authorization")]
)
def test_two_credentials_are_refused(names):
    values = {"authorization": f"Bearer {a_token()}", "x-api-key": an_api_key()}

    played = play(a_call(fields=tuple((name, values[name.lower()]) for name in names)))

    assert (played.reply.status, played.problem["code"]) == (400, "two-credentials")
    assert 'error="invalid_request"' in played.reply.headers.get("WWW-Authenticate")


@pytest.mark.parametrize(
    "query",
    [
        "access_token=x",
        "a=1&API_KEY=x",
        "apikey=",
        "client_secret=x",
        "api%5Fkey=x",
        f"anything={an_api_key()}",
        f"q={mint_secret(SecretKind.CLIENT_SECRET, bytes(32))}",
    ],
)
def test_credentials_in_the_address_are_refused_even_beside_good_ones(query):
    played = play(a_bearer_call(query=query))

    assert (played.reply.status, played.problem["code"]) == (400, "key-in-url")
    assert an_api_key() not in str(played.problem)


@pytest.mark.parametrize("query", ["key=x", "token=abc", "q=gck_not-ours", "", "apikeys=3", "a=%ff%00&;;=&=&"])
def test_other_parameters_are_the_apis_own_business(query):
    assert play(a_bearer_call(query=query), a_consumer(), *PASSES).reply.status == 200


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("garbage", "invalid-token"),
        (a_token(OTHER_KEY), "invalid-token"),
        (a_token(issuer="https://elsewhere.example"), "invalid-token"),
        (a_token(expires_at=int(NOW)), "expired-token"),
        (a_token(audience=(f"{ISSUER}/api/snow",)), "wrong-audience"),
        (a_token() + "," + a_token(), "invalid-token"),
    ],
)
def test_a_bad_token_is_refused_before_anything_is_looked_up(token, code):
    played = play(a_bearer_call(token=token))

    assert (played.reply.status, played.problem["code"]) == (401, code)
    assert played.asked == ["Record"]
    assert played.reply.headers.get("WWW-Authenticate").startswith(
        f'{REALM}, error="invalid_token", error_description="'
    )
    assert played.reply.headers.get("WWW-Authenticate").isascii()


@pytest.mark.parametrize(
    ("language", "remedy"),
    [
        ("en", "Subscribe the application to it, then ask for a new token."),
        ("fr", "Abonnez-y l’application, puis demandez un nouveau jeton."),
    ],
)
def test_a_token_for_another_api_is_refused_with_what_to_do(language, remedy):
    played = play(a_bearer_call(token=a_token(audience=(f"{ISSUER}/api/snow",)), language=language))

    assert played.problem["detail"].endswith(remedy)


@pytest.mark.parametrize(
    "consumer",
    [
        None,
        a_consumer(credentials={}),
        a_consumer(credentials={CREDENTIAL: NOW}),
        a_consumer(credentials={"crd_two": None}),
    ],
)
def test_a_token_of_an_ended_credential_is_refused(consumer):
    assert play(a_bearer_call(), consumer).problem["code"] == "credential-ended"


def test_a_credential_that_ends_later_still_opens():
    assert play(a_bearer_call(), a_consumer(credentials={CREDENTIAL: NOW + 1}), *PASSES).reply.status == 200


@pytest.mark.parametrize(
    "key", ["", "garbage", an_api_key()[:-1] + "!", mint_secret(SecretKind.CLIENT_SECRET, bytes(32))]
)
def test_a_key_that_is_none_of_ours_is_refused_before_anything_is_looked_up(key):
    played = play(a_call(fields=(("X-API-Key", key),)))

    assert (played.reply.status, played.problem["code"]) == (401, "invalid-key")
    assert played.asked == ["Record"]
    assert played.reply.headers.get("WWW-Authenticate") == REALM


@pytest.mark.parametrize(
    "consumer",
    [
        None,
        a_consumer(key=None),
        a_consumer(key="crd_two"),
        a_consumer(key=CREDENTIAL, credentials={CREDENTIAL: NOW}),
    ],
)
def test_a_key_that_was_revoked_or_has_ended_is_refused(consumer):
    assert play(a_call(fields=(("X-API-Key", an_api_key()),)), consumer).problem["code"] == "invalid-key"


def test_a_store_that_is_away_lets_nobody_in():
    played = play(a_bearer_call(), Failure(STORE_AWAY))

    assert (played.reply.status, played.problem["code"]) == (503, "store-away")


OPEN = a_snapshot(a_version(keyless=what_everybody_has()))


def test_a_call_without_a_credential_passes_where_a_plan_needs_none_and_nobody_is_looked_up():
    played = replay(decide(a_call(), OPEN), [a_budget(59, windows=what_everybody_has().windows), a_reply()])

    assert (played.reply.status, played.asked) == (200, ["Spend", "Send", "Record"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ((("Authorization", "Basic eDp5"),), "no-credentials"),
        ((("Authorization", ""),), "no-credentials"),
        ((("X-API-Key", "none"),), "invalid-key"),
        ((("Authorization", f"Bearer {a_token(OTHER_KEY)}"),), "invalid-token"),
        ((("Authorization", f"Bearer {a_token(expires_at=int(NOW) - 9)}"),), "expired-token"),
    ],
)
def test_a_credential_that_is_not_good_is_refused_there_all_the_same(fields, code):
    played = replay(decide(a_call(fields=fields), OPEN))

    assert (played.reply.status, played.problem["code"]) == (401, code)


def test_a_good_credential_uses_its_own_subscription_there():
    played = replay(decide(a_bearer_call(), OPEN), [a_consumer(), *PASSES])

    assert (played.reply.status, played.event.application_id) == (200, APPLICATION)
    assert (played.event.subscription_id, played.event.plan_id) == ("sub_1", "pln_1")


def test_who_shows_nothing_may_read_and_change_nothing():
    played = replay(decide(a_call(method="POST"), OPEN))

    assert (played.reply.status, played.problem["code"]) == (401, "no-credentials")


def test_a_credential_in_the_address_is_refused_there_too():
    played = replay(decide(a_call(query="api_key=x"), OPEN))

    assert played.problem["code"] == "key-in-url"

import base64
import json

from gateway.oauth.server import TOKEN_SECONDS
from gateway.services import apis, applications, subscriptions
from gateway.services.actor import system
from gateway.store.catalogue import Api


def claims_of(token: str):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_a_token_lives_an_hour_and_not_the_librarys_ten_days(seeded):
    answer = seeded.token().json
    claims = claims_of(answer["access_token"])

    assert answer["expires_in"] == claims["exp"] - claims["iat"] == TOKEN_SECONDS == 3600


def test_two_tokens_are_never_the_same(seeded):
    first, second = (claims_of(seeded.token().json["access_token"]) for _ in range(2))

    assert first["jti"] != second["jti"]


def test_the_audience_is_every_api_that_the_scopes_name_and_no_other(seeded):
    with seeded.house.database.begin() as session:
        ferries: Api = apis.get_api(session, system(), "ferries")
        application = applications.get(session, system(), seeded.client.client_id)
        subscriptions.subscribe(session, system(), application.id, api_id=ferries.id, plan_id=ferries.plans[0].id)

    both = claims_of(seeded.token(scope="ferries:read air-quality:read ferries:write").json["access_token"])
    one = claims_of(seeded.token(scope="ferries:read").json["access_token"])

    assert both["aud"] == ["http://127.0.0.1:8000/api/ferries", "http://127.0.0.1:8000/api/air-quality"]
    assert both["scope"] == "ferries:read air-quality:read ferries:write"
    assert one["aud"] == ["http://127.0.0.1:8000/api/ferries"]

from gateway.oauth.server import TOKEN_SECONDS


def test_a_token_lives_an_hour_and_not_the_librarys_ten_days(seeded):
    assert seeded.token().json["expires_in"] == TOKEN_SECONDS == 3600


def test_two_tokens_are_never_the_same(seeded):
    assert seeded.token().json["access_token"] != seeded.token().json["access_token"]

from gateway.pipeline.challenges import challenge
from gateway.pipeline.refusals import TABLE


def test_a_description_is_ascii_without_quotes_for_every_row():
    for row in TABLE:
        value = challenge("x", "invalid_token", row).get("WWW-Authenticate") or ""
        described = value.partition('error_description="')[2].removesuffix('"')

        assert described
        assert described.isascii()
        assert not set(described) & set('"\\')

import orjson

from gateway.http.headers import Headers
from gateway.http.problems import Problem, Row
from gateway.words import Words

PROBLEM = Problem(
    "too-odd",
    422,
    Words("Too odd", "Trop bizarre"),
    Words("It is odd.", "C’est bizarre."),
    "req_1",
    {"oddness": 9},
    Headers((("Retry-After", "5"),)),
)


def told(language):
    reply = PROBLEM.reply(language, "https://x.ca/errors")
    return reply, orjson.loads(b"".join(reply.body.chunks))


def test_a_problem_is_told_in_the_language_asked_for():
    reply, members = told("fr")

    assert members == {
        "type": "https://x.ca/errors/too-odd",
        "status": 422,
        "code": "too-odd",
        "title": "Trop bizarre",
        "detail": "C’est bizarre.",
        "instance": "req_1",
        "oddness": 9,
    }
    assert reply.headers.get("Content-Language") == "fr"


def test_a_problem_is_told_in_both_languages_when_none_was_asked_for():
    reply, members = told(None)

    assert members["title"] == "Too odd / Trop bizarre"
    assert members["en"] == {"title": "Too odd", "detail": "It is odd."}
    assert members["fr"] == {"title": "Trop bizarre", "detail": "C’est bizarre."}
    assert reply.headers.get("Content-Language") == "en, fr"


def test_a_problem_carries_its_own_fields_and_is_never_stored():
    reply, _ = told("en")

    assert reply.status == 422
    assert reply.headers.get("Content-Type") == "application/problem+json"
    assert reply.headers.get("Retry-After") == "5"
    assert reply.headers.get("Cache-Control") == "no-store"
    assert reply.headers.get("Content-Length") == str(reply.body.length)


def test_a_row_becomes_a_problem_when_its_words_are_filled():
    row = Row(
        "too-odd", 422, PROBLEM.title, Words("{odd} is odd.", "{odd} est impair."), Words("Be even.", "Soyez pair.")
    )

    problem = row.problem(odd=9, headers=PROBLEM.headers, members={"oddness": 9})

    assert (problem.code, problem.status, problem.title) == ("too-odd", 422, PROBLEM.title)
    assert problem.detail == Words("9 is odd.", "9 est impair.")
    assert (problem.headers, problem.members) == (PROBLEM.headers, {"oddness": 9})

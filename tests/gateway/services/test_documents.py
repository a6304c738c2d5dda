"""What is made of documents is made once and bounded."""

import json
from threading import Barrier, Thread

import pytest

import openapi
from gateway.pipeline.authentication import NAMES_OF_CREDENTIALS
from gateway.services import documents
from tests.fixtures.publishing import document
from tests.openapi.samples import OK, a_tree


class Making:
    """Makes itself, and counts how often."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.times = 0

    def __call__(self) -> "Making":
        self.times += 1
        return self


def test_a_thing_is_made_once_and_the_least_recently_used_goes_first():
    kept: documents.Kept[Making] = documents.Kept(2)
    makings = [Making(name) for name in ("a", "b", "a", "c", "a", "b")]

    got = [kept.get(making.name, 1, making).name for making in makings]

    assert got == ["a", "b", "a", "c", "a", "b"]
    assert [making.name for making in makings if making.times] == ["a", "b", "c", "b"]
    assert len(kept) == 2


def test_the_bytes_are_bounded_too_and_what_is_larger_than_all_is_given_and_not_kept():
    kept: documents.Kept[Making] = documents.Kept(10, most_bytes=100)
    lengths = []

    for size in (60, 40, 50, 101, 100):
        assert kept.get(str(size), size, Making(str(size))).name == str(size)
        lengths.append(len(kept))

    assert lengths == [1, 2, 2, 0, 1]


def test_threads_that_ask_at_once_share_one_making():
    kept: documents.Kept[Making] = documents.Kept(4)
    making, got, barrier = Making("a"), [], Barrier(8)

    def ask() -> None:
        barrier.wait()
        got.append(kept.get("a", 1, making))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert making.times == 1
    assert got == [making] * 8


def test_a_making_that_fails_is_tried_again():
    kept: documents.Kept[str] = documents.Kept(4)

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.get("a", 1, fail)

    assert kept.get("a", 1, lambda: "made") == "made"


def test_the_words_of_a_document_are_those_of_its_titles_and_summaries_in_both_languages():
    parsed = openapi.load(document(summary="École & co", french="Congés fériés")).document
    assert parsed

    assert documents.words_of(parsed).split() == [
        "co", "conges", "ecole", "feries", "holiday", "holidays", "one",
    ]  # fmt: skip


def test_a_document_too_large_is_refused_without_being_remembered():
    before = len(documents._checked)

    assert not documents.check(b" " * (openapi.MAX_BYTES + 1)).good

    assert len(documents._checked) == before


def warnings_of(paths: object) -> list[str]:
    checked = documents.check(json.dumps(a_tree(paths=paths)).encode())
    assert checked.good
    return [finding.rule for finding in checked.findings]


@pytest.mark.parametrize("name", NAMES_OF_CREDENTIALS)
def test_whoever_requires_in_the_query_what_a_call_is_refused_for_is_warned(name):
    key = {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}

    assert warnings_of({"/a": {"get": {"responses": OK, "parameters": [key]}}}) == ["key-in-query"]


def test_paths_and_methods_that_no_call_gets_through_to_are_warned_about():
    assert warnings_of({"/a/%2e%2e": {"get": {"responses": OK}}}) == ["path-refused"]
    assert warnings_of({"/a": {"trace": {"responses": OK}}}) == ["method-refused"]

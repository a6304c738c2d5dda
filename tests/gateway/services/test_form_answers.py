"""A form is answered once, and what was answered opens to nobody who has not sent it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.services.form_answers import ABANDONED, KEPT, answer_to, claim, forget, keep
from gateway.store.sealing import WrongSecret
from tests.fixtures.people import NOW

FORM, NONCE = b"form", "nonce"


def claimed(database, now=NOW, form=FORM):
    with database.begin() as session:
        return claim(session, form, now)


def kept(database, answer=b"page"):
    with database.begin() as session:
        keep(session, FORM, NONCE, answer)


def answer(database, nonce=NONCE):
    with database.read() as session:
        return answer_to(session, FORM, nonce)


def test_of_those_who_send_a_form_at_once_one_answers_it(database):
    with ThreadPoolExecutor(4) as threads:
        firsts = list(threads.map(lambda _: claimed(database), range(4)))

    assert sorted(firsts) == [False, False, False, True]


def test_there_is_no_answer_before_there_is_one(database):
    claimed(database)
    before = answer(database)
    kept(database)

    assert (before, answer(database)) == (None, b"page")


def test_another_nonce_opens_nothing(database):
    claimed(database)
    kept(database)

    with pytest.raises(WrongSecret):
        answer(database, "another")


def test_what_was_not_done_may_be_sent_again(database):
    claimed(database)
    with database.begin() as session:
        forget(session, FORM)

    assert claimed(database)


@pytest.mark.parametrize(("is_kept", "after"), [(True, KEPT), (False, ABANDONED)])
def test_after_a_while_a_form_is_as_new(database, is_kept, after):
    claimed(database)
    if is_kept:
        kept(database)

    assert not claimed(database, NOW + after)
    assert claimed(database, NOW + after + timedelta(seconds=1))


def test_what_is_kept_for_others_goes_too_when_its_time_is_over(database):
    claimed(database)
    kept(database)

    claimed(database, NOW + KEPT + timedelta(seconds=1), b"another")

    assert answer(database) is None

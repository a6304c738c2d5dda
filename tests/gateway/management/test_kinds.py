import pytest

from gateway.management.kinds import BAD_REQUEST, BY_STATUS, INTERNAL, MESSAGES, TABLE, kind_of


def test_a_kind_is_found_by_its_own_status():
    assert all(kind.status == status for status, kind in BY_STATUS.items())


@pytest.mark.parametrize(("status", "kind"), [(408, BAD_REQUEST), (431, BAD_REQUEST), (501, INTERNAL), (504, INTERNAL)])
def test_any_other_status_is_told_by_whose_matter_it_is(status, kind):
    assert kind_of(status) is kind


def test_every_kind_that_a_status_may_mean_is_in_the_table_once():
    codes = [kind.code for kind in TABLE]

    assert set(BY_STATUS.values()) <= set(TABLE)
    assert len(codes) == len(set(codes))


def test_every_message_differs_between_the_languages():
    told = [*MESSAGES.values(), *(words for kind in TABLE for words in (kind.title, kind.detail, kind.remedy))]

    filled = [words for words in told if not words.en.startswith("{")]
    assert all(words.en and words.fr and words.en != words.fr for words in filled)

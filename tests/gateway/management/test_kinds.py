import pytest

from gateway.management.kinds import BAD_REQUEST, BY_STATUS, INTERNAL, MESSAGES, kind_of


def test_a_kind_is_found_by_its_own_status():
    assert all(kind.status == status for status, kind in BY_STATUS.items())


@pytest.mark.parametrize(("status", "kind"), [(408, BAD_REQUEST), (431, BAD_REQUEST), (501, INTERNAL), (504, INTERNAL)])
def test_any_other_status_is_told_by_whose_matter_it_is(status, kind):
    assert kind_of(status) is kind


def test_every_message_differs_between_the_languages():
    told = [*MESSAGES.values(), *(words for kind in BY_STATUS.values() for words in (kind.title, kind.detail))]

    assert all(words.en and words.fr and words.en != words.fr for words in told)

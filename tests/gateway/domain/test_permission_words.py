import pytest

from gateway.domain.permission_words import MEANINGS
from gateway.domain.roles import Permission
from gateway.words import LANGUAGES
from tests.house.sources import ROOT


def test_every_permission_has_its_meaning_in_the_order_of_the_table():
    assert list(MEANINGS) == list(Permission)


def test_no_two_permissions_mean_the_same_in_either_language():
    assert len({words.en for words in MEANINGS.values()}) == len(Permission)
    assert len({words.fr for words in MEANINGS.values()}) == len(Permission)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_for_publishers_lists_them_in_the_same_words(language):
    guide = (ROOT / "docs" / language / "publisher.md").read_text(encoding="utf-8")

    assert all(f"| `{scope}` | {words.of(language)} |" in guide for scope, words in MEANINGS.items())

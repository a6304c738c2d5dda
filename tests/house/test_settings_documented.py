"""Every setting is in the operator's guide of each language, with its default and its meaning, and no other is."""

import re

import pytest

from gateway.setting_words import DESCRIBED
from tests.house.sources import ROOT

ROW = re.compile(r"^\| `(GUICHET_[A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_operators_guide_lists_every_setting_with_its_default_and_meaning(language):
    guide = (ROOT / "docs" / language / "operator.md").read_text(encoding="utf-8")

    told = [(name, default.strip("`"), meaning) for name, default, meaning in ROW.findall(guide)]

    nothing = {"en": "(empty)", "fr": "(vide)"}[language]
    assert told == [(each.name, each.default or nothing, each.meaning.of(language)) for each in DESCRIBED]

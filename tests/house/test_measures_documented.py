"""Every measure is in the operator's guide of each language, with its labels and its meaning, and no other is."""

import re

import pytest

from gateway.telemetry.measures import MEASURES
from tests.house.sources import ROOT

ROW = re.compile(r"^\| `(guichet_[a-z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_operators_guide_lists_every_measure_with_its_labels_and_meaning(language):
    guide = (ROOT / "docs" / language / "operator.md").read_text(encoding="utf-8")

    told = [(name, tuple(re.findall(r"`(\w+)`", labels)), meaning) for name, labels, meaning in ROW.findall(guide)]

    assert told == [(each.name, each.labels, each.meaning.of(language)) for each in MEASURES]


def test_no_label_could_take_as_many_values_as_there_are_callers():
    labels = {label for measure in MEASURES for label in measure.labels}

    assert labels <= {"api", "version", "status", "code", "state", "target"}

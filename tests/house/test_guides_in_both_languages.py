"""Whatever is written for readers is there in English and in French, with the same headings and the same commands."""

import re

import pytest

from tests.house.sources import ROOT

PAIRS = [
    ("README.md", "LISEZMOI.md"),
    *((f"docs/en/{path.name}", f"docs/fr/{path.name}") for path in sorted((ROOT / "docs/en").glob("*.md"))),
]


def test_no_guide_exists_in_one_language_only():
    english, french = ({path.name for path in (ROOT / "docs" / language).glob("*.md")} for language in ("en", "fr"))

    assert english == french


@pytest.mark.parametrize(("english", "french"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_both_languages_have_the_same_headings_tables_and_commands(english, french):
    shapes = [shape_of((ROOT / name).read_text(encoding="utf-8")) for name in (english, french)]

    assert shapes[0] == shapes[1]


def shape_of(text: str) -> list[str]:
    """The skeleton of a guide: how deep each heading is, how wide each table, and which programs are run."""
    kept = []
    for line in re.sub(r"--lang fr|-H \"Accept-Language: fr\"", "", text).splitlines():
        if line.startswith("#"):
            kept.append(line.split()[0])
        elif line.startswith("|"):
            kept.append(f"row of {line.count('|')}")
        elif line.startswith(("curl", "make", ".venv/")):
            kept.append(line.split()[0])
    return kept

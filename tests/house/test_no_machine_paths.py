"""Nothing in the repository depends on, or speaks of, the machine and the tools it was written with."""

import re

import pytest

from tests.house import sources

# In pieces, so that this file does not contain what it looks for.
PATHS = ["/" + "work", "/" + "root", "/opt" + "/wheels"]
NAMES = ["cla" + "ude", "anth" + "ropic", "chat" + "gpt", "co" + "pilot", "py" + "env", "work" + "shop"]
FORBIDDEN = re.compile(
    rf"(?<![\w.:/$}}*-])(?:{'|'.join(PATHS)})(?![\w-])|\b(?:{'|'.join(NAMES)})\b",
    re.IGNORECASE,
)


def test_no_file_names_this_machine_or_its_tools():
    found = []
    for name in sources.files():
        text = (sources.ROOT / name).read_bytes().decode("utf-8", errors="ignore")
        found += [f"{name}: {match[0]}" for match in FORBIDDEN.finditer(f"{name}\n{text}")]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("words", [f"see {PATHS[0]}/main", f'"{PATHS[1]}/.cache"', f"by {NAMES[0].title()}."])
def test_what_is_forbidden_is_seen(words):
    assert FORBIDDEN.search(words)


@pytest.mark.parametrize("words", ["https://example.ca" + PATHS[0] + "/a", "a" + PATHS[1] + "/b", "network/" + "root"])
def test_what_only_looks_like_it_is_free(words):
    assert not FORBIDDEN.search(words)

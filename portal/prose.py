"""The prose of documents on a page: each text is made once for it, and a page makes so much and no more.

The law: what a page costs has a bound that no document can move. The words beyond it are all there, as they were
written.
"""

from flask import g
from markupsafe import Markup

from portal.document_html import as_markdown
from portal.rendering import markdown

MOST_CHARACTERS = 100_000
"""How many characters of different texts a page makes into prose: twice what the longest page of Kubernetes has (3,720
texts, of which 186 are different). What takes the longest to make takes 14 microseconds for each: 1.4 seconds."""


class PageProse:
    """What a page has made of its texts so far; those of a schema come back with each use of it."""

    def __init__(self) -> None:
        self._left = MOST_CHARACTERS
        self._made: dict[tuple[str, int], Markup] = {}

    def make(self, words: str, top: int) -> Markup:
        """The words as safe HTML, whose highest heading is h`top`; as they stand when too many were made before."""
        made = self._made.get((words, top))
        if made is None:
            made = self._made[words, top] = self._make(words, top)
        return made

    def _make(self, words: str, top: int) -> Markup:
        if len(words) > self._left:
            return Markup('<div class="as-written">{}</div>').format(words)
        self._left -= len(words)
        return markdown(as_markdown(words), top)


def prose(words: str, top: int) -> Markup:
    """The words as CommonMark on the page that is being made; see `PageProse`."""
    if "page_prose" not in g:
        g.page_prose = PageProse()
    made: PageProse = g.page_prose
    return made.make(words, top)

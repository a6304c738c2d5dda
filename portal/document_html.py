"""The HTML that many documents write in their descriptions, as the Markdown that passes our barriers.

The law: a closed list of elements is understood, and what is left of the text is text. `<host>` stays a placeholder,
and so does anything in a code span. The time it takes grows with the length of the text and nothing else: what is
written here by one department is read by everybody.
"""

import re
from collections.abc import Iterator

_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
# No two parts of it can take the same character, and it ends where the next element begins: it never looks back.
_ELEMENT = re.compile(r"(</?[a-z][a-z0-9]*(?:\s[^<>]*|/)?>)", re.IGNORECASE)
_NAME = re.compile(r"(</?)([a-z][a-z0-9]*)", re.IGNORECASE)
_ADDRESS = re.compile(r"""\shref\s*=\s*["']?([^"'\s>]*)""", re.IGNORECASE)
_WEB = re.compile(r"https?://[^()]*", re.IGNORECASE)
_OWN_SITE = re.compile(r"/|#|mailto:", re.IGNORECASE)
_BRACKET = re.compile(r"[\[\]\\]")

_WITHIN_LINES = {
    "br": "  \n",
    "li": "",
    "span": "",
    "b": "**",
    "strong": "**",
    "i": "*",
    "em": "*",
    "code": "`",
    "tt": "`",
}
_BETWEEN_LINES = dict.fromkeys(("p", "div", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"), "\n\n")
_OPENING = {"li": "\n- "} | dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "\n\n### ")


def as_markdown(text: str) -> str:
    """The text with its links, breaks, headings, paragraphs, lists, emphasis and code in Markdown."""
    parts = _CODE.split(text)
    parts[::2] = map(_converted, parts[::2])
    return "".join(parts)


def _converted(text: str) -> str:
    parts = _ELEMENT.split(text)
    _read_links(parts)
    for at in range(1, len(parts), 2):
        mark = _mark_of(parts[at])
        if mark.startswith("\n"):
            # A line that kept its indentation would be taken for code.
            parts[at - 1], parts[at + 1] = parts[at - 1].rstrip(), parts[at + 1].lstrip()
        parts[at] = mark
    return "".join(parts)


def _mark_of(element: str) -> str:
    """The mark of an element in Markdown; the element itself where it is none that we know."""
    begins, name = _name_of(element)
    if begins == "<" and name in _OPENING:
        return _OPENING[name]
    return _WITHIN_LINES.get(name, _BETWEEN_LINES.get(name, element))


def _name_of(element: str) -> tuple[str, str]:
    """How an element begins (`<` or `</`), and its name; nothing for what stands no more for one."""
    found = _NAME.match(element)
    return (found[1], found[2].lower()) if found else ("", "")


def _read_links(parts: list[str]) -> None:
    """Make Markdown of each link in the text and elements of a description, in their place."""
    for at in _links(parts):
        address = _ADDRESS.search(parts[at])
        if not address:
            continue
        if _WEB.fullmatch(address[1]):
            parts[at : at + 3] = ["", f"[{_escaped(parts[at + 1])}]({address[1]})", ""]
        elif _OWN_SITE.match(address[1]):
            # An address within their own site would lead into ours.
            parts[at], parts[at + 2] = "", ""


def _links(parts: list[str]) -> Iterator[int]:
    """Where elements begin that are links with nothing but text in them."""
    for at in range(1, len(parts) - 2, 2):
        if _name_of(parts[at]) == ("<", "a") and _name_of(parts[at + 2]) == ("</", "a"):
            yield at


def _escaped(text: str) -> str:
    return _BRACKET.sub(r"\\\g<0>", text)

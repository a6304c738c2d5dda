"""The HTML that many documents write in their descriptions, as the Markdown that passes our barriers.

The law: a closed list of elements is understood, and what is left of the text is text. `<host>` stays a placeholder,
and so does anything in a code span.
"""

import re

_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_ANCHOR = re.compile(
    r"""<a\s[^<>]*?href\s*=\s*["']?(https?://[^"'<>\s()]*)["']?(?:\s[^<>]*)?>([^<>]*)</a\s*>""", re.IGNORECASE
)
_ELSEWHERE = re.compile(r"""<a\s[^<>]*?href\s*=\s*["']?(?:/|\#|mailto:)[^<>]*>([^<>]*)</a\s*>""", re.IGNORECASE)
_BRACKET = re.compile(r"[\[\]\\]")


def _tag(names: str, *, space: str = "") -> re.Pattern[str]:
    return re.compile(rf"{space}</?(?:{names})(?:\s[^<>]*)?/?>{space}", re.IGNORECASE)


_MARKS = (
    (_tag("br"), "  \n"),
    (re.compile(r"\s*<li(?:\s[^<>]*)?>\s*", re.IGNORECASE), "\n- "),
    (re.compile(r"\s*<h[1-6](?:\s[^<>]*)?>\s*", re.IGNORECASE), "\n\n### "),
    (_tag("li|span"), ""),
    # A line that kept its indentation would be taken for code.
    (_tag("p|div|ul|ol|h[1-6]", space=r"\s*"), "\n\n"),
    (_tag("b|strong"), "**"),
    (_tag("i|em"), "*"),
    (_tag("code|tt"), "`"),
)


def as_markdown(text: str) -> str:
    """The text with its links, breaks, headings, paragraphs, lists, emphasis and code in Markdown."""
    parts = _CODE.split(text)
    parts[::2] = map(_converted, parts[::2])
    return "".join(parts)


def _converted(text: str) -> str:
    text = _ANCHOR.sub(lambda found: f"[{_escaped(found[2])}]({found[1]})", text)
    # An address within their own site would lead into ours.
    text = _ELSEWHERE.sub(lambda found: found[1], text)
    for element, mark in _MARKS:
        text = element.sub(mark, text)
    return text


def _escaped(text: str) -> str:
    return _BRACKET.sub(r"\\\g<0>", text)

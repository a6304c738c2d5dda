"""What documents write in HTML is read as if it were Markdown, and nothing gets past the barriers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.document_html import as_markdown
from portal.rendering import markdown

PIECES = [
    "<p>", "</p>", "<ul><li>", "<LI class=x>", "<b>", "</b>", "<code>", "`", "```", "<a href=http://a>", "</a>", "<",
    "<script>", "<img src=x onerror=y>", "[", "](javascript:x)", "<host>", "\n    ", "/>", "text",
]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>One.</p>\n  <p class='x'>Two.</p>", "<p>One.</p>\n<p>Two.</p>"),
        ("Sort:\n    <ul>\n      <li>up</li>\n    </ul>", "<p>Sort:</p>\n<ul>\n<li>up</li>\n</ul>"),
        ("<b>Note</b>: <i>this</i>", "<strong>Note</strong>: <em>this</em>"),
        ("<strong><span>That</span></strong>", "<p><strong>That</strong></p>"),
        ("<h3 class='a'>Paging</h3>Use it.", "Paging</h2>\n<p>Use it.</p>"),
        ("Ex. <code>crd=1</code>", "Ex. <code>crd=1</code>"),
        ("One<br/>two", "<p>One<br>\ntwo</p>"),
        ("See <a target='blank' href='/api/requests'>units</a>.", "<p>See units.</p>"),
        ("In `<p>` and http://<host>/<path>", "<code>&lt;p&gt;</code> and http://&lt;host&gt;/&lt;path&gt;"),
        ("<a href='https://a.example/x' class=y>x</abbr>", "&lt;a href="),
        ("<a name=x>x</a>", "&lt;a name=x&gt;x"),
        ("[x](//elsewhere.example/y) and [y](/en/sign-out)", '<a rel="nofollow noopener">x</a>'),
        ("```\n<b>kept</b>\n```", "&lt;b&gt;kept&lt;/b&gt;"),
    ],
)
def test_elements_that_documents_use_are_understood_and_the_rest_is_text(written, shown):
    assert shown in markdown(as_markdown(written))


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=30))
def test_nothing_becomes_markup_that_markdown_has_not(pieces):
    rendered = markdown(as_markdown("".join(pieces)))

    assert "<script" not in rendered
    assert "<img" not in rendered
    assert "<host" not in rendered
    assert 'href="javascript' not in rendered


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        "<p ",
        " ",
        "\n",
        "<li",
        "`",
        "```",
        "```a",
        "<a href=http://a>",
        "<a href ",
        "<a href= ",
        "<h1",
        "<aaaaaaa",
        "</a  ",
    ],
)
@pytest.mark.parametrize("around", ["{}", "x{}y", "<p>{}</p>", "<p {}>", "<a {}>x</a>", "<li>{}<li>"])
def test_the_time_it_takes_grows_with_the_length_of_the_text(unit, around):
    def seconds(length):
        text = around.format(unit * (length // len(unit)))
        began = time.process_time()
        as_markdown(text)
        return time.process_time() - began

    short = min(seconds(20_000) for _ in range(3))
    long = min(seconds(200_000) for _ in range(3))

    # Ten times the text took a hundred times as long when it looked back. Less than a hundredth of a second is noise.
    assert long < max(40 * short, 0.05)

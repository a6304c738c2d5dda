"""How pages are made: templates that fail on a misspelt name, safe Markdown, and the pages for when things go wrong.

The law: nothing that a publisher wrote reaches a page as HTML except through `markdown()`, which has two barriers: the
parser makes no raw HTML, and the sanitiser allows only what prose needs.
"""

from pathlib import Path

import nh3
from flask import Flask, render_template
from flask_babel import gettext as _
from jinja2 import StrictUndefined
from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from portal.assets import assets_blueprint, read_assets
from portal.formats import spoken
from portal.language import in_language, is_language_said, other_language
from portal.once import new_nonce
from portal.slugs import has_page, twin_url, url_for_page, url_in

TEMPLATES = Path(__file__).parent / "templates"

PROSE_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
PROSE_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
DEEPEST_HEADING = 6


def install_rendering(app: Flask, site_name: str) -> None:
    """Give the application the portal's templates, assets and the names that templates use."""
    ours = FileSystemLoader(TEMPLATES)
    theirs: BaseLoader | None = app.jinja_loader
    app.jinja_loader = ChoiceLoader([ours, theirs]) if theirs else ours
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["markdown"] = spoken(markdown)
    app.jinja_env.globals.update(
        new_nonce=new_nonce,
        site_name=site_name,
        url_for_page=url_for_page,
        url_in=url_in,
        twin_url=twin_url,
        has_page=has_page,
    )
    app.register_blueprint(assets_blueprint(read_assets()))


def render_error(status: int, request_id: str, retry_after: int | None = None) -> tuple[str, int]:
    """The page for 400, 403, 404, 405, 408, 413, 429, 500 or 503: plain words, what to do, and the number to quote.

    `retry_after` is in seconds, for 429 and 503. No page of ours asks more than that of the application: this one also
    appears when something in it is broken.

    Who said in no way which language they read gets both.
    """
    page = render_template(
        "errors/error.html", status=status, request_id=request_id, retry_after=retry_after, elsewhere=_elsewhere(status)
    )
    return page, status


def _elsewhere(status: int) -> Markup | None:
    if is_language_said():
        return None
    with in_language(other_language()):
        return Markup(render_template("errors/told.html", status=status))  # noqa: S704 - a template of ours


def markdown(text: str, top: int = 2) -> Markup:
    """CommonMark with tables, as safe HTML: `{{ api.description|markdown }}`. Its highest heading becomes h`top`."""
    tokens = _PARSER.parse(text)
    _shift_headings(tokens, top)
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=PROSE_TAGS,
        attributes=PROSE_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        # `/x` would lead into ours from words that mean their site, and `//x` elsewhere without looking like it.
        url_relative="deny",
        link_rel="nofollow noopener",
    )
    return _let_wide_parts_scroll(clean)


def _shift_headings(tokens: list[Token], top: int) -> None:
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    if not headings:
        return
    shift = top - min(int(token.tag[1]) for token in headings)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) + shift, DEEPEST_HEADING)}"


def _let_wide_parts_scroll(clean: str) -> Markup:
    """Tables and code may be wider than a telephone: they scroll alone, by keyboard too (WCAG 1.4.10, 2.1.1)."""
    table = str(Markup('<div class="scroll" role="region" tabindex="0" aria-label="{}"><table>').format(_("Table")))
    code = str(Markup('<pre role="region" tabindex="0" aria-label="{}">').format(_("Code")))
    scrolling = clean.replace("<table>", table).replace("</table>", "</table></div>").replace("<pre>", code)
    return Markup(scrolling)  # noqa: S704 - sanitised one step before, then only our own tags were added


def _image_as_link(
    _renderer: RendererHTML, tokens: list[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    """The browser may load no picture from outside; the reader may still go and see it."""
    image = tokens[index]
    return f'<a href="{escape(str(image.attrs.get("src", "")))}">{escape(image.content or _("Image"))}</a>'


_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_PARSER.add_render_rule("image", _image_as_link)

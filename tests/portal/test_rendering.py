"""Safe Markdown, the frame of a page, and the pages for when things go wrong."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from flask_wtf import CSRFProtect, FlaskForm
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from gateway.domain.plans import Left, Window
from portal.language import in_language, install_language
from portal.rendering import PROSE_TAGS, install_rendering, markdown, render_error

STATUSES = (400, 403, 404, 405, 408, 413, 429, 500, 503)


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    name = StringField("Name", [DataRequired("Enter a name")])
    purpose = RadioField(
        "Purpose",
        choices=[SelectChoice("a", "A"), SelectChoice("b", "B")],
        validators=[DataRequired("Choose a purpose")],
    )
    terms = BooleanField("I accept", [DataRequired("Accept the terms")])


class Page(HTMLParser):
    """The tags of some HTML, with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def app():
    app = Flask("rendering", static_folder=None)
    app.secret_key = "for tests only"
    CSRFProtect(app)
    install_language(app)
    install_rendering(app, "Guichet")
    return app


def rendered(app, source, path="/en/", **context):
    with app.test_request_context(path):
        return render_template_string(source, **context)


def shown(app, text, top=2):
    with app.app_context():
        return markdown(text, top)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[go](javascript:alert(1))",
        "[go](data:text/html;base64,PHNjcmlwdD4=)",
        "<a href='https://x' onclick='alert(1)'>x</a>",
        "![x](https://outside.example/pixel.png)",
        "<style>body{display:none}</style>",
    ],
)
def test_nothing_in_markdown_runs_or_loads(app, text):
    page = Page(shown(app, text))

    assert {tag for tag, _ in page.tags} <= {"p", "a"}
    assert all(link["href"].startswith("https://") for link in page.all("a"))
    assert all(set(attributes) <= {"href", "rel", "title"} for _, attributes in page.tags)


@given(st.text(alphabet="<>[]()!#`*_|:-\n \"'=/&;abcjs", max_size=120))
def test_no_text_makes_a_tag_that_is_not_prose(app, text):
    page = Page(shown(app, text))

    assert {tag for tag, _ in page.tags} <= PROSE_TAGS | {"div"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]


def test_a_link_of_a_publisher_is_neither_endorsed_nor_told_who_opened_it(app):
    (link,) = Page(shown(app, "[site](https://example.ca)")).all("a")

    assert link["rel"] == "nofollow noopener"


@pytest.mark.parametrize(
    ("text", "top", "expected"), [("# A\n## B", 2, ["h2", "h3"]), ("## A\n### B", 3, ["h3", "h4"])]
)
def test_headings_begin_below_the_title_of_the_page(app, text, top, expected):
    page = Page(shown(app, text, top))

    assert [tag for tag, _ in page.tags] == expected


def test_headings_never_go_deeper_than_html_does(app):
    page = Page(shown(app, "# A\n###### B", 4))

    assert [tag for tag, _ in page.tags] == ["h4", "h6"]


def test_wide_tables_and_code_scroll_by_keyboard_and_are_named_in_the_readers_language(app):
    with app.app_context(), in_language("fr"):
        page = Page(markdown("| a | b |\n|---|---|\n| 1 | 2 |\n\n    code"))

    assert [region["aria-label"] for region in page.all("div") + page.all("pre")] == ["Tableau", "Code"]
    assert {region["tabindex"] for region in page.all("div") + page.all("pre")} == {"0"}


def test_a_misspelt_name_in_a_template_fails(app):
    with pytest.raises(UndefinedError):
        rendered(app, "{{ not_given }}")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("path", "language"), [("/en/x", "en"), ("/fr/x", "fr")])
def test_an_error_page_says_what_to_do_and_gives_the_number_to_quote(app, status, path, language):
    with app.test_request_context(path):
        html, answered = render_error(status, "req_7")
    page = Page(html)

    assert answered == status
    assert page.all("html") == [{"lang": language}]
    assert len(page.all("h1")) == 1
    assert "req_7" in html


def test_an_error_that_passes_says_when_to_come_back(app):
    with app.test_request_context("/fr/x"):
        html, _ = render_error(429, "req_7", retry_after=42)

    assert "Vous pourrez réessayer dans 42 secondes." in html


def test_the_frame_names_its_language_and_links_to_its_twin(app):
    page = Page(rendered(app, '{% extends "base.html" %}', "/fr/inconnu"))

    switch = next(link for link in page.all("a") if link.get("hreflang"))
    assert page.all("html") == [{"lang": "fr"}]
    assert (switch["lang"], switch["href"]) == ("en", "/en/")
    assert [link["hreflang"] for link in page.all("link") if link["rel"] == "alternate"] == ["fr", "en"]


def test_the_frame_holds_nothing_inline_and_nothing_from_outside(app):
    page = Page(rendered(app, '{% extends "base.html" %}', person=SimpleNamespace(name="A")))

    assert all(script["src"].startswith("/static/") for script in page.all("script"))
    assert not page.all("style")
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]


@pytest.fixture
def refused(app):
    with app.test_request_context("/fr/", method="POST"):
        form = Form(meta={"csrf": False})
        form.validate()
        source = """{% extends "base.html" %}{% from "parts/forms.html" import error_summary, form_tag, field %}
            {% block title %}Inscription{% endblock %}
            {% block content %}{{ error_summary(form) }}{% call form_tag(submit="Envoyer") %}
            {{ field(form.name, hint="Court") }}{{ field(form.purpose) }}{{ field(form.terms) }}
            {% endcall %}{% endblock %}"""
        yield render_template_string(source, form=form)


def test_a_page_with_errors_says_so_in_its_title(refused):
    assert "<title>Erreur\N{NO-BREAK SPACE}: Inscription – Guichet</title>" in refused


def test_the_summary_takes_the_focus_and_each_error_leads_to_its_control(refused):
    page = Page(refused)

    (summary,) = [div for div in page.all("div") if div.get("class") == "error-summary"]
    ids = {attributes.get("id") for _, attributes in page.tags}
    targets = [link["href"][1:] for link in page.all("a") if link["href"].startswith("#") and link["href"] != "#main"]
    assert "autofocus" in summary
    assert targets == ["name", "purpose-0", "terms"]
    assert set(targets) <= ids


def test_a_refused_field_is_tied_to_its_hint_and_its_error(refused):
    name = next(control for control in Page(refused).all("input") if control.get("id") == "name")

    assert name["aria-describedby"] == "name-hint name-error"
    assert name["aria-invalid"] == "true"


def test_a_form_carries_its_token_and_lets_the_server_speak(refused):
    page = Page(refused)

    assert any(control.get("name") == "csrf_token" and control["value"] for control in page.all("input"))
    assert any("novalidate" in form for form in page.all("form"))


def test_a_chart_always_has_its_table(app):
    source = """{% from "parts/chart.html" import bar_chart %}
        {{ bar_chart("c", "Calls", ["Answered", "Refused"], points, limit=60, limit_label="Plan") }}"""

    html = rendered(app, source, points=[("1", [30, 0]), ("2", [0, 60])])

    bars = [bar for bar in Page(html).all("rect") if float(bar["width"]) > 100]
    assert [(bar["class"], round(float(bar["height"]) / float(bars[1]["height"]), 2)) for bar in bars] == [
        ("series-1", 0.5),
        ("series-2", 1.0),
    ]
    assert re.findall(r'<td class="number">(\d+)</td>', html) == ["30", "0", "0", "60"]


def test_what_is_left_is_said_in_words_beside_the_meter(app):
    source = '{% from "parts/status.html" import budget_meter %}{{ budget_meter(line) }}'

    html = rendered(app, source, "/fr/", line=Left(Window("minute", 60), 59, 20))

    assert "Appels restants cette minute\N{NO-BREAK SPACE}: <strong>59</strong> sur 60" in html
    assert Page(html).all("meter")[0]["aria-label"] == "Appels restants cette minute : 59 sur 60"


def test_what_is_left_of_a_window_without_a_calendar_is_said_with_the_limit(app):
    source = '{% from "parts/status.html" import budget_meter %}{{ budget_meter(line) }}'
    line = Left(Window("day", 5_000, "rolling"), 1_234, 20)

    assert "<strong>1,234</strong> left now of 5,000 calls in any 24 hours" in rendered(app, source, "/en/", line=line)


def test_what_a_person_wrote_is_escaped_by_every_part(app):
    source = """{% from "parts/code.html" import code_block, secret_panel %}
        {% from "parts/tables.html" import definitions %}{% from "parts/status.html" import tag %}
        {{ code_block("a", evil, evil) }}{{ secret_panel("b", evil, evil) }}
        {{ definitions([(evil, evil)]) }}{{ tag(evil) }}"""

    html = rendered(app, source, evil='"><script>alert(1)</script>')

    assert not Page(html).all("script")


def test_a_button_that_acts_is_a_form_with_its_token(app):
    source = '{% from "parts/forms.html" import post_button %}{{ post_button("/x", "Revoke", values={"id": "cre_1"}) }}'

    page = Page(rendered(app, source))

    assert page.all("form")[0]["method"] == "post"
    assert {control["name"] for control in page.all("input")} == {"csrf_token", "once", "id"}

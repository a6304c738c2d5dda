"""The two languages of the portal: which one a request is in, and words in it.

The law: the address decides. Every page lives under `/en/` or `/fr/`; only `/`, and addresses that lead nowhere, look
at `Accept-Language`. Outside a request (mail, jobs, the command line) English holds until `in_language()` says
otherwise.

Words in templates and views go through gettext (`_()`, `ngettext()`, `lazy_gettext as _l`), with English in the code.
After adding or changing some, run this from the root of the repository and fill in what it names:

    python -m portal.catalogues

It rewrites `portal/locales/{en,fr}/LC_MESSAGES/messages.po` from the sources (English fills itself), compiles them, and
prints every sentence that has no French yet. A literal per cent sign inside `_()` is written `%%` in a template.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    g,
    has_request_context,
    make_response,
    redirect,
    render_template,
    request,
)
from flask_babel import Babel, force_locale, get_locale

from gateway.domain.limit_words import words_of
from gateway.domain.plans import Window
from gateway.http.languages import preferred_language
from gateway.words import Language, Words
from portal import catalogues, formats

LOCALES: dict[Language, str] = {"en": "en_CA", "fr": "fr_CA"}
"""Our languages, and the locale whose dates and numbers each uses."""

NAMES: dict[Language, str] = {"en": "English", "fr": "Français"}
"""Each language in its own words, for the switch."""


def current_language() -> Language:
    """The language of the words being written now."""
    locale = get_locale()
    return "fr" if locale is not None and locale.language == "fr" else "en"


def other_language() -> Language:
    """The language that the reader could switch to."""
    return "en" if current_language() == "fr" else "fr"


def both(en: str, fr: str) -> str:
    """Of two texts that say the same, the one in the reader's language."""
    return fr if current_language() == "fr" else en


def of_words(words: Words) -> str:
    """Words declared below the portal, in the reader's language: `{{ kind.title|words }}`."""
    return words.of(current_language())


def of_limit(window: Window) -> str:
    """A limit in the reader's language: `{{ window|limit }}`."""
    return of_words(words_of(window, formats.number))


def in_language(language: Language) -> AbstractContextManager[None]:
    """Write everything inside a `with` in that language. Needs an application context."""
    return _in_locale(LOCALES[language])


def install_language(app: Flask) -> None:
    """Give the application its two languages, the formats that go with them, and `/`."""
    catalogues.compile_stale()
    Babel(app, default_translation_directories=str(catalogues.LOCALES), locale_selector=_locale_of_request)
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.add_url_rule("/", endpoint="choose_language", view_func=choose_language)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.filters.update(formats.FILTERS, words=formats.spoken(of_words), limit=formats.spoken(of_limit))
    app.jinja_env.globals.update(
        both=both,
        current_language=current_language,
        other_language=other_language,
        language_names=NAMES,
    )


def choose_language() -> Response:
    """`/`: go where the browser's preference leads, or offer the choice when it has none."""
    preferred = preferred_language(request.headers.get("Accept-Language"))
    if preferred:
        answer = make_response(redirect(f"/{preferred}/", 302))
    else:
        answer = make_response(render_template("choose_language.html"))
    answer.vary.add("Accept-Language")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@contextmanager
def _in_locale(locale: str) -> Iterator[None]:
    with force_locale(locale):
        yield


def is_language_said() -> bool:
    """Whether the address or the browser says which language is read."""
    return not has_request_context() or _language_said() is not None


def _locale_of_request() -> str:
    return LOCALES[(_language_said() if has_request_context() else None) or "en"]


def _language_said() -> Language | None:
    language: Language | None = g.get("language")
    named: dict[str, Language] = {"en": "en", "fr": "fr"}
    prefix = request.path.split("/", 2)[1]
    return language or named.get(prefix) or preferred_language(request.headers.get("Accept-Language"))


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """The view never sees the language: it is in the address, then in `g`."""
    if values and "lang_code" in values:
        g.language = values.pop("lang_code")


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    """An address built without naming a language is in the reader's."""
    if "lang_code" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang_code"):
        values["lang_code"] = current_language()

"""A form that arrives too late: its page stood open too long, its cookie is gone, or its sender was signed out.

The law: nothing is done, and nothing typed is lost. The page answers as if it had only been asked for (its view sees a
GET, so that none can act), with the typed words in its fields and a sentence above them; sending it again is for its
reader to choose, who sees it whole. A reader who was signed out keeps the words on a page of their own meanwhile.
"""

from flask import g, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect

_NEVER_SHOWN = frozenset({"csrf_token", "once", "tls.key"})
"""What no page shows, not even to whoever sent it: a private key is pasted again."""


def protect(csrf: CSRFProtect) -> None:
    """Look whether a form came from our own page, and keep it as late when that cannot be told.

    Raises:
        CSRFError: there is no page to show the form on.
    """
    try:
        csrf.protect()
    except CSRFError:
        if not is_page():
            raise
        g.is_late = True
        request.method = "GET"


def is_late() -> bool:
    """Whether this request is a form that came too late, answered as a page."""
    return bool(g.get("is_late", False))


def is_page() -> bool:
    """Whether the address that was asked can be read, and not only sent to."""
    return request.url_rule is not None and "GET" in (request.url_rule.methods or ())


def late_page(back: str, status: int) -> tuple[str, int]:
    """The page that says so, where the form's own cannot be shown. `back` is the path to go on to."""
    sent = request.form.items(multi=True) if is_page() else ()
    typed = [(name, text) for name, text in sent if name not in _NEVER_SHOWN]
    return render_template("errors/late.html", back=back, typed=typed), status

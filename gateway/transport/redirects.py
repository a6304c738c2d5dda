"""Addresses with a slash too few or too many lead to the right one, on whatever host the reader is.

Werkzeug writes such redirects with the Host that was sent, which anybody can say: one that a cache in front kept would
lead everybody elsewhere (CWE-644). A path alone is as good (RFC 9110 §10.2.2), and says nothing but what was asked.
"""

from urllib.parse import urlsplit, urlunsplit

from flask import Flask, redirect, request
from werkzeug import Response
from werkzeug.routing import RequestRedirect


def install_redirects(app: Flask) -> None:
    """Answer the router's own redirects before the router does."""
    app.before_request(_lead_on)


def _lead_on() -> Response | None:
    moved = request.routing_exception
    if not isinstance(moved, RequestRedirect):
        return None
    # The path begins with one slash, as the router joins it to a host: it cannot be read as //another.host/.
    target = urlsplit(moved.new_url)
    return redirect(urlunsplit(("", "", target.path, target.query, "")), moved.code)

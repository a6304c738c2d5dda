"""What every view starts from: the house it serves, who is asking, and which page of a list they are on."""

from flask import current_app, g, request

from gateway.services.actor import Actor
from gateway.services.house import House


def house() -> House:
    """The parts that this application was made with."""
    found: House = current_app.extensions["guichet"]
    return found


def actor() -> Actor:
    """Who is asking; a visitor when nobody is signed in."""
    found: Actor = g.actor
    return found


def page_number() -> int:
    """The page of a list that the address asks for (`?page=2`), from 1; what is no number asks for the first."""
    asked = request.args.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1

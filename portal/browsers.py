"""What a browser calls itself, in words that people know: "Firefox, Linux".

A User-Agent field is a guess at best (RFC 9110 §10.1.5); it is shown to its owner and decides nothing.
"""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
"""What occurs in the field → the browser. The first that occurs counts: later ones are claimed by the earlier."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

_LONGEST = 60


def browser_name(user_agent: str) -> str:
    """The browser and the system; the field itself, shortened, when it names none we know."""
    named = [next((name for mark, name in table if mark in user_agent), "") for table in (_BROWSERS, _SYSTEMS)]
    if not named[0]:
        return user_agent[:_LONGEST]
    return ", ".join(filter(None, named))

"""The Link field of a reply, seen from outside (RFC 8288 §3): what locations.py is to one address, for a list of them.

The law: a link whose target or anchor the caller must not see is left out, and the others stay; a field that cannot be
read is left out whole, for nobody knows what it names.
"""

import re
from collections.abc import Sequence

from gateway.pipeline.locations import outward
from gateway.pipeline.service import Target

# RFC 8288 §3: Link = #link-value; link-value = "<" URI-Reference ">" *( OWS ";" OWS [ link-param ] ).
# RFC 9110 §5.6.1.2: empty members of a list are read past; §5.6.4: a comma within a quoted-string separates nothing.
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_LINK = re.compile(rf'[ \t,]*<([^<>]*)>[ \t]*((?:;(?:[^,"<>]|{_QUOTED})*+)?)(?=,|\Z)')
# RFC 8288 §3: link-param = token BWS [ "=" BWS ( token / quoted-string ) ]
_PARAMETER = re.compile(rf";[ \t]*+([^;= \t]*)[ \t]*(?:=[ \t]*({_QUOTED}|[^;]*))?[^;]*")


def outward_links(field: str, targets: Sequence[Target], prefix: str) -> str | None:
    """A Link field as the caller must see it; None when nothing is left of it."""
    kept, position = [], 0
    while found := _LINK.match(field, position):
        position = found.end()
        address = outward(found[1], targets, prefix)
        parameters = _parameters(found[2].rstrip(" \t"), targets, prefix)
        if address is not None and parameters is not None:
            kept.append(f"<{address}>{parameters}")
    return None if field[position:].strip(" \t,") else ", ".join(kept) or None


def _parameters(text: str, targets: Sequence[Target], prefix: str) -> str | None:
    """The parameters of one link; None when its anchor must not be seen. Only the anchor is an address."""
    shown = []
    for found in _PARAMETER.finditer(text):
        if found[1].lower() != "anchor":
            shown.append(found[0])
            continue
        anchor = outward((found[2] or "").strip(' \t"'), targets, prefix)
        if anchor is None or "\\" in anchor:  # no address holds one, and behind it hides what a reader would unescape
            return None
        shown.append(f'; anchor="{anchor}"')
    return "".join(shown)

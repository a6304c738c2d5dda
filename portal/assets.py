"""The portal's own style, script and pictures, under names that change with their content.

The law: an asset's address holds the hash of its bytes, so browsers keep it for ever and never keep a stale one. All of
them are read at start: a few tens of kilobytes, and no path ever comes from a request.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for

STATIC = Path(__file__).parent / "static"

JOINED = {"guichet.css": ("tokens.css", "page.css", "forms.css", "parts.css", "reference.css", "print.css")}
"""One request for what is easier to read as several files, in this order."""

FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    served_name: str
    media_type: str
    content: bytes


def read_assets(folder: Path = STATIC) -> Mapping[str, Asset]:
    """Every asset of a folder, by its plain name."""
    parts = {part for names in JOINED.values() for part in names}
    contents = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in parts}
    for name, names in JOINED.items():
        contents[name] = b"\n".join((folder / part).read_bytes() for part in names)
    return {name: _asset(name, content) for name, content in contents.items()}


def _asset(name: str, content: bytes) -> Asset:
    stem, _, suffix = name.rpartition(".")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return Asset(f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}", media_type, content)


def assets_blueprint(assets: Mapping[str, Asset]) -> Blueprint:
    """Serve the assets under `/static/`, and lend their addresses to templates: `{{ asset("guichet.css") }}`."""
    blueprint = Blueprint("assets", __name__)
    by_served_name = {asset.served_name: asset for asset in assets.values()}

    @blueprint.get("/static/<name>")
    def serve(name: str) -> Response:
        asset = by_served_name.get(name) or abort(404)
        response = Response(asset.content, content_type=asset.media_type)
        response.headers["Cache-Control"] = FOR_EVER
        response.set_etag(asset.served_name)
        response.make_conditional(request)
        return response

    @blueprint.app_template_global()
    def asset(name: str) -> str:
        return url_for("assets.serve", name=assets[name].served_name)

    return blueprint

"""Packages that somebody else would publish: a module, with the metadata that an installer leaves beside it."""

from pathlib import Path

LUCKY = """
from marshmallow import Schema, fields
from gateway.plugin import Plugin, Problem, Row, Words

NO_LUCK = Row("no-luck-today", 418, Words("No luck", "Pas de chance"), Words("None today.", "Aucune aujourd’hui."),
              Words("Try tomorrow.", "Essayez demain."))

class Lucky(Plugin):
    name = "{name}"
    purpose = Words("Needs luck.", "Il faut de la chance.")
    refusals = (NO_LUCK,)
    {more}

    class Config(Schema):
        unlucky = fields.String(load_default="13")

    def on_call(self, call, config):
        return NO_LUCK.problem() if call.headers.get("x-number") == config["unlucky"] else call
"""


def install(
    folder: Path,
    name: str = "lucky",
    *,
    source: str = LUCKY,
    module: str = "",
    attribute: str = "Lucky",
    more: str = "",
) -> None:
    """Install a plugin of this name, in a distribution `guichet-<name>`, where Python will find it."""
    module = module or f"guichet_{name.replace('-', '_')}"
    folder.joinpath(f"{module}.py").write_text(source.replace("{name}", name).replace("{more}", more), "utf-8")
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: guichet-{name}\nVersion: 1.0\n", "utf-8")
    metadata.joinpath("entry_points.txt").write_text(f"[guichet.plugins]\n{name} = {module}:{attribute}\n", "utf-8")

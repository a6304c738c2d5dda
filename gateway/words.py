"""Words for people: in English and in French, or not at all.

The law: a sentence that a person may read is declared with both languages side by side, so that neither
can be forgotten. Templates of the portal use gettext instead; everything below the portal uses this.
"""

from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["en", "fr"]
"""The two official languages, as BCP 47 tags."""

LANGUAGES: tuple[Language, Language] = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    en: str
    fr: str

    def __post_init__(self) -> None:
        if not (self.en.strip() and self.fr.strip()):
            raise ValueError("words need both languages")

    def of(self, language: Language) -> str:
        """The sentence in one language."""
        return self.en if language == "en" else self.fr

    def fill(self, **values: Any) -> "Words":
        """The same sentence with its `{placeholders}` filled; a value may itself be Words."""
        return Words(self.en.format(**_said("en", values)), self.fr.format(**_said("fr", values)))


def _said(language: Language, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.of(language) if isinstance(value, Words) else value for name, value in values.items()}

"""The two catalogues of words: extracted from the sources, completed by people, compiled for gettext.

    python -m portal.catalogues            update both .po files, compile them, name what has no French yet
    python -m portal.catalogues --french FILE.json    the same, after taking French from `{"Draft": "Ébauche", …}`;
                                           a plural's is a list, and a key may be `context|sentence`
    python -m portal.catalogues --check    change nothing; fail if the sources and the catalogues have drifted apart

The law: a catalogue holds exactly the sentences of the sources, sorted, without places or dates, so that two people who
add sentences seldom touch the same line. English is the source and fills itself.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import TextIO

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gateway.words import LANGUAGES, Language

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "portal" / "locales"
KEYWORDS = {**DEFAULT_KEYWORDS, **parse_keywords(["_l", "lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2"])}

# The same for ever: a header with dates in it makes every merge a conflict.
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def source_path(language: Language) -> Path:
    """Where people write."""
    return LOCALES / language / "LC_MESSAGES" / "messages.po"


def compiled_path(language: Language) -> Path:
    """What gettext reads; never committed."""
    return source_path(language).with_suffix(".mo")


def read(language: Language) -> Catalog:
    """One catalogue as it is on disk; empty before there is one."""
    path = source_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def extract() -> Catalog:
    """Every sentence that the sources hold, untranslated."""
    template = Catalog()
    with (ROOT / "portal" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel types all but this
    for _, _, identity, _, context in extract_from_dir(ROOT, methods, options, KEYWORDS):
        template.add(identity, context=context)
    return template


def updated(language: Language, template: Catalog, given: Mapping[str, str | list[str]]) -> Catalog:
    """The catalogue with the sentences of the template, and the translations it has or is given."""
    catalogue = read(language)
    # A copy: Babel would put the template's own messages into each catalogue, and English would fill the French ones.
    catalogue.update(deepcopy(template), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    for message in sentences(catalogue):
        first = _first(message.id)
        words = message.id if language == "en" else given.get(f"{message.context}|{first}", given.get(first))
        if words:
            message.string = words
    return catalogue


def sentences(catalogue: Catalog) -> Iterator[Message]:
    """The messages of a catalogue, without its header."""
    return (message for message in catalogue if message.id)


def missing(catalogue: Catalog) -> list[str]:
    """The sentences that are not, or not wholly, or not surely translated."""
    return [_first(message.id) for message in sentences(catalogue) if message.fuzzy or not _complete(message)]


def rendered(catalogue: Catalog, language: Language) -> bytes:
    """The file of a catalogue, byte for byte."""
    out = BytesIO()
    write_po(out, catalogue, width=120, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    header = HEADER.format(language=language, plural=catalogue.plural_forms)
    return header.encode() + out.getvalue().rstrip(b"\n") + b"\n"


def compile_stale() -> None:
    """Compile each catalogue whose source is newer than what gettext would read."""
    for language in LANGUAGES:
        source, compiled = source_path(language), compiled_path(language)
        if not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns:
            _compile(language)


def _compile(language: Language) -> None:
    out = BytesIO()
    write_mo(out, read(language))
    _write_whole(compiled_path(language), out.getvalue())


def _write_whole(path: Path, content: bytes) -> None:
    """Replace a file at one stroke: several workers may start, and several people may work, at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    os.replace(file.name, path)  # noqa: PTH105 - Path.replace is the same call with the arguments turned round


def _complete(message: Message) -> bool:
    strings = (message.string,) if isinstance(message.string, str) else message.string
    return all(strings or [""])


def _first(identity: str | list[str] | tuple[str, ...]) -> str:
    return identity if isinstance(identity, str) else identity[0]


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail on any difference.")
@click.option("--french", type=click.File(encoding="utf-8"), help="A JSON object: English sentence to French.")
def main(*, check: bool, french: TextIO | None) -> None:
    """Update, complete and compile the catalogues."""
    template = extract()
    given = json.load(french) if french else {}
    lacking: list[str] = []
    for language in LANGUAGES:
        catalogue = updated(language, template, given)
        content = rendered(catalogue, language)
        path = source_path(language)
        differs = not path.exists() or path.read_bytes() != content
        if differs and check:
            raise click.ClickException(f"{path.relative_to(ROOT)} has drifted: run python -m portal.catalogues")
        if differs:
            _write_whole(path, content)
        _compile(language)
        lacking += missing(catalogue)
    for sentence in lacking:
        click.echo(f"no French yet: {sentence}")
    if lacking:
        raise click.ClickException(f"{len(lacking)} to translate in {source_path('fr').relative_to(ROOT)}")


if __name__ == "__main__":
    main()

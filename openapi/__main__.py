"""The command line: `python -m openapi check FILE [--lang en|fr]`.

Prints one finding a line, `file:line:col severity rule message`, or that there are none; exits 0 (nothing found), 5
(findings) or 2 (usage).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from openapi.finding import Severity, Words
from openapi.reading import MAX_BYTES
from openapi.validation import check

FOUND, USAGE = 5, 2
_SEVERITIES = {
    Severity.ERROR: Words("error", "erreur"),
    Severity.WARNING: Words("warning", "avertissement"),
    Severity.INFORMATION: Words("information", "information"),
}
_UNREADABLE = Words(
    "cannot read {path}: no such file, or no permission",
    "lecture impossible de {path}\u00a0: fichier absent ou accès refusé",
)
_NOTHING = Words("{path}: no findings", "{path}\u00a0: aucun constat")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m openapi")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("check", help="check an OpenAPI document · vérifier un document OpenAPI")
    verb.add_argument("file", type=Path)
    verb.add_argument("--lang", choices=("en", "fr"), default="en")
    options = parser.parse_args(arguments)
    return _check(options.file, options.lang)


def _check(path: Path, language: str) -> int:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        print(_UNREADABLE.say(language).format(path=path), file=sys.stderr)
        return USAGE
    findings = check(data).findings
    for found in findings:
        severity = _SEVERITIES[found.severity].say(language)
        print(f"{path}:{found.line}:{found.column} {severity} {found.rule} {found.words.say(language)}")
    if not findings:
        print(_NOTHING.say(language).format(path=path))
    return FOUND if findings else 0


if __name__ == "__main__":
    sys.exit(main())

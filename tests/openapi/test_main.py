import json
import subprocess
import sys

import pytest

from openapi.__main__ import main
from tests.openapi.samples import a_tree


@pytest.mark.parametrize(("language", "words"), [("en", ": no findings\n"), ("fr", "\u00a0: aucun constat\n")])
def test_a_good_document_has_no_findings_says_so_and_exits_0(tmp_path, capsys, language, words):
    path = tmp_path / "good.json"
    path.write_text(json.dumps(a_tree()), encoding="utf-8")

    assert main(["check", str(path), "--lang", language]) == 0
    assert capsys.readouterr().out == f"{path}{words}"


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "2:1 error duplicate-key The field “openapi” is written twice in the same object."),
        ("fr", "2:1 erreur duplicate-key Le champ «\u00a0openapi\u00a0» figure deux fois dans le même objet."),
    ],
)
def test_findings_are_printed_a_line_each_in_the_language_asked_for(tmp_path, capsys, language, line):
    path = tmp_path / "bad.yaml"
    path.write_text("openapi: 3.0.3\nopenapi: 3.0.3\n", encoding="utf-8")

    assert main(["check", str(path), "--lang", language]) == 5
    assert capsys.readouterr().out == f"{path}:{line}\n"


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path, capsys):
    assert main(["check", str(tmp_path / "none.yaml"), "--lang", "fr"]) == 2
    told = capsys.readouterr().err
    assert "lecture impossible" in told
    assert told.endswith("\n")


@pytest.mark.parametrize("arguments", [[], ["lint", "x"], ["check"], ["check", "x", "--lang", "de"]])
def test_wrong_arguments_are_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        main(arguments)

    assert raised.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_it_runs_as_a_module(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("hello", encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-m", "openapi", "check", str(path)], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 5
    assert ran.stdout.startswith(f"{path}:1:1 error not-an-object ")

from openapi.finding import Finding, Rule, Severity, Words, shown


def test_a_finding_as_json_carries_both_languages():
    finding = Finding("a-rule", Severity.ERROR, "/info", 3, 5, Words("Wrong.", "Faux."))

    assert finding.to_dict() == {
        "rule": "a-rule",
        "severity": "error",
        "pointer": "/info",
        "line": 3,
        "column": 5,
        "message": {"en": "Wrong.", "fr": "Faux."},
    }


def test_a_fact_that_is_words_is_said_in_each_language():
    rule = Rule("a-rule", Severity.WARNING, "It is {what}.", "C’est {what}.")

    finding = rule.at("", (1, 1), what=Words("a list", "une liste"))

    assert (finding.words.en, finding.words.fr) == ("It is a list.", "C’est une liste.")


def test_words_are_said_in_the_language_asked_for():
    assert [Words("yes", "oui").say(language) for language in ("en", "fr", "de")] == ["yes", "oui", "yes"]


def test_a_hostile_fact_is_one_short_line_and_its_braces_are_only_text():
    rule = Rule("a-rule", Severity.ERROR, "“{name}”", "« {name} »")

    finding = rule.at("", (1, 1), name="{name.__class__}\n\x1b[31m" + "x" * 500)

    assert finding.words.en.startswith("“{name.__class__}  [31mxxx")
    assert len(finding.words.en) == 82
    assert shown("a\u2028b") == "a b"

import pytest

from gateway.http.languages import preferred_language


@pytest.mark.parametrize(
    ("field", "language"),
    [
        ("fr", "fr"),
        ("fr-CA, en;q=0.8", "fr"),
        ("en-CA,fr-CA;q=0.9", "en"),
        ("de, fr;q=0.1", "fr"),
        ("FR", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("en;q=2, fr;q=1", None),
        ("en;q=nonsense, fr;q=0.1", "fr"),
        ("en, fr", None),
        ("*", None),
        ("de", None),
        ("", None),
        (None, None),
        ("fro", None),
    ],
)
def test_the_better_liked_language_is_chosen(field, language):
    assert preferred_language(field) == language

"""Who runs the store reads on every page that calls are not counted; nobody else does."""

import pytest

from gateway.domain.roles import Role

BANNER = {"/en/": "The ledger does not answer", "/fr/": "Le registre des compteurs ne répond pas"}


@pytest.fixture
def broken(tmp_path):
    """The ledger of the site is a folder, which counts nothing."""
    (tmp_path / "ledger.db").mkdir()


@pytest.mark.parametrize("path", BANNER)
def test_an_operator_reads_on_every_page_that_the_ledger_does_not_answer(broken, odile, path):
    assert BANNER[path] in odile.get(path).text


@pytest.mark.parametrize("path", BANNER)
def test_while_it_answers_nothing_is_said(odile, path):
    assert BANNER[path] not in odile.get(path).text


@pytest.mark.parametrize("path", BANNER)
def test_nobody_else_is_told(broken, visitor, sign_in, department, path):
    assert BANNER[path] not in visitor.get(path).text
    assert BANNER[path] not in sign_in({department: Role.PUBLISHER}).get(path).text

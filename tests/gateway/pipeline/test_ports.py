from gateway.pipeline.ports import LedgerStanding


def test_a_ledger_answers_unless_it_has_been_away_for_a_time_or_from_this_moment():
    standing = [LedgerStanding("here", is_shared=True, away_seconds=away) for away in (None, 0.0, 30.0)]

    assert [each.answers for each in standing] == [True, False, False]

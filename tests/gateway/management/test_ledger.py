def test_an_operator_reads_how_the_ledger_stands(world):
    found = world.get("/v1/ledger", by="operator")

    assert (found["answers"], found["is_shared"], found["away_seconds"]) == (True, False, None)
    assert found["plans"]["leased"] >= 1
    assert set(found["plans"]) == {"refuse", "leased", "share"}

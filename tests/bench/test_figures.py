from bench.figures import Figure, Measured


def measured(**rounds: list[float]) -> Measured:
    kept = Measured()
    for who, values in rounds.items():
        for turn, value in enumerate(values):
            kept.add("json", who, turn, {"calls/s": value})
    return kept


def test_a_figure_is_the_median_and_the_ends():
    assert Figure.of([5, 1, 3]) == Figure(3, 1, 5)


def test_there_is_no_figure_without_rounds():
    assert Figure.of([]) is None
    assert Measured().figure("json", "ours", "calls/s") is None


def test_a_ratio_is_taken_round_by_round():
    kept = measured(ours=[10, 30, 20], nginx=[20, 30, 100])

    assert kept.ratio(("json", "ours", "calls/s"), ("json", "nginx", "calls/s")) == Figure(0.5, 0.2, 1)


def test_a_round_that_one_side_missed_has_no_ratio():
    kept = measured(ours=[10])
    kept.add("json", "nginx", 1, {"calls/s": 20})

    assert kept.ratio(("json", "ours", "calls/s"), ("json", "nginx", "calls/s")) is None


def test_who_and_what_come_in_the_order_of_their_first_figures():
    kept = measured(plain=[1], ours=[2])

    assert kept.contestants("json") == ["plain", "ours"]
    assert kept.kinds("json") == ["calls/s"]

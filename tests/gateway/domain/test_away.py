from gateway.domain.away import CHOICES, USUAL


def test_a_plan_that_says_nothing_makes_one_of_the_three_choices():
    assert CHOICES == ("refuse", "leased", "share")
    assert USUAL in CHOICES

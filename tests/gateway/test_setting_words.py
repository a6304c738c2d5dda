from gateway.setting_words import DESCRIBED


def test_every_setting_is_described_in_both_languages():
    assert all(each.meaning.en and each.meaning.fr for each in DESCRIBED)
    assert len({each.name for each in DESCRIBED}) == len(DESCRIBED)

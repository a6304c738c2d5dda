import pytest

from bench.cores import Cores, divide, pinned


@pytest.mark.parametrize(
    ("available", "workers", "parts"),
    [
        ({0, 1}, 1, Cores((0,), (1,))),
        ({0, 1}, 2, Cores((0,), (1,))),
        ({4, 5, 6, 7}, 2, Cores((4, 5), (6, 7))),
        ({3}, 1, Cores((3,), (3,))),
    ],
)
def test_a_core_for_each_worker_as_long_as_one_is_left_for_the_load(available, workers, parts):
    assert divide(available, workers) == parts


def test_a_single_core_is_known_to_be_shared():
    assert divide({0}).shared
    assert not divide({0, 1}).shared


def test_a_command_is_pinned_by_its_list_of_cores():
    assert pinned((2, 3)) == ["taskset", "--cpu-list", "2,3"]

import pytest

from bench.contestants import PLAIN_WORKER, contestants, lacks_program, lacks_worker


def test_a_program_that_is_missing_is_told_with_what_installs_it():
    assert lacks_program("no-such-program")() == (
        "no-such-program is not installed: apt-get install --no-install-recommends no-such-program"
    )


def test_a_program_that_is_there_lacks_nothing():
    assert lacks_program("sh")() == ""


@pytest.mark.parametrize("worker", [PLAIN_WORKER, "gunicorn.workers.gthread.ThreadWorker"])
def test_a_worker_class_that_is_there_lacks_nothing(worker):
    assert lacks_worker(worker) == ""


@pytest.mark.parametrize("worker", ["no.such.Worker", "gateway.transport.no_such.Worker"])
def test_a_worker_class_that_is_missing_is_named(worker):
    assert lacks_worker(worker) == f"there is no worker class {worker}"


def test_there_are_two_proxies_a_yardstick_and_four_of_ours():
    assert [each.name for each in contestants("gthread")] == [
        "nginx",
        "haproxy",
        "relay",
        "plain",
        "ours",
        "unlimited",
        "compiled",
    ]

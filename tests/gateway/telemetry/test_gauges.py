from gateway.telemetry import gauges
from gateway.telemetry.measures import CONNECTIONS, IN_FLIGHT


def test_what_all_processes_found_is_added_up(tmp_path):
    one, other = tmp_path / "a.tally", tmp_path / "b.tally"
    gauges.tell(one, [(IN_FLIGHT, (), 1), (CONNECTIONS, ("idle",), 2)])
    gauges.tell(other, [(IN_FLIGHT, (), 10), (CONNECTIONS, ("busy",), 3)])

    found = gauges.told([one, other])

    assert found[IN_FLIGHT.name] == {(): 11}
    assert found[CONNECTIONS.name] == {("idle",): 2, ("busy",): 3}


def test_what_was_found_before_is_no_more(tmp_path):
    one = tmp_path / "a.tally"
    gauges.tell(one, [(CONNECTIONS, ("idle",), 2)])
    gauges.tell(one, [(IN_FLIGHT, (), 1)])

    assert gauges.told([one])[CONNECTIONS.name] == {}


def test_a_process_that_found_nothing_yet_adds_nothing(tmp_path):
    gauges.forget(tmp_path / "a.tally")

    assert not any(gauges.told([tmp_path / "a.tally"]).values())


def test_what_nobody_knows_any_more_is_passed_over(tmp_path):
    (tmp_path / "a.gauges").write_text('[["guichet_old", [], 1], ["guichet_workers", [], 1]]')

    found = gauges.told([tmp_path / "a.tally"])

    assert found["guichet_workers"] == {(): 1}
    assert "guichet_old" not in found

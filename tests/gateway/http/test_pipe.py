import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.pipe import Pipe


class Source:
    """Notes what it is told."""

    def __init__(self):
        self.told: list[str] = []

    def wanted(self):
        self.told.append("wanted")

    def pause_body(self):
        self.told.append("pause")

    def resume_body(self):
        self.told.append("resume")

    def unwanted(self):
        self.told.append("unwanted")

    @property
    def is_held_back(self):
        return [word for word in self.told if word in {"pause", "resume"}][-1:] == ["pause"]


class Sink:
    """Keeps what came, and how it ended."""

    def __init__(self):
        self.pieces: list[bytes] = []
        self.ends: list[object] = []

    def write(self, piece):
        assert not self.ends
        self.pieces.append(piece)

    def end(self):
        self.ends.append("end")

    def fail(self, reason):
        self.ends.append(reason)


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def sink():
    return Sink()


def test_what_came_before_the_sink_is_held_and_leaves_in_order(source, sink):
    pipe = Pipe(source)
    pipe.write(b"a")
    pipe.write(b"b")
    pipe.open(sink)
    pipe.write(c := b"c")
    pipe.end()

    assert (sink.pieces, sink.ends, source.told) == ([b"a", b"b", c], ["end"], ["wanted"])


def test_the_source_is_held_back_while_nobody_reads(source, sink):
    pipe = Pipe(source)
    while not source.told:
        pipe.write(bytes(1000))
    pipe.write(bytes(1000))
    assert source.told == ["pause"]

    pipe.open(sink)

    assert source.told == ["pause", "wanted", "resume"]


def test_the_sink_holds_the_source_back_once(source, sink):
    pipe = Pipe(source)
    pipe.open(sink)
    for _ in range(2):
        pipe.pause()
    for _ in range(2):
        pipe.resume()

    assert source.told == ["wanted", "pause", "resume"]


def test_a_source_that_has_ended_is_not_told_any_more(source, sink):
    pipe = Pipe(source)
    pipe.write(b"a")
    pipe.end()
    pipe.open(sink)
    pipe.pause()
    pipe.resume()
    pipe.close()

    assert (sink.pieces, sink.ends, source.told) == ([b"a"], ["end"], [])


@pytest.mark.parametrize("early", [True, False])
def test_a_break_is_told_once(source, sink, early):
    pipe, reason = Pipe(source), OSError()
    if not early:
        pipe.open(sink)
    pipe.fail(reason)
    pipe.fail(OSError())
    if early:
        pipe.open(sink)

    assert sink.ends == [reason]


def test_a_sink_that_wants_no_more_gets_no_more_and_the_source_learns_it_once(source, sink):
    pipe = Pipe(source)
    pipe.open(sink)
    pipe.close()
    pipe.close()
    pipe.write(b"a")
    pipe.end()

    assert (sink.pieces, sink.ends, source.told) == ([], [], ["wanted", "unwanted"])


def test_it_has_begun_when_something_has_come_or_everything(source):
    empty, begun, ended = Pipe(source), Pipe(source), Pipe(source)
    begun.write(b"a")
    ended.end()

    assert [pipe.has_begun for pipe in (empty, begun, ended)] == [False, True, True]


def test_whoever_pulls_is_told_that_it_is_pushed(source):
    with pytest.raises(TypeError, match="pushed"):
        list(Pipe(source))


@given(st.lists(st.sampled_from(["write", "pause", "resume"]), max_size=20), st.integers(0, 20), st.booleans())
def test_nothing_is_lost_or_doubled_and_the_end_is_told_once(deeds, opened_at, is_whole):
    source, sink, written = Source(), Sink(), []
    pipe = Pipe(source)
    for number, deed in enumerate(deeds):
        if number == opened_at:
            pipe.open(sink)
        if deed == "write":
            written.append(b"%d" % number)
            pipe.write(written[-1])
        elif number >= opened_at:
            getattr(pipe, deed)()
    reason = OSError()
    pipe.end() if is_whole else pipe.fail(reason)
    if opened_at >= len(deeds):
        pipe.open(sink)

    assert sink.pieces == written
    assert sink.ends == ["end" if is_whole else reason]


def test_a_source_is_not_left_held_back_when_its_last_piece_filled_the_sink():
    source, sink = Source(), Sink()
    pipe = Pipe(source)
    pipe.open(sink)
    pipe.pause()

    pipe.end()

    assert source.told[-1] == "resume"

"""Several who keep what happened, each in its own way."""

from typing import TYPE_CHECKING

from gateway.pipeline.ports import Finished, Recorder


class Several:
    """Tells each of them, in order (ports.Recorder)."""

    def __init__(self, *recorders: Recorder) -> None:
        """Tell these."""
        self._recorders = recorders

    def record(self, finished: Finished) -> None:
        """Keep one."""
        for recorder in self._recorders:
            recorder.record(finished)


if TYPE_CHECKING:
    _: type[Recorder] = Several

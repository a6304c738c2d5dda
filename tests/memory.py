"""How much memory a process takes at most (Linux: proc(5))."""

import re
from pathlib import Path

MEBIBYTE = 1024 * 1024


class Memory:
    """From now on."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        (self._folder / "clear_refs").write_text("5")  # the highest so far is what is taken now
        self._before = self.highest()

    def highest(self) -> int:
        """The most it has taken, in bytes."""
        found = re.search(r"VmHWM:\s+(\d+) kB", (self._folder / "status").read_text())
        assert found
        return int(found[1]) * 1024

    def grown(self) -> int:
        """How many bytes more it has taken meanwhile, at the highest."""
        return self.highest() - self._before

"""What a plan says shall happen to its calls while the shared ledger cannot be asked.

No choice lets a call over a limit: a process serves what was leased to it before, and nothing else (counters/leases.py
says how much that is). So the choice is between service and what a dead machine may strand.
"""

from typing import Literal, get_args

WhenAway = Literal["refuse", "leased", "share"]
"""What may be chosen.

- `refuse`: no call is served that the ledger cannot be told of at once.
- `leased`: what was leased is served, a fraction of a second's calls; then calls are refused.
- `share`: the same, and each process sets half a minute's calls aside beforehand.
"""

CHOICES: tuple[WhenAway, ...] = get_args(WhenAway)

USUAL: WhenAway = "leased"
"""What a plan says that says nothing.

It strands no more than `refuse` does and is never over either, and a network that stumbles for a moment is not an
outage of all the government's services.
"""

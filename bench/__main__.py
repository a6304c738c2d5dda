"""`make bench`: every figure, with the machine and the commit they belong to."""

import os
import platform
import subprocess

from bench import lane, parts


def main() -> None:
    """Print the figures as they come."""
    commit = subprocess.run(
        ["/usr/bin/env", "git", "describe", "--always", "--dirty"], capture_output=True, check=False
    )
    print(f"commit {commit.stdout.decode().strip()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    for what, cost in parts.figures():
        print(f"{cost:10.1f} µs   {what}", flush=True)
    rates = []
    for what, rate in lane.figures():
        rates.append(rate)
        print(f"{rate:10,.0f} /s   {what}", flush=True)
    print(f"{rates[1] / rates[0]:10.2f}      of the bare service's rate")


if __name__ == "__main__":
    main()

"""What Guichet costs: figures to compare with themselves, side by side in one run. `make bench`."""

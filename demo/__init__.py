"""The demonstration: two departments with their services, for `make run` and for the journeys. Never in production."""

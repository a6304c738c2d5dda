"""When the database is away: said once, in the words of the pipeline.

What the driver cannot reach, or cannot get an answer from in time, is a `Failure` (refusals.py); everything else that
goes wrong in a query is a bug and stays one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError  # noqa: A004 - the pool's own

from gateway.pipeline.refusals import STORE_AWAY, Failure


def is_away(error: Exception) -> bool:
    """Whether an error means that the database does not answer (not that the question was wrong)."""
    if isinstance(error, OperationalError | InterfaceError | TimeoutError):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


@contextmanager
def answering() -> Iterator[None]:
    """Raise `Failure(STORE_AWAY)` where the database is away."""
    try:
        yield
    except (DBAPIError, TimeoutError) as error:
        if is_away(error):
            raise Failure(STORE_AWAY) from error
        raise

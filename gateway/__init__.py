"""The gateway: decides on calls, keeps the books, and lets people edit what the decision is made of.

Importing this package wakes neither Flask nor SQLAlchemy; README.md beside this file is the map. What follows chooses
between compiled code and plain Python, before any of it is imported.
"""

from gateway.compiled import begin

begin()

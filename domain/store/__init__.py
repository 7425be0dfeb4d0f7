"""Rows and queries: the only SQL of the project. Same nouns as the rules."""

# A row's foreign keys name other rows' tables: whoever imports one needs all of them known.
from domain.store import tables as tables

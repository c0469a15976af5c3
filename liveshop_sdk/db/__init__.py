"""The database floor: engines, the unit of work, the metadata, migrations.

``Database.connect(url)`` gives transactions; rooms attach their tables to
``metadata``. ``liveshop_sdk.db.migrate`` brings a database up to date.
"""

from liveshop_sdk.db.schema import (
    VERSION_TABLE,
    expected_functions,
    expected_triggers,
    include_object,
    metadata,
    register_triggers,
)
from liveshop_sdk.db.sqlite import journal_choice, prepare_sqlite
from liveshop_sdk.db.unit import Database, Dialect, Transaction

__all__ = [
    "VERSION_TABLE",
    "Database",
    "Dialect",
    "Transaction",
    "expected_functions",
    "expected_triggers",
    "include_object",
    "journal_choice",
    "metadata",
    "prepare_sqlite",
    "register_triggers",
]

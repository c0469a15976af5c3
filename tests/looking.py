"""All that a database of ours holds, to show that a refusal wrote nothing."""

from typing import Any

import sqlalchemy as sa

from liveshop_sdk.db import Database, Transaction, metadata


def counts(db: Database) -> dict[str, int]:
    """Count the rows of every table of ours."""
    with db.reading() as tx:
        return _counts(tx)


def contents(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of ours, in a fixed order."""
    with db.reading() as tx:
        return {
            name: sorted(map(tuple, tx.execute(sa.select(metadata.tables[name]))), key=repr)
            if count
            else []
            for name, count in _counts(tx).items()
        }


def _counts(tx: Transaction) -> dict[str, int]:
    """Count in one statement; one for each table took a sixth of a run's time."""
    each = (f"SELECT '{name}', count(*) FROM {name}" for name in sorted(metadata.tables))
    found = tx.exec_driver_sql(" UNION ALL ".join(each))
    return {str(name): int(count) for name, count in found}

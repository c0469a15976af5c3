"""A PostgreSQL schema for a while: made for a demo, dropped with all in it."""

from liveshop_sdk.db.unit import Database
from liveshop_sdk.errors import EngineUnsuitableError


def drop_schema(db: Database) -> None:
    """Drop the schema this database was connected with; never any other.

    Raises:
        EngineUnsuitableError: it was connected without one.
    """
    if db.dialect != "postgresql" or db.schema is None:
        raise EngineUnsuitableError(
            problem="no schema of its own was named", remedy="Connect with schema=…."
        )
    with db.transaction() as tx:
        tx.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{db.schema}" CASCADE')

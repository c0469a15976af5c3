"""The table of what platforms granted us; the secrets in it are sealed."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from liveshop_sdk.db import metadata
from liveshop_sdk.db.types import Micros

access = Table(
    "ls_platform_access",
    metadata,
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("app", String(128), nullable=False),
    Column("state", String(8), nullable=False),
    Column("state_at", Micros, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sealed", Text),
    Column("scopes", Text, nullable=False),
    Column("granted_at", Micros),
    Column("ends_at", Micros),
    Column("renewal_ends_at", Micros),
    Column("version", BigInteger, nullable=False),
    Column("lease_until", Micros),
    PrimaryKeyConstraint("platform", "account", "app"),
    CheckConstraint("state IN ('none', 'granted', 'refused', 'left')", name="state_known"),
)

"""Agreements and lines from before there were terms stay what they were."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.agreed.store import AgreementStore
from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.clock import to_micros
from liveshop_sdk.db import Database, migrations
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.store import ProductStore
from tests.contracts.shop_support import START

DDL = Path(migrations.__file__).with_name("ddl")
TERMS = Terms(rate=Rate.percent("12"))
OLD = Agreement.on(TERMS, brand="main", creator="mika", version=1, effective_from=START)
AT = to_micros(START)
BEFORE = f"""
INSERT INTO ls_brand VALUES ('main', 'EUR', 'UTC', {AT})
--
INSERT INTO ls_product VALUES ('sku_tee', 'main', 'Tee', 4990, 'EUR', NULL, NULL, NULL, {AT}, {AT})
--
INSERT INTO ls_agreement VALUES ('main', 'mika', 1, 1200, {14 * 86_400_000_000}, 'net', 'half_up',
 '{OLD.terms_hash}', {AT}, {AT})
--
INSERT INTO ls_commission_line VALUES ('ref', 'main', 'sandbox', 'sandbox', 'o1', 'li_1', 'mika',
 'mika', NULL, 'EUR', 4990, 1200, 1, 1, 599, 1, {AT}, '', {AT})
"""


@pytest.fixture
def empty(bare_db_url: str) -> Iterator[Database]:
    db = Database.connect(bare_db_url)
    yield db
    db.dispose()


def run(tx: sa.Connection, text: str) -> None:
    for statement in text.split(migrations.SEPARATOR):
        plain = {"no_parameters": True}
        tx.exec_driver_sql(statement.strip().removesuffix(";"), execution_options=plain)


def test_what_was_there_before_reads_as_it_was(empty: Database, engine_kind: str) -> None:
    steps = sorted(DDL.glob(f"*.{engine_kind}.sql"))
    with empty.transaction() as tx:
        for step in steps:
            if step.name < "0010":
                run(tx, step.read_text(encoding="utf-8"))
        run(tx, BEFORE)
        for step in steps:
            if step.name > "0010":
                run(tx, step.read_text(encoding="utf-8"))
        (found,) = AgreementStore().agreements(tx, ["mika"])["main", "mika"]
        (line,) = AffiliateStore().lines_of(tx, [("sandbox", "sandbox", "o1")]).popitem()[1]
        product = ProductStore().get(tx, "sku_tee")
    assert (found, found.terms, found.terms_hash) == (OLD, TERMS, OLD.terms_hash)
    assert (line.amount, line.rule, line.per_unit, line.quantity) == (599, "default", 0, None)
    assert product.collection is None

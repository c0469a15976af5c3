"""The journal as Parquet: one row a posting, sorted by number, for analysis.

``amount`` is exact for every currency: 19 digits with 4 decimals hold fifteen
digits of yen as well as thousandths of a dinar.
"""

from datetime import date
from typing import Any, BinaryIO

from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.affiliate.ledger.accounts import creator_of
from liveshop_sdk.affiliate.ledger.pages import Page
from liveshop_sdk.errors import ExtraMissingError
from liveshop_sdk.money import exponent_of

_GROUP = 20_000  # rows at least; what is held in memory at a time, in columns
_DECIMALS = 4
_EPOCH = date(1970, 1, 1).toordinal()


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:  # noqa: ARG001 - one interface
    """Write postings and return how many there were.

    Raises:
        ExtraMissingError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise ExtraMissingError(feature="The Parquet export", extra="parquet") from None

    schema, count, waiting = _schema(pa, extract), 0, 0
    file: BinaryIO = parts.begin(format="parquet")
    batches: list[Any] = []
    with pq.ParquetWriter(file, schema, compression="zstd", version="2.6") as writer:
        for page in extract.pages():
            batches.append(_batch(pa, schema, extract.book.code, page))
            waiting += batches[-1].num_rows
            if waiting >= _GROUP:
                _flush(pa, writer, batches)
                count, waiting = count + waiting, 0
        _flush(pa, writer, batches)
    return count + waiting


def _flush(pa: Any, writer: Any, batches: list[Any]) -> None:
    """Write what waits as one group of rows."""
    table = pa.Table.from_batches(batches, schema=writer.schema)
    if table.num_rows:
        writer.write_table(table, row_group_size=table.num_rows)
    batches.clear()


def _schema(pa: Any, extract: Extract) -> Any:
    scope, head = extract.scope, extract.head
    told = {
        "book": extract.book.code,
        "from_seq": str(scope.from_seq),
        "to_seq": str(scope.to_seq),
        "period": scope.period,
        "as_of_seq": str(head.seq),
        "root_hash": head.root_hash,
        "chain_hash": head.chain_hash,
    }
    text = pa.string()
    columns = [
        ("book", text),
        ("seq", pa.int64()),
        ("line_no", pa.int32()),
        ("effective_date", pa.date32()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        ("kind", text),
        ("source", text),
        ("event_id", text),
        ("account", text),
        ("creator_id", text),
        ("currency", text),
        ("exponent", pa.int8()),
        ("amount_minor", pa.int64()),
        ("amount", pa.decimal128(19, _DECIMALS)),
        ("line_ref", text),
        ("period", text),
        ("chain_hash", text),
    ]
    return pa.schema(columns, metadata={f"liveshop.{key}": one for key, one in told.items()})


def _batch(pa: Any, schema: Any, book: str, entries: Page) -> Any:
    lines = [(entry, line) for entry, own in entries for line in own]
    exponents = [exponent_of(line.currency) for _, line in lines]
    columns: list[Any] = [
        [book] * len(lines),
        [entry.seq for entry, _ in lines],
        [line.line_no for _, line in lines],
        [date.fromisoformat(entry.effective_date).toordinal() - _EPOCH for entry, _ in lines],
        [entry.recorded_at for entry, _ in lines],
        [entry.kind for entry, _ in lines],
        [entry.source for entry, _ in lines],
        [entry.event_id for entry, _ in lines],
        [line.account for _, line in lines],
        [creator_of(line.account) or None for _, line in lines],
        [line.currency for _, line in lines],
        exponents,
        [line.amount for _, line in lines],
        [],
        [line.line_ref for _, line in lines],
        [entry.period for entry, _ in lines],
        [entry.chain_hash.hex() for entry, _ in lines],
    ]
    amounts = b"".join(
        (line.amount * 10 ** (_DECIMALS - exponent)).to_bytes(16, "little", signed=True)
        for (_, line), exponent in zip(lines, exponents, strict=True)
    )
    arrays = [
        pa.Array.from_buffers(field.type, len(lines), [None, pa.py_buffer(amounts)])
        if field.name == "amount"
        else pa.array(values, type=field.type)
        for field, values in zip(schema, columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=schema)

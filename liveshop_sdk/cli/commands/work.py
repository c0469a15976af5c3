"""``worker``, ``release-due``, ``reconcile``, ``events``: beside the shop."""

import logging
import signal
from datetime import datetime
from threading import Event, current_thread, main_thread
from types import FrameType

import click

from liveshop_sdk.cli import logs
from liveshop_sdk.cli.answers import (
    DIFFERENCE,
    DONE,
    Answer,
    finding_rows,
    instant,
    listing,
    table,
)
from liveshop_sdk.cli.commands.proving import Progress
from liveshop_sdk.cli.running import Session, ShopCommand, ShopGroup
from liveshop_sdk.cli.values import INSTANT, usage
from liveshop_sdk.shop.reconciliation import Discrepancy


@click.command("worker", cls=ShopCommand)
@click.option("--drain", is_flag=True, help="Work until nothing is due now, then end.")
@click.option(
    "--batch", type=click.IntRange(1, 1000), default=100, show_default=True, help="Rows at a time."
)
def worker(session: Session, drain: bool, batch: int) -> Answer:
    """Work through inbox and outbox until stopped; any number may run at once."""
    worker = session.shop.worker(batch=batch)
    if drain:
        report = worker.drain()
        session.shop.proofs.daily()
    else:
        logs.to_stderr(logging.INFO)
        click.echo("working; Ctrl-C stops after the batch in hand", err=True)
        report = worker.run(stop_on_signal())
    numbers = report.as_json()
    rows = [(name, number) for name, number in numbers.items() if number]
    return Answer(document=numbers, text=table(rows, right=[1]) if rows else "nothing was due")


@click.command("release-due", cls=ShopCommand)
@click.option("--as-of", type=INSTANT, metavar="ISO", help="Holds over by then; now by default.")
@click.option("--order", "order_ref", metavar="REF", help="Approve this order, withheld lines too.")
def release_due(session: Session, as_of: datetime | None, order_ref: str | None) -> Answer:
    """Make commission payable whose hold is over; repeating it changes nothing."""
    if as_of is not None and order_ref is not None:
        usage("--as-of and --order exclude each other.")
    releases = session.shop.releases
    done = releases.approve(order_ref) if order_ref is not None else releases.due(as_of)
    text = f"holds released: {done.holds}, entries posted: {done.entries}"
    return Answer(document=done.as_json(), text=text)


@click.command("reconcile", cls=ShopCommand)
@click.option("--since", type=INSTANT, metavar="ISO", help="From then on; 7 days by default.")
@click.option("--until", type=INSTANT, metavar="ISO", help="Until then; now by default.")
@click.option("--fix", is_flag=True, help="Record and post what is missing.")
def reconcile(
    session: Session, since: datetime | None, until: datetime | None, fix: bool
) -> Answer:
    """Compare the platform's records with ours; exit code 3 while any differ."""
    with Progress("comparing:") as told:
        found = session.shop.reconcile(since, until, fix=fix, progress=told)
    facts = "1 fact" if found.checked == 1 else f"{found.checked} facts"
    lines = [
        f"{facts} compared, {instant(found.since)} to {instant(found.until)}: "
        f"{found.missing} missing, {found.extra} extra, {found.different} different"
        + (f"; {found.fixed} fixed" if fix else "")
    ]
    rows = [
        (one.what, one.key, one.order_ref, instant(one.occurred_at), one.amount or "", _end(one))
        for one in found.discrepancies
    ]
    if rows:
        heads = ("WHAT", "FACT", "ORDER", "AT", "AMOUNT", "")
        lines += ["", listing(heads, rows, empty="", right=[4])]
    left_out = found.missing + found.extra + found.different - len(rows)
    if left_out:
        lines.append(f"and {left_out} more")
    if found.missing and not fix:
        lines.append("what is missing: liveshop reconcile --fix records and posts it")
    if found.extra or found.different:
        lines.append(
            "what is extra or different: a person must look, nothing is taken back by itself"
        )
    if found.coupons:
        coupons = [(one.code, one.recorded, one.problem) for one in found.coupons]
        lines += ["", listing(("COUPON", "RECORDED", ""), coupons, empty="", right=[1])]
    if found.endpoints:
        lines += ["", table(finding_rows(found.endpoints))]
    code = DONE if found.ok else DIFFERENCE
    return Answer(document=found.as_json(), text="\n".join(lines), exit_code=code)


def _end(found: Discrepancy) -> str:
    return "fixed" if found.is_fixed else found.problem


@click.group("events", cls=ShopGroup)
def events() -> None:
    """Webhooks that arrived: how many, which wait, which were given up."""


@events.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most."
)
def list_events(session: Session, limit: int) -> Answer:
    """Count what is in inbox and outbox, and show what waits for its order."""
    state = session.shop.inbox_state(limit)
    rows = [
        *((f"inbox {name}", count) for name, count in state.inbox.items()),
        *((f"outbox {name}", count) for name, count in state.outbox.items()),
    ]
    parked = [(row.id, row.topic, row.waits_for or "") for row in state.parked]
    waiting = listing(("PARKED", "TOPIC", "WAITS FOR"), parked, empty="")
    text = "\n\n".join(filter(None, (table(rows, right=[1]), waiting)))
    return Answer(document=state.as_json(), text=text)


@events.command("dead")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most."
)
def dead_events(session: Session, limit: int) -> Answer:
    """Show what was given up, with the reason; `events replay` tries it again."""
    state = session.shop.inbox_state(limit)
    rows = [
        *(("received", row.id, row.topic, row.reason or "") for row in state.dead),
        *(("to send", row.id, row.kind, row.reason or "") for row in state.unsent),
    ]
    document = {key: value for key, value in state.as_json().items() if key in ("dead", "unsent")}
    heads = ("", "ID", "WHAT", "REASON")
    return Answer(document=document, text=listing(heads, rows, empty="nothing was given up"))


@events.command("replay")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all-dead", is_flag=True, help="Everything that was given up.")
@click.option("--since", type=INSTANT, metavar="ISO", help="All that was received from then on.")
def replay(
    session: Session, ids: tuple[str, ...], all_dead: bool, since: datetime | None
) -> Answer:
    """Make deliveries due again; what they did before is not done twice."""
    if (bool(ids), all_dead, since is not None).count(True) != 1:
        usage("Name the deliveries, or say either --all-dead or --since.")
    count = session.shop.replay(list(ids) or None, since=since)
    return Answer(
        document={"replayed": count}, text=f"{count} due again; `liveshop worker` works on them"
    )


def stop_on_signal() -> Event:
    """Return an event that Ctrl-C and a polite kill set; a second Ctrl-C ends."""
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if current_thread() is main_thread():
        signal.signal(signal.SIGINT, end)
        signal.signal(signal.SIGTERM, end)
    return stop

"""``liveshop privacy``: what buyers asked for by the platform."""

import json

import click

from liveshop_sdk.cli.answers import Answer, instant, listing
from liveshop_sdk.cli.running import Session, ShopGroup


@click.group(cls=ShopGroup)
def privacy() -> None:
    """Requests of buyers to see or drop what is held of them."""


@privacy.command("requests")
@click.option("--all", "with_done", is_flag=True, help="Those that are done, too.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most."
)
def list_requests(session: Session, with_done: bool, limit: int) -> Answer:
    """List the requests that wait for a person, the oldest first."""
    found = session.shop.privacy.requests(all=with_done, limit=limit)
    rows = [
        (
            one.id,
            one.kind,
            one.state,
            one.orders,
            instant(one.heard_at),
            instant(one.done_at or one.due_at),
            one.problem or (f"{one.cleared} webhooks cleared" if one.cleared else ""),
        )
        for one in found
    ]
    heads = ("ID", "KIND", "STATE", "ORDERS", "HEARD", "DONE OR DUE", "")
    return Answer(
        document={"requests": [one.as_json() for one in found]},
        text=listing(heads, rows, empty="nothing waits", right=[3]),
    )


@privacy.command("show")
@click.argument("request_id", metavar="ID")
def show_request(session: Session, request_id: str) -> Answer:
    """Print all that is held of a request's orders and customer, as JSON."""
    document = session.shop.privacy.show(request_id)
    return Answer(document=document, text=json.dumps(document, ensure_ascii=False, indent=2))


@privacy.command("done")
@click.argument("request_id", metavar="ID")
def settle_request(session: Session, request_id: str) -> Answer:
    """Mark a request as answered; repeating it changes nothing."""
    found = session.shop.privacy.done(request_id)
    text = f"{found.id} is done since {instant(found.done_at)}"
    return Answer(document={"request": found.as_json()}, text=text)

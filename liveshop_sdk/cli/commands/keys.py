"""``liveshop keys``: who may call ``/v1``, and for what."""

from datetime import timedelta

import click

from liveshop_sdk.cli.answers import Answer, instant, listing
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import DURATION
from liveshop_sdk.registry.access.models import SCOPES, IssuedKey
from liveshop_sdk.shop.keys import PER_MINUTE


@click.group(cls=ShopGroup)
def keys() -> None:
    """Keys of the REST API; each is shown once, when it is made."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="RESOURCE:read|write",
    help="What it may do; repeat for each.",
)
@click.option("--brand", metavar="CODE", help="The only brand whose rows it sees.")
@click.option("--expires-in", type=DURATION, help="From now; never when left out.")
@click.option(
    "--per-minute",
    type=int,
    default=PER_MINUTE,
    show_default=True,
    metavar="N",
    help="Requests it may make in a minute.",
)
def create_key(
    session: Session,
    name: str,
    scopes: tuple[str, ...],
    brand: str | None,
    expires_in: timedelta | None,
    per_minute: int,
) -> Answer:
    """Create a key and print it, this once."""
    made = session.shop.keys.create(
        name, scopes=scopes, brand=brand, expires_in=expires_in, per_minute=per_minute
    )
    return _shown_once(session, made)


@keys.command("list")
def list_keys(session: Session) -> Answer:
    """List all keys with their scopes; no secret is stored that could be shown."""
    found, now = session.shop.keys.list(), session.shop.clock.now()
    rows = [
        (
            one.id,
            one.name,
            one.state(now),
            one.brand or "all",
            instant(one.expires_at),
            " ".join(one.scopes),
        )
        for one in found
    ]
    heads = ("ID", "NAME", "STATE", "BRAND", "EXPIRES", "SCOPES")
    return Answer(
        document={"keys": [one.as_json(now) for one in found], "scopes": list(SCOPES)},
        text=listing(heads, rows, empty="no keys yet"),
    )


@keys.command("rotate")
@click.argument("key_id", metavar="ID")
@click.option(
    "--grace", type=DURATION, default="1d", show_default=True, help="The old secret works so long."
)
def rotate_key(session: Session, key_id: str, grace: timedelta) -> Answer:
    """Give a key a new secret and print it, this once."""
    return _shown_once(session, session.shop.keys.rotate(key_id, grace=grace))


@keys.command("revoke")
@click.argument("key_id", metavar="ID")
def revoke_key(session: Session, key_id: str) -> Answer:
    """End a key for good, also in its grace; repeating it changes nothing."""
    found = session.shop.keys.revoke(key_id)
    document = {"key": found.as_json(session.shop.clock.now())}
    return Answer(document=document, text=f"{found.id} is revoked")


def _shown_once(session: Session, made: IssuedKey) -> Answer:
    shown = made.key.as_json(session.shop.clock.now())
    lines = [made.text, f"{made.key.id}: keep the line above; it is not shown again"]
    if made.key.old_until is not None:
        lines.append(f"the old secret works until {instant(made.key.old_until)}")
    return Answer(document={"key": shown, "text": made.text}, text="\n".join(lines))

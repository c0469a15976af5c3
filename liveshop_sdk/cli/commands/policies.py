"""``liveshop brands policy``: how a brand's sales are credited."""

from datetime import datetime, timedelta

import click

from liveshop_sdk.affiliate.attribution import SOURCES, Policy
from liveshop_sdk.affiliate.terms_json import span_text
from liveshop_sdk.cli.answers import Answer, instant
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import DURATION, INSTANT, usage
from liveshop_sdk.clock import to_iso


@click.command("policy", cls=ShopCommand)
@click.argument("code")
@click.option("--ranking", metavar="A,B", help=f"Strongest first, of {', '.join(SOURCES)}.")
@click.option("--lookback", type=DURATION, help="From a link's opening to the payment, at most.")
@click.option("--tie", type=click.Choice(["last", "first"]), help="Which touch of one source wins.")
@click.option("--effective-from", type=INSTANT, help="First payment it decides; now by default.")
def policy(
    session: Session,
    code: str,
    ranking: str | None,
    lookback: timedelta | None,
    tie: str | None,
    effective_from: datetime | None,
) -> Answer:
    """Show the policy in force, or follow it by one changed as the options say."""
    brands = session.shop.brands
    stands = brands.policy(code, at=effective_from)
    if (ranking, lookback, tie) == (None, None, None):
        if effective_from is not None:
            usage("Nothing to change: give --ranking, --lookback or --tie.")
    else:
        changed = Policy(
            ranking=stands.policy.ranking if ranking is None else tuple(ranking.split(",")),
            lookback=stands.policy.lookback if lookback is None else lookback,
            tie=tie or stands.policy.tie,
        )
        stands = brands.set_policy(code, changed, effective_from=effective_from)
    begins = stands.effective_from
    whose = f"version {stands.version}, from {instant(begins)}" if begins else "the shop's own"
    rule = stands.policy
    ranked = " > ".join(rule.ranking)
    text = f"brand {code}: {ranked}; within {span_text(rule.lookback)}; {rule.tie} touch; {whose}"
    starts = {"effective_from": to_iso(begins) if begins else None}
    return Answer(document=stands.as_json() | {"brand": code} | starts, text=text)

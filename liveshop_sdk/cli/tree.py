"""The one command tree."""

import click

from liveshop_sdk.__about__ import __version__
from liveshop_sdk.cli.commands import (
    catalog,
    closing,
    codes,
    database,
    exports,
    fees,
    giving,
    keys,
    ledger,
    listen,
    looking,
    offers,
    paying,
    payouts,
    people,
    privacy,
    proving,
    running_shop,
    sandbox,
    statements,
    trigger,
    webhooks,
    work,
)
from liveshop_sdk.cli.running import RootGroup


@click.group("liveshop", cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="liveshop")
def cli() -> None:
    """Sell live: signed cart links, coupons, attribution and a sealed ledger.

    Settings come from LIVESHOP_… in the environment. Exit codes: 0 done,
    1 refused, 2 wrong usage or configuration, 3 verification found a difference.
    """


for _command in (
    catalog.brands,
    catalog.products,
    database.database,
    fees.fees,
    giving.seeding,
    keys.keys,
    ledger.ledger,
    listen.listen,
    looking.doctor,
    looking.explain,
    looking.unattributed,
    offers.coupons,
    offers.links,
    paying.fx,
    payouts.payouts,
    people.creators,
    people.streams,
    privacy.privacy,
    running_shop.demo,
    running_shop.serve,
    sandbox.sandbox,
    statements.statements,
    trigger.trigger,
    webhooks.webhooks,
    work.events,
    work.reconcile,
    work.release_due,
    work.worker,
):
    cli.add_command(_command)

for _command in (
    *closing.COMMANDS,
    exports.export,
    exports.exports,
    exports.mapping,
    proving.bundle,
    proving.checkpoint,
    proving.prove,
    proving.replay,
    proving.verifier,
    proving.verify,
):
    ledger.ledger.add_command(_command)


for _command in (codes.issue_codes, codes.list_codes):
    offers.coupons.add_command(_command)


def main() -> None:
    """Run the command line: what the ``liveshop`` script calls."""
    cli.main(prog_name="liveshop")

"""``liveshop webhooks``: where the platform sends what happens."""

import click

from liveshop_sdk.checkout.endpoints import EndpointReport
from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer, finding_rows, table
from liveshop_sdk.cli.running import Session, ShopGroup

SETTING = "LIVESHOP_STRIPE_WEBHOOK_SECRETS"
_URL = click.option(
    "--url",
    metavar="URL",
    help="Where deliveries go; /webhooks/PLATFORM below LIVESHOP_BASE_URL by default.",
)


@click.group("webhooks", cls=ShopGroup)
def webhooks() -> None:
    """Endpoints at the platform: register them, and see whether they still stand."""


@webhooks.command("register")
@_URL
@click.option("--replace", is_flag=True, help="Make them anew, and delete the old.")
def register(session: Session, url: str | None, replace: bool) -> Answer:
    """Let the platform send what is understood here; repeating it changes nothing.

    A new endpoint's signing secret is printed, this once. Exit code 3 where
    something is left that only a person can mend.
    """
    made = session.shop_without_webhook_secret().webhooks.register(url, replace=replace)
    secret = made.secret.reveal() if made.secret else None
    lines = [secret, _KEEP] if secret else []
    lines += list(made.changes) or ["nothing changed"]
    return Answer(
        document={**made.as_json(), "secret": secret},
        text="\n".join([*lines, _told(made.report)]),
        exit_code=DONE if made.report.ok else DIFFERENCE,
    )


@webhooks.command("check")
@_URL
def check(session: Session, url: str | None) -> Answer:
    """Compare what is registered with what is needed; exit code 3 if it differs."""
    found = session.shop_without_webhook_secret().webhooks.check(url)
    code = DONE if found.ok else DIFFERENCE
    return Answer(document=found.as_json(), text=_told(found), exit_code=code)


_KEEP = f"the line above is the signing secret, not shown again: put it into {SETTING}"


def _told(report: EndpointReport) -> str:
    return table(finding_rows(report.findings))

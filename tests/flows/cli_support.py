"""Run commands in this process, and see what they wrote."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from click.testing import CliRunner

from liveshop_sdk.cli import cli
from liveshop_sdk.db import Database
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import InProcessDelivery
from tests.looking import contents

_CLOSES = f"{datetime.now(UTC).year + 2}-01-01T20:00:00+01:00"
OPEN = ("--opens-at", "2020-01-01T18:00:00Z", "--closes-at", _CLOSES)


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The code of the refusal on stdout."""
        return str(self.document["error"]["code"])


class Cli:
    """The command line against one database."""

    def __init__(self, url: str, **settings: str) -> None:
        """Configure it by the environment, as people do."""
        self.env: dict[str, str | None] = {"LIVESHOP_DATABASE_URL": url, **settings}

    def run(self, *args: str, code: int | None = 0) -> Ran:
        """Run one command; its exit code is checked unless that is None."""
        result = CliRunner().invoke(cli, list(args), env=self.env, prog_name="liveshop")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert code is None or result.exit_code == code, (result.exit_code, result.output)
        return Ran(result.exit_code, result.stdout, result.stderr)

    def json(self, *args: str, code: int = 0) -> Any:
        """Run one command with ``--json`` and return its document."""
        return self.run(*args, "--json", code=code).document


def furnish(cli: Cli) -> None:
    """A product, a host, an open stream and a coupon of theirs."""
    cli.run("products", "add", "sku_tee", "--title", "Tee", "--amount", "49.90", *EUR)
    cli.run("products", "add", "sku_mug", "--title", "Mug", "--amount", "18.50", *EUR)
    cli.run("creators", "add", "mika", "--rate", "12%")
    cli.run("streams", "add", "friday", "--host", "mika", *OPEN)
    cli.run("coupons", "create", "MIKA20", *FOR_MIKA, "--percent-off", "20", "--limit", "5")


def deliver(url: str) -> None:
    """Deliver the sandbox's webhooks, as a server and a worker would."""
    delivery = InProcessDelivery()
    settings = Settings.load({"LIVESHOP_DATABASE_URL": url})
    shop = LiveShop.from_settings(settings, sandbox_transport=delivery)
    delivery.connect(shop)
    shop.worker().drain()
    shop.close()


EUR = ("--currency", "EUR")
FOR_MIKA = ("--creator", "mika", "--stream", "friday")


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours."""
    db = Database.connect(url)
    found = contents(db)
    db.dispose()
    return found

"""``liveshop serve`` and ``liveshop demo``: a shop that runs on this machine."""

import json
import os

import click
from flask import Flask, redirect, url_for

from liveshop_sdk.cli import serving
from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer
from liveshop_sdk.cli.demo import guide, stage
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import usage
from liveshop_sdk.web import LiveShopFlask

_PORT = click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8000,
    show_default=True,
    help="Where to listen.",
)


@click.command("serve", cls=ShopCommand)
@_PORT
def serve(session: Session, port: int) -> Answer:
    """Serve links, webhooks and the sandbox's pages, with a worker beside them.

    For trying things out on this machine; in production mount `LiveShopFlask`
    in an app behind a real server, and run `liveshop worker`.
    """
    address = f"http://{serving.HOST}:{port}"
    with serving.bind(port) as taken:
        shop = session.shop_at(address)
        app = Flask("liveshop")
        LiveShopFlask(app, shop)
        if shop.mode == "sandbox":  # the one page there is to look at
            app.add_url_rule("/", "desk", lambda: redirect(url_for("liveshop.sandbox_desk")))
        server = serving.listen(app, taken)
        desk = f"; the sandbox's desk is at {address}/sandbox" if shop.mode == "sandbox" else ""
        click.echo(f"serving {address} (mode {shop.mode}){desk}; Ctrl-C stops", err=True)
        for line in _elsewhere(address, shop.settings.base_url):
            click.echo(line, err=True)
        serving.serve_until_stopped(server, shop)
    return Answer(document={"served": address})


def _elsewhere(address: str, base_url: str) -> list[str]:
    """Say where links lead, if another terminal would guess wrong."""
    export = f"  export LIVESHOP_BASE_URL={address}"
    if base_url != address:
        told = f"links and webhooks go to {base_url} (LIVESHOP_BASE_URL)"
        return [f"{told}; if they should come here, stop and first run:", export]
    return [] if serving.is_known(address) else ["From another terminal:", export]


@click.command("demo", cls=ShopCommand)
@click.option("--headless", is_flag=True, help="Serve nothing: one JSON summary, exit code 0.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32), default=1, show_default=True, help="Which story."
)
@click.option(
    "--database-url",
    metavar="URL",
    help="PostgreSQL only; LIVESHOP_DATABASE_URL by default, where that is PostgreSQL.",
)
@_PORT
def demo(
    session: Session, headless: bool, seed: int, database_url: str | None, port: int
) -> Answer:
    """Run one live show end to end on the sandbox, then serve the sample shop.

    It starts empty and is gone afterwards: a temporary SQLite file, or a schema
    of its own on PostgreSQL. With --headless, the same seed gives the same summary
    but `seconds`.
    """
    if database_url is not None and not stage.is_postgres(database_url):
        usage(
            "--database-url takes PostgreSQL only, as in postgresql://user@host/name; "
            "on SQLite the demo always uses a temporary file of its own."
        )
    url = database_url or os.environ.get("LIVESHOP_DATABASE_URL", "")
    if headless:
        with stage.database(url) as db:
            return _summed_up(stage.perform(db, seed=seed))
    storefront = stage.find_storefront()
    with serving.bind(port) as taken, stage.database(url) as db:
        shop = stage.open_tonight(db, seed=seed, base_url=f"http://{serving.HOST}:{port}")
        server = serving.listen(storefront(shop), taken)
        for line in guide.worth_opening(shop):
            click.echo(line, err=session.as_json)
        serving.serve_until_stopped(server, shop)
    return Answer(document={"served": shop.settings.base_url})


def _summed_up(summary: stage.Summary) -> Answer:
    text = json.dumps(summary.document, ensure_ascii=False, indent=2)
    return Answer(
        document=summary.document, text=text, exit_code=DONE if summary.ok else DIFFERENCE
    )

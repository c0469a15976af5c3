"""``liveshop serve`` and ``liveshop demo``: a shop that runs on this machine."""

import json
import os

import click
from flask import Flask

from liveshop_sdk.cli import serving
from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer
from liveshop_sdk.cli.demo import stage
from liveshop_sdk.cli.running import Session, ShopCommand
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
    shop = session.shop_at(address)
    app = Flask("liveshop")
    LiveShopFlask(app, shop)
    server = serving.listen(app, port)
    click.echo(f"serving {address} (mode {shop.mode}); Ctrl-C stops", err=True)
    if shop.settings.base_url != address:
        base_url = shop.settings.base_url
        click.echo(f"links and webhooks go to {base_url} (LIVESHOP_BASE_URL)", err=True)
    serving.serve_until_stopped(server, shop)
    return Answer(document={"served": address})


@click.command("demo", cls=ShopCommand)
@click.option("--headless", is_flag=True, help="Serve nothing: one JSON summary, exit code 0.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32), default=1, show_default=True, help="Which story."
)
@click.option("--database-url", metavar="URL", help="PostgreSQL: a schema of its own is used.")
@_PORT
def demo(
    session: Session, headless: bool, seed: int, database_url: str | None, port: int
) -> Answer:
    """Run one live show end to end on the sandbox, then serve the sample shop.

    It starts empty, in a database of its own that is gone afterwards. The same
    seed gives the same summary but `seconds`.
    """
    url = database_url or os.environ.get("LIVESHOP_DATABASE_URL", "")
    storefront = None if headless else stage.find_storefront()
    with stage.database(url) as db:
        if storefront is None:
            summary = stage.perform(db, seed=seed)
            text = json.dumps(summary.document, ensure_ascii=False, indent=2)
            return Answer(
                document=summary.document, text=text, exit_code=DONE if summary.ok else DIFFERENCE
            )
        shop = stage.open_tonight(db, seed=seed, base_url=f"http://{serving.HOST}:{port}")
        server = serving.listen(storefront(shop), port)
        for line in stage.worth_opening(shop):
            click.echo(line, err=session.as_json)
        serving.serve_until_stopped(server, shop)
    return Answer(document={"served": shop.settings.base_url})

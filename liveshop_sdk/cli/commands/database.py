"""``liveshop db``: bring the schema to this version, see whether it is whole."""

import click

from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.db import migrate


@click.group("db", cls=ShopGroup)
def database() -> None:
    """Create, upgrade and check the database's schema."""


@database.command("upgrade")
def upgrade(session: Session) -> Answer:
    """Bring the schema to the newest revision; repeating it changes nothing."""
    before = migrate.current(session.db)
    after = migrate.upgrade(session.db)
    text = f"upgraded from {before or 'nothing'} to {after}"
    return Answer(
        document={"from": before, "revision": after},
        text=f"at {after} already" if before == after else text,
    )


@database.command("current")
def current(session: Session) -> Answer:
    """Show the revision the database is at and the one this version needs."""
    found, wanted = migrate.current(session.db), migrate.head()
    return Answer(
        document={"revision": found, "head": wanted, "is_current": found == wanted},
        text=f"at {found or 'nothing'}, this version needs {wanted}",
    )


@database.command("check")
def check(session: Session) -> Answer:
    """Compare tables and triggers with what they must be; exit code 3 if they differ."""
    problems = migrate.check(session.db)
    return Answer(
        document={"ok": not problems, "problems": problems},
        text="\n".join(problems) or "all tables and triggers are as they must be",
        exit_code=DIFFERENCE if problems else DONE,
    )

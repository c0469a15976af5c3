"""How every command runs: its shop, ``--json``, refusals and exit codes.

A command is a function that takes a `Session` first and returns an `Answer`.
"""

import os
from functools import cached_property
from typing import Any

import click
from flask.cli import NoAppException, ScriptInfo

from liveshop_sdk.cli import logs
from liveshop_sdk.cli.answers import error_document, refuse, write, write_document
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop


class Session:
    """One command's view of the installation; the shop is made when first used."""

    def __init__(self, *, as_json: bool, hosted: LiveShop | None = None) -> None:
        """Work for the environment's shop, or for a Flask application's own."""
        self.as_json, self.hosted = as_json, hosted

    @cached_property
    def shop(self) -> LiveShop:
        """The shop of the Flask application, else the one the environment describes."""
        shop = self.hosted or LiveShop.from_env()
        logs.say_mode(shop.mode)
        return shop

    def shop_at(self, base_url: str) -> LiveShop:
        """Return the shop, its links at this address unless the environment names one."""
        if self.hosted is None and not os.environ.get("LIVESHOP_BASE_URL"):
            settings = Settings.load(os.environ, {"LIVESHOP_BASE_URL": base_url})
            self.__dict__["shop"] = LiveShop.from_settings(settings)
            logs.say_mode(self.shop.mode)
        return self.shop

    @cached_property
    def db(self) -> Database:
        """The database alone: for what must work before it is migrated."""
        if self.hosted is not None:
            return self.hosted.db
        settings = Settings.load(os.environ)
        logs.say_mode(settings.mode)
        return Database.connect(settings.database_url.reveal())

    def close(self) -> None:
        """Give back the connections of what was opened here."""
        if self.hosted is None and "shop" in self.__dict__:
            self.shop.close()
        if self.hosted is None and "db" in self.__dict__:
            self.db.dispose()


class ShopCommand(click.Command):
    """A command with ``--json`` that answers, or refuses with code and text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add ``--json`` to the command's own options."""
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--json", "as_json"], is_flag=True, help="Print one JSON document on stdout."
            )
        )

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments; with ``--json`` what is wrong with them is JSON, too."""
        as_json = "--json" in args
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            if as_json:
                write_document(error_document("usage", error.format_message(), {}))
            raise
        except LiveShopError as error:
            raise click.exceptions.Exit(refuse(error, as_json=as_json)) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, write its answer and end with its exit code."""
        as_json = bool(ctx.params.pop("as_json"))
        logs.to_stderr()
        session = Session(as_json=as_json, hosted=_hosted(ctx))
        assert self.callback is not None  # noqa: S101 - a command without one cannot be declared
        try:
            answer = ctx.invoke(self.callback, session, **ctx.params)
        except LiveShopError as error:
            raise click.exceptions.Exit(refuse(error, as_json=as_json)) from None
        except click.UsageError as error:
            if as_json:
                write_document(error_document("usage", error.format_message(), {}))
            raise
        finally:
            session.close()
        write(answer, as_json=as_json)
        if answer.exit_code:
            raise click.exceptions.Exit(answer.exit_code)
        return None


class ShopGroup(click.Group):
    """A group whose commands run as `ShopCommand` and whose groups are of its kind."""

    command_class = ShopCommand
    group_class = type


def _hosted(ctx: click.Context) -> LiveShop | None:
    """Return the shop of the Flask application the command was called under."""
    info = ctx.find_object(ScriptInfo)
    if info is None:
        return None
    try:
        app = info.load_app()
    except NoAppException:
        return None
    found = app.extensions.get("liveshop")
    if found is None:
        return None
    shop = getattr(found, "shop", found)
    if not isinstance(shop, LiveShop):
        raise click.ClickException("app.extensions['liveshop'] holds no LiveShop")
    return shop

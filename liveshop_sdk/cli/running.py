"""How every command runs: its shop, ``--json``, refusals and exit codes.

A command is a function that takes a `Session` first and returns an `Answer`.
Whatever it raises is answered in one place, by the `RootGroup` of the tree.
"""

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click
from flask.cli import NoAppException, ScriptInfo

from liveshop_sdk.cli import logs
from liveshop_sdk.cli.answers import refuse, refuse_usage, write
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.wire import is_storable

T = TypeVar("T")
_AS_JSON = "liveshop.as_json"
_SECRETS = "LIVESHOP_STRIPE_WEBHOOK_SECRETS"
_APP_FILES = ("wsgi.py", "app.py")
"""What Flask looks for in the folder when no application is named."""


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

    def shop_without_webhook_secret(self) -> LiveShop:
        """Return the shop, also while the endpoint that has its secret is not yet made."""
        if self.hosted is None and not os.environ.get(_SECRETS):
            self.__dict__["shop"] = LiveShop.from_settings(_settings_to_set_up())
            logs.say_mode(self.shop.mode)
        return self.shop

    @cached_property
    def db(self) -> Database:
        """The database alone: for what must work before it is migrated."""
        if self.hosted is not None:
            return self.hosted.db
        settings = _settings_to_set_up()
        logs.say_mode(settings.mode)
        return Database.connect(settings.database_url.reveal())

    def close(self) -> None:
        """Give back the connections of what was opened here."""
        if self.hosted is None and "shop" in self.__dict__:
            self.shop.close()
        if self.hosted is None and "db" in self.__dict__:
            self.db.dispose()


def _settings_to_set_up() -> Settings:
    """Read the environment; the endpoint that has the signing secret may not be made yet."""
    missing = not os.environ.get(_SECRETS)
    return Settings.load(os.environ, {_SECRETS: "whsec_none_yet"} if missing else None)


class _Listed(click.Command):
    """Shows the whole first line of its help where commands are listed."""

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - click would cut there
        """Return the first line; a long one is wrapped, not cut."""
        return (self.help or "").partition("\n")[0]


class ShopCommand(_Listed):
    """A command with ``--json`` that answers, or refuses with code and text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add ``--json`` to the command's own options."""
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--json", "as_json"], is_flag=True, help="Print one JSON document on stdout."
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, write its answer and end with its exit code."""
        as_json = ctx.meta[_AS_JSON] = bool(ctx.params.pop("as_json"))
        _check_texts(ctx.params.values())
        logs.to_stderr()
        session = Session(as_json=as_json, hosted=_hosted(ctx))
        assert self.callback is not None  # noqa: S101 - a command without one cannot be declared
        try:
            answer = ctx.invoke(self.callback, session, **ctx.params)
        finally:
            session.close()
        write(answer, as_json=as_json)
        if answer.exit_code:
            raise click.exceptions.Exit(answer.exit_code)
        return None


def _check_texts(values: Iterable[object]) -> None:
    """Refuse what no database keeps: NUL, and bytes that were no text in this terminal."""
    for value in values:
        if isinstance(value, tuple):
            _check_texts(value)
        elif isinstance(value, str) and not is_storable(value):
            shown = value[:40].encode("ascii", "backslashreplace").decode()
            raise click.UsageError(f"{shown!r} is no text: NUL, or of another encoding")


class ShopGroup(_Listed, click.Group):
    """A group whose commands run as `ShopCommand` and whose groups are of its kind."""

    command_class = ShopCommand
    group_class: type[click.Group | type] | None = type

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the group's own options; ``--json`` is an option of commands."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name != "--json":
                raise
            where = "--json stands behind a command: liveshop products list --json"
            raise click.UsageError(where, ctx) from None


class RootGroup(ShopGroup):
    """The group at the top: what is refused anywhere below is answered here.

    Also under ``flask``, where this group is one command of another's tree.
    """

    group_class = ShopGroup

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments; whether JSON is wanted is known before they are understood."""
        as_json = "--json" in args
        make = super().make_context
        ctx = _answered(lambda: make(info_name, args, parent, **extra), lambda: as_json)
        ctx.meta[_AS_JSON] = as_json
        return ctx

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named, whatever comes of it."""
        run = super().invoke
        return _answered(lambda: run(ctx), lambda: bool(ctx.meta[_AS_JSON]))


def _answered(work: Callable[[], T], wants_json: Callable[[], bool]) -> T:
    """Do some work; a refusal is written and ends with its exit code."""
    try:
        return work()
    except LiveShopError as error:
        raise click.exceptions.Exit(refuse(error, as_json=wants_json())) from None
    except click.ClickException as error:
        if wants_json():
            refuse_usage(error)
        raise  # click writes the text, with the usage of the command it is about


def _hosted(ctx: click.Context) -> LiveShop | None:
    """Return the shop of the Flask application the command was called under.

    Raises:
        NoAppException: An application was named or lies here, and cannot be
            loaded. The environment's shop may be another one.
    """
    info = ctx.find_object(ScriptInfo)
    if info is None:
        return None
    try:
        app = info.load_app()
    except NoAppException:
        if info.app_import_path or any(Path(name).exists() for name in _APP_FILES):
            raise
        click.echo("no Flask application is named: using LIVESHOP_… of the environment", err=True)
        return None
    found = app.extensions.get("liveshop")
    if found is None:
        note = f"{app.import_name} has no LiveShopFlask: using LIVESHOP_… of the environment"
        click.echo(note, err=True)
        return None
    shop = getattr(found, "shop", found)
    if not isinstance(shop, LiveShop):
        raise click.UsageError("app.extensions['liveshop'] holds no LiveShop")
    return shop

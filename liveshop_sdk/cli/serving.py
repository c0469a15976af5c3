"""Serve an app on this machine with a worker beside it, until Ctrl-C."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from liveshop_sdk.cli.answers import USAGE
from liveshop_sdk.cli.commands.work import stop_on_signal
from liveshop_sdk.shop.live_shop import LiveShop

HOST = "127.0.0.1"
_LINK = re.compile(r"(/(?:l|links)/)[^/?\s]+")
_QUERY = re.compile(r"\?\S*")


class _Quiet(WSGIRequestHandler):
    """Logs one line a request, without tokens, queries or the caller's address."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        path = _QUERY.sub("", _LINK.sub(r"\1…", getattr(self, "path", "")))
        click.echo(f"{getattr(self, 'command', '-')} {path[:120]} {code}", err=True)

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        if type == "error":
            click.echo(message % args, err=True)


def listen(app: Flask, port: int) -> BaseWSGIServer:
    """Bind the port, so that a port in use is known before anything is printed.

    Raises:
        click.ClickException: somebody listens there already.
    """
    try:
        return make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
    except (OSError, SystemExit) as error:
        raise _PortTaken(port) from error


class _PortTaken(click.ClickException):
    """Refuses with exit code 2: another port must be named."""

    exit_code = USAGE

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is in use. Name another one: --port {port + 1}.")


@contextmanager
def worker_beside(shop: LiveShop) -> Iterator[None]:
    """Run a worker in a thread of its own for as long as the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=shop.worker().run, args=(stop,), name="liveshop-worker")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def serve_until_stopped(server: BaseWSGIServer, shop: LiveShop) -> None:
    """Answer requests until Ctrl-C or a polite kill, then end cleanly."""
    stop = stop_on_signal()
    thread = threading.Thread(target=server.serve_forever, name="liveshop-http")
    with worker_beside(shop):
        thread.start()
        try:
            while not stop.wait(0.2):
                pass
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

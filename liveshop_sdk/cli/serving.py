"""Serve an app on this machine with a worker beside it, until Ctrl-C."""

import errno
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from liveshop_sdk.cli.commands.work import stop_on_signal
from liveshop_sdk.errors import PortUnusableError
from liveshop_sdk.settings import Settings
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


def bind(port: int) -> socket.socket:
    """Take the port, so that one in use is known before anything is done or printed.

    Raises:
        PortUnusableError: somebody listens there already, or we may not.
    """
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        problem = "is in use" if is_taken else f"cannot be used: {error.strerror}"
        other = port + 1 if 1023 < port < 65_535 else 8001
        raise PortUnusableError(port=port, problem=problem, other=other) from error


def listen(app: Flask, taken: socket.socket) -> BaseWSGIServer:
    """Return the app's server on a port taken with `bind`."""
    host, port = taken.getsockname()
    return make_server(host, port, app, threaded=True, request_handler=_Quiet, fd=taken.fileno())


def is_known(base_url: str) -> bool:
    """Tell whether another terminal has this address without being told."""
    return base_url == (os.environ.get("LIVESHOP_BASE_URL") or Settings.base_url)


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

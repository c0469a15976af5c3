"""Whatever goes wrong, ``--json`` is one document, also for groups and under ``flask``."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from liveshop_sdk.cli import cli as tree
from liveshop_sdk.errors import MigrationNeededError
from liveshop_sdk.web import LiveShopFlask
from tests.flows.cli_support import Cli

LIST = ["products", "list", "--json"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with nothing configured, as a new project is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("LIVESHOP_DATABASE_URL", raising=False)
    return tmp_path


def under_flask(info: ScriptInfo, *args: str) -> Result:
    """Run a command as ``flask liveshop …`` does."""
    return CliRunner().invoke(tree, list(args or LIST), obj=info, prog_name="flask liveshop")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("bogus --json", "No such command 'bogus'."),
        ("creators renew x --json", "No such command 'renew'."),
        ("products --json", "--json stands behind a command"),
        ("--json products list", "--json stands behind a command"),
        ("products list --colour --json", "No such option '--colour'."),
        ("products add --json", "Missing argument 'SKU'."),
        ("demo --headless --database-url foo --json", "--database-url takes PostgreSQL only"),
    ],
)
def test_wrong_usage_is_one_document(command: str, message: str) -> None:
    ran = Cli("sqlite://").run(*command.split(), code=2)
    assert ran.error == "usage"
    assert ran.document["error"]["message"].startswith(message)
    assert message in ran.err


def test_without_json_a_wrong_group_is_told_on_stderr_only() -> None:
    ran = Cli("sqlite://").run("bogus", code=2)
    assert ran.out == ""
    assert ran.err.endswith("Error: No such command 'bogus'.\n")


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use_is_refused_before_anything_is_done(command: str, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = Cli("sqlite:///shop.db").run(command, "--port", str(port), "--json", code=2)
    assert ran.error == "port_unusable"
    assert ran.err.startswith(f"port_unusable: Port {port} is in use. Name another one: --port ")
    assert ran.err.count("\n") == 1
    assert list(folder.iterdir()) == []


# --- under flask


def test_an_app_that_was_named_and_cannot_be_loaded_is_wrong_usage(folder: Path) -> None:
    done = under_flask(ScriptInfo(app_import_path="nope"))
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"
    assert "Could not import 'nope'" in done.stderr
    assert list(folder.iterdir()) == []


def test_an_app_that_lies_here_and_cannot_be_loaded_is_wrong_usage(folder: Path) -> None:
    (folder / "wsgi.py").write_text("import liveshop_that_is_not_there\n")
    assert under_flask(ScriptInfo()).exit_code == 2
    assert not (folder / "liveshop.db").exists()


def test_without_any_app_the_environment_is_used_and_named() -> None:
    done = under_flask(ScriptInfo())
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"products": []})
    assert done.stderr == ("no Flask application is named: using LIVESHOP_… of the environment\n")


def test_an_app_without_a_shop_is_named_too() -> None:
    done = under_flask(ScriptInfo(create_app=lambda: Flask("store")))
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"products": []})
    assert done.stderr.startswith("store has no LiveShopFlask: using LIVESHOP_…")


def test_an_app_whose_settings_are_wrong_says_so() -> None:
    def make() -> Flask:
        app = Flask("store")
        app.config["LIVESHOP_PLATFORM"] = "amazon"
        LiveShopFlask(app)
        return app

    done = under_flask(ScriptInfo(create_app=make))
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["code"] == "settings_invalid"
    assert done.stderr.startswith("settings_invalid: 1 setting(s)")


def test_an_app_whose_schema_is_behind_is_refused() -> None:
    def make() -> Flask:
        raise MigrationNeededError(found="nothing", expected="0006")

    done = under_flask(ScriptInfo(create_app=make), "products", "list")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("migration_needed: ")


def test_what_holds_no_shop_is_wrong_usage() -> None:
    def make() -> Flask:
        app = Flask("store")
        app.extensions["liveshop"] = object()
        return app

    done = under_flask(ScriptInfo(create_app=make))
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, "usage")

"""Look at an installation and say what is well, and how to mend what is not.

Nothing here raises: whatever is wrong becomes a `Finding` with its fix.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from liveshop_sdk.affiliate.statements.fonts import Fonts
from liveshop_sdk.checkout.ports import Finding
from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.db.about import about, sqlite_file
from liveshop_sdk.errors import (
    LiveShopError,
    PlatformNotReadyError,
    SettingsInvalidError,
    StorageUnavailableError,
)
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop

SLOW = timedelta(minutes=5)
"""A backlog older than this means that no worker runs, or that it is stuck."""

_MOST = 1000
_UPGRADE = "liveshop db upgrade"
_FOLDER = "Let this user write there, or name a file elsewhere in LIVESHOP_DATABASE_URL."
_CHANGED = "Somebody changed the schema by hand: stop writing, compare with a backup, restore it."


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Examine what the environment describes, as far as it can be reached."""
    try:
        settings = Settings.load(environ)
    except SettingsInvalidError as error:
        return [_problem("settings", str(error), "Correct them in the environment.")]
    found = [_settings(settings)]
    try:
        db = Database.connect(settings.database_url.reveal())
    except LiveShopError as error:
        return [*found, _problem("database", str(error), "Correct LIVESHOP_DATABASE_URL.")]
    try:
        absent = _absent(db, settings)
        found += [absent] if absent else _database(db)
        if not absent and all(finding.ok for finding in found):
            found += _shop(LiveShop.from_settings(settings, db=db))
    except LiveShopError as error:
        found.append(_stopped("shop", error, "See above."))
    finally:
        db.dispose()
    return found


def examine_shop(shop: LiveShop) -> list[Finding]:
    """Examine a shop that an application has made."""
    found = [_settings(shop.settings)]
    try:
        found += _database(shop.db)
        if all(finding.ok for finding in found):
            found += _shop(shop)
    except LiveShopError as error:
        found.append(_stopped("shop", error, "See above."))
    return found


def _settings(settings: Settings) -> Finding:
    count = len(settings.secret_keys)
    keys = f"{count} signing key(s), the last one signs" if count else "a signing key of its own"
    return _well("settings", f"{settings.platform}, mode {settings.mode}, {keys}")


def _absent(db: Database, settings: Settings) -> Finding | None:
    """Judge a SQLite database that is not there yet; nothing is made by looking."""
    path = sqlite_file(db)
    if path is None and db.dialect == "sqlite" and settings.platform == "sandbox":
        return _well("database", "SQLite in memory: begins empty, gone with the process")
    if path is None or Path(path).exists():
        return None
    folder = Path(path).absolute().parent
    if not os.access(folder, os.W_OK):
        if not folder.exists():
            text = f"{path} cannot be made: {folder} does not exist"
            return _problem(
                "database", text, "Create the folder, or correct LIVESHOP_DATABASE_URL."
            )
        text = f"{path} cannot be made: {folder} cannot be written by this user"
        return _problem("database", text, _FOLDER)
    if settings.platform == "sandbox":
        return _well("database", f"{path} does not exist yet; it is made on first use")
    return _problem("database", f"{path} does not exist yet", _UPGRADE)


def _database(db: Database) -> list[Finding]:
    try:
        engine = about(db)
    except LiveShopError as error:
        return [_stopped("database", error, "Correct LIVESHOP_DATABASE_URL.")]
    found = [_well("database", f"{engine.engine} {engine.version} answers")]
    if engine.journal == "MEMORY":
        found.append(_well("durability", "in memory: gone when this process ends"))
    elif engine.journal:
        text = f"journal {engine.journal}, synchronous {engine.synchronous}: {engine.reason}"
        found.append(_well("durability", text))
    problems = migrate.check(db)
    if problems:
        fix = _UPGRADE if migrate.current(db) != migrate.head() else _CHANGED
        found.append(_problem("schema", "\n".join(problems), fix))
    else:
        found.append(_well("schema", f"at {migrate.head()}, every table and trigger is there"))
    return found


def _shop(shop: LiveShop) -> Iterator[Finding]:
    try:
        found = shop.platform.check()
    except LiveShopError as error:
        fix = "Check the platform's credentials and that it can be reached."
        found = (_problem(shop.platform.name, str(error), fix),)
    yield from found
    if shop.platform.name != "sandbox" and all(finding.ok for finding in found):
        yield from _endpoints(shop)
    yield from _queues(shop)
    yield from _coupons(shop)
    yield from _privacy(shop)
    yield _checkpoints(shop)
    if shop.settings.pdf_fonts:
        yield _fonts(shop.settings)
    count = len(shop.unattributed(_MOST))
    yield _well("attribution", f"{count} order(s) credit nobody (liveshop unattributed)")


def _endpoints(shop: LiveShop) -> Iterator[Finding]:
    """Judge what sends webhooks here; where nothing does, another kind of destination may."""
    try:
        report = shop.webhooks.check()
    except PlatformNotReadyError as error:
        yield _well("webhooks", f"not looked at: {error.problem}")
    except LiveShopError as error:
        yield _problem("webhooks", str(error), "liveshop webhooks check")
    else:
        if report.exists:
            yield from report.findings
        else:
            text = f"nothing that is shown to us sends to {report.url} (liveshop webhooks register)"
            yield _well("webhooks", text)


def _checkpoints(shop: LiveShop) -> Finding:
    keys = shop.proofs.public_keys()
    if keys:
        return _well("checkpoints", f"signed with the public key {keys[-1]}")
    if shop.proofs.can_sign:
        return _well("checkpoints", "a key is made with the first one")
    text = "none are signed, for want of a key (liveshop ledger checkpoint --new-key)"
    return _well("checkpoints", text)


def _fonts(settings: Settings) -> Finding:
    try:
        Fonts(settings.pdf_fonts)
    except LiveShopError as error:
        return _problem("fonts", str(error), "Correct LIVESHOP_PDF_FONTS.")
    return _well("fonts", f"PDFs are drawn with {', '.join(settings.pdf_fonts)} as well")


def _privacy(shop: LiveShop) -> Iterator[Finding]:
    found = shop.privacy.requests(limit=_MOST)
    if found:
        until = to_iso(min(one.due_at for one in found))
        text = f"{len(found)} request(s) to answer, the first until {until}"
        yield _problem("privacy", text, "liveshop privacy requests, then show ID and done ID")


def _coupons(shop: LiveShop) -> Iterator[Finding]:
    found = shop.coupons.list(limit=_MOST)
    pending = [one.code for one in found if one.status == "pending"]
    refused = [one.code for one in found if one.status == "refused"]
    if pending:
        text = f"{len(pending)} not at the platform yet: {', '.join(pending[:5])}"
        yield _problem("coupons", text, "liveshop worker --drain")
    if refused:
        text = f"{len(refused)} refused by the platform: {', '.join(refused[:5])}"
        fix = "liveshop events dead says why; remove the cause and create them again"
        yield _problem("coupons", text, fix)
    waiting = [f"{one.code} ({one.waiting})" for one in found if one.waiting]
    if waiting:
        text = f"{len(waiting)} not carried out at the platform yet: {', '.join(waiting[:5])}"
        fix = "liveshop worker --drain; liveshop events dead says what was given up"
        yield _problem("coupons", text, fix)
    unreadable = shop.coupons.unreadable_codes()
    if unreadable:
        text = f"no secret key opens the personal codes of {', '.join(unreadable[:5])}"
        fix = "Put the key back into LIVESHOP_SECRET_KEYS that was there when they were issued."
        yield _problem("coupons", text, fix)
    if not pending and not refused and not waiting and not unreadable:
        yield _well("coupons", "all exist at the platform")


def _queues(shop: LiveShop) -> Iterator[Finding]:
    state = shop.inbox_state()
    inbox, outbox, since = state.inbox, state.outbox, state.due_since
    age = shop.clock.now() - since if since else timedelta(0)
    text = f"{inbox['new']} to read, {outbox['pending']} to send"
    if age >= SLOW:
        minutes = age // timedelta(minutes=1)
        yield _problem("worker", f"{text}, due for {minutes} min", "liveshop worker")
    else:
        yield _well("worker", text)
    given_up = inbox["dead"] + outbox["dead"]
    if given_up:
        fix = "liveshop events dead, then liveshop events replay ID"
        yield _problem("dead letters", f"{given_up} given up", fix)
    if inbox["parked"]:
        orders = ", ".join(sorted({str(row.waits_for) for row in state.parked})[:5])
        yield _well("parked", f"{inbox['parked']} wait for the sale of {orders}")


def _well(name: str, text: str) -> Finding:
    return Finding(name=name, ok=True, text=text)


def _stopped(name: str, error: LiveShopError, fix: str) -> Finding:
    """Return what an error comes to; the database's own says how to mend it."""
    if isinstance(error, StorageUnavailableError):
        return _problem("database", f"it did not answer ({error.problem})", error.remedy)
    return _problem(name, str(error), fix)


def _problem(name: str, text: str, fix: str) -> Finding:
    return Finding(name=name, ok=False, text=text, fix=fix)

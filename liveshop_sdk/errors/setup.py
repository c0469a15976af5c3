"""Settings, storage and how a shop is used."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import (
    ConfigurationError,
    ConflictError,
    UnavailableError,
)


@dataclass(kw_only=True, eq=False)
class EngineUnsuitableError(ConfigurationError):
    """A handed-in connection lacks what keeps money safe."""

    code = "engine_unsuitable"
    text = "The database connection cannot be used: {problem}. {remedy}"
    problem: str
    remedy: str


@dataclass(kw_only=True, eq=False)
class MigrationNeededError(ConfigurationError):
    """The schema in the database is older than this package."""

    code = "migration_needed"
    text = (
        "The database schema is at {found}, this version needs {expected}. "
        "Run `liveshop db upgrade`."
    )
    found: str
    expected: str


@dataclass(kw_only=True, eq=False)
class StorageUnavailableError(UnavailableError):
    """The database refused or lost the connection; the outcome may be unknown."""

    code = "storage_unavailable"
    text = "The database did not answer ({problem}). {remedy}"
    problem: str
    remedy: str = "Repeating the same call is safe."


@dataclass(kw_only=True, eq=False)
class SettingsInvalidError(ConfigurationError):
    """One or more settings are wrong; all of them are named at once."""

    code = "settings_invalid"
    text = "{count} setting(s) need attention:\n{faults}"
    count: int
    faults: str


@dataclass(kw_only=True, eq=False)
class PortUnusableError(ConfigurationError):
    """A port on which nothing can listen."""

    code = "port_unusable"
    text = "Port {port} {problem}. Name another one: --port {other}."
    port: int
    problem: str
    other: int


@dataclass(kw_only=True, eq=False)
class PdfFontInvalidError(ConfigurationError):
    """A file named as a font of PDFs from which no letter can be drawn."""

    code = "pdf_font_invalid"
    text = "LIVESHOP_PDF_FONTS names {file}, which {problem}. No PDF was made."
    file: str
    problem: str


@dataclass(kw_only=True, eq=False)
class BoundShopError(ConflictError):
    """A call that would talk to a platform inside somebody's transaction."""

    code = "bound_shop"
    text = "{call} talks to the platform, so it cannot run inside your transaction. Call it after."
    call: str


@dataclass(kw_only=True, eq=False)
class ExtraMissingError(ConfigurationError):
    """A library that only some need, and that is not installed."""

    code = "extra_missing"
    text = '{feature} needs more: run `pip install "liveshop-sdk[{extra}]"`. Nothing was written.'
    feature: str
    extra: str

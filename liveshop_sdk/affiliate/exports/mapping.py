"""What a ledger's accounts are called in another program, from one table.

A key is a path of the chart of accounts, in which ``*`` stands for any handle or
rail; the exact path wins over one with ``*``. ``*`` in a name is that handle or rail.
"""

import json
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from liveshop_sdk import wire
from liveshop_sdk.affiliate.exports import defaults
from liveshop_sdk.affiliate.exports.cells import problem_of
from liveshop_sdk.affiliate.exports.defaults import Option
from liveshop_sdk.affiliate.ledger.accounts import CHART, MEMO, describe
from liveshop_sdk.errors import AccountUnknownError, AccountUnmappedError, MappingInvalidError

_LONGEST = 200
_SECTIONS = {"format", "accounts", "options", "thresholds"}


@dataclass(frozen=True)
class Mapping:
    """A valid table for one format."""

    format: str
    accounts: Map[str, str]
    options: Map[str, Option]

    @classmethod
    def default(cls, name: str) -> "Mapping":
        """Return what is used where no table is given."""
        return cls(name, defaults.accounts(name), defaults.options(name))

    @classmethod
    def parse(cls, text: str, name: str, *, is_json: bool = False) -> "Mapping":
        """Read a table from TOML or JSON; what it leaves out of options is the default.

        Raises:
            MappingInvalidError: Naming what cannot be used, and why.
        """
        given = _read(text, is_json=is_json)
        unknown = sorted(set(given) - _SECTIONS)
        if unknown:
            raise MappingInvalidError(problem=f"there is no section {unknown[0][:60]!r}")
        if given.get("format", name) != name:
            raise MappingInvalidError(
                problem=f"it is made for {str(given['format'])[:20]!r}, not {name}"
            )
        accounts = _accounts(given.get("accounts", {}), name)
        return cls(name, accounts, _options(given, name))

    @property
    def version(self) -> str:
        """What tells this table from any other, in 12 hexadecimal digits."""
        spelled = {"accounts": dict(self.accounts), "options": dict(self.options)}
        return sha256(wire.canonical(spelled).encode()).hexdigest()[:12]

    def text(self, name: str) -> str:
        """Return an option that is a text."""
        return str(self.options[name])

    def account(self, path: str) -> str | None:
        """Return what an account is called; None if nobody said."""
        if path in self.accounts:
            return self.accounts[path]
        for pattern, called in self.accounts.items():
            if "*" in pattern and _fits(pattern, path):
                party = path.split(":")[pattern.split(":").index("*")]
                return called.replace("*", defaults.party(self.format, party))
        return None

    def require(self, paths: Iterable[str], *, with_memo: bool = False) -> None:
        """Refuse before anything is written if an account has no name.

        Raises:
            AccountUnmappedError: Naming all of them.
        """
        nameless = [
            path for path in paths if (with_memo or not is_memo(path)) and not self.account(path)
        ]
        if nameless:
            raise AccountUnmappedError(format=self.format, accounts=", ".join(nameless[:20]))

    def as_json(self) -> dict[str, object]:
        """Return the table as `parse` reads it from JSON."""
        options: dict[str, object] = dict(self.options)
        own = {key: options.pop(key) for key in self.options if key == "thresholds"}
        return {"format": self.format, "accounts": dict(self.accounts), "options": options, **own}

    def as_toml(self) -> str:
        """Return the table as a file to edit."""
        lines = [
            f"# What an export as {self.format} goes by; edit it and give it with --mapping.",
            f"format = {json.dumps(self.format)}",
        ]
        plain = {key: one for key, one in self.options.items() if not isinstance(one, dict)}
        if plain:
            lines += [
                "",
                "[options]",
                *(f"{key} = {json.dumps(one)}" for key, one in plain.items()),
            ]
        for key in self.options.keys() - plain.keys():
            lines += ["", f"[{key}]"]
            lines += [f"{json.dumps(year)} = {json.dumps(one)}" for year, one in _rows(self, key)]
        if self.accounts:
            named = self.accounts.items()
            told = '# "*" stands for any creator or rail; an exact path wins.'
            lines += [
                "",
                told,
                "[accounts]",
                *(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in named),
            ]
        return "\n".join(lines) + "\n"


def _rows(mapping: Mapping, key: str) -> list[tuple[str, str]]:
    table = mapping.options[key]
    return sorted(table.items()) if isinstance(table, dict) else []


@lru_cache(maxsize=4096)
def is_memo(path: str) -> bool:
    """Say whether an account is kept apart from the books."""
    try:
        return describe(path).account_class == MEMO
    except AccountUnknownError:
        return False


def _fits(pattern: str, path: str) -> bool:
    wanted, given = pattern.split(":"), path.split(":")
    return len(wanted) == len(given) and all(
        one in ("*", other) for one, other in zip(wanted, given, strict=True)
    )


def _read(text: str, *, is_json: bool) -> Map[str, object]:
    try:
        given = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MappingInvalidError(problem=f"it cannot be read: {str(error)[:200]}") from None
    if not isinstance(given, dict):
        raise MappingInvalidError(problem="it is no table")
    return given


def _accounts(given: object, name: str) -> dict[str, str]:
    if not isinstance(given, dict):
        raise MappingInvalidError(problem="accounts is no table")
    found: dict[str, str] = {}
    for path, called in given.items():
        if not _is_known(path):
            raise MappingInvalidError(problem=f"there is no account {path[:60]!r}")
        if not isinstance(called, str) or not called.strip() or len(called) > _LONGEST:
            raise MappingInvalidError(problem=f"{path} needs a name of 1 to {_LONGEST} characters")
        problem = problem_of(called) or defaults.problem_of_name(name, called)
        if problem is None and "*" in called and "*" not in path:
            problem = "'*' in a name needs '*' in its path"
        if problem is not None:
            raise MappingInvalidError(problem=f"{path}: {problem}")
        found[path] = called
    return found


def _is_known(path: str) -> bool:
    """Say whether a path is one of the chart, or covers some of it."""
    if "*" not in path:
        try:
            return bool(describe(path))
        except AccountUnknownError:
            return False
    return path in CHART


def _options(given: Map[str, object], name: str) -> dict[str, Option]:
    standard = defaults.options(name)
    options = given.get("options", {})
    if not isinstance(options, dict):
        raise MappingInvalidError(problem="options is no table")
    found: dict[str, object] = {**options}
    if "thresholds" in given:
        found["thresholds"] = given["thresholds"]
    for key, value in found.items():
        if key not in standard or (key == "thresholds" and "thresholds" not in given):
            raise MappingInvalidError(problem=f"{name} has no option {key[:60]!r}")
        problem = defaults.problem_of_option(key, value, standard[key])
        if problem is not None:
            raise MappingInvalidError(problem=f"{key}: {problem}")
    years, more = standard.get("thresholds"), found.get("thresholds")
    if isinstance(years, dict) and isinstance(more, dict):
        found["thresholds"] = {**years, **more}
    return {**standard, **found}  # type: ignore[dict-item]  # each was just compared

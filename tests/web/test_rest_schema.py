"""Whatever the description allows or forbids: no 5xx, and answers as described."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.registry.access.models import MOST_PER_MINUTE, SCOPES
from tests.scale import IS_LONG
from tests.web.rest_support import two_brands
from tests.web.support import Store

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
CASES = 20_000 if IS_LONG else 270
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
OPERATIONS = 34
EACH = CASES // OPERATIONS // len(MODES) // 2 + 1
"""Cases of each mode for each operation, asked with each of two keys."""


@pytest.fixture
def shop(clock: ManualClock) -> Iterator[Store]:
    db = Database.connect("sqlite://")
    migrate.upgrade(db)
    yield two_brands(db, clock)
    db.dispose()


@pytest.mark.parametrize("brand", [None, "north"])
@pytest.mark.filterwarnings("ignore")  # schemathesis imports what jsonschema moves away
def test_answers_are_as_described(shop: Store, brand: str | None) -> None:
    scopes = [one for one in SCOPES if brand is None or one != "brands:write"]
    made = shop.shop.keys.create("fuzz", scopes=scopes, brand=brand, per_minute=MOST_PER_MINUTE)
    headers = {"Authorization": f"Bearer {made.text}"}
    shop.app.testing = False
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", shop.app)
    seen: list[str] = []
    free: list[tuple[str, GenerationMode]] = []
    asked = 0

    def ask(operation: schemathesis.APIOperation, mode: GenerationMode) -> None:
        @settings(
            max_examples=EACH,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(headers=headers, checks=CHECKS)

        check()

    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        seen.append(operation.label)
        for mode in MODES:
            try:
                ask(operation, mode)
            except Unsatisfiable:  # any text may stand in its path, and nothing else is sent
                free.append((operation.label, mode))
    assert len(seen) == OPERATIONS
    assert {mode for _, mode in free} <= {GenerationMode.NEGATIVE}
    assert asked >= (2 * OPERATIONS - len(free)) * EACH

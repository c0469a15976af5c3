"""What the office works with, built from the rooms of one shop."""

from dataclasses import dataclass

from liveshop_sdk.affiliate.exports.service import ExportService
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.ids import Ids
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.by_hand import Adjustments
from liveshop_sdk.shop.catalogue import CatalogueSync
from liveshop_sdk.shop.checkpoint_keys import CheckpointKeys
from liveshop_sdk.shop.export_facts import StoredRates, StoredTaxFacts
from liveshop_sdk.shop.exports import Exports
from liveshop_sdk.shop.fees import Fees
from liveshop_sdk.shop.finance import Finance
from liveshop_sdk.shop.fx import Fx
from liveshop_sdk.shop.payouts import Payouts
from liveshop_sdk.shop.periods import Periods
from liveshop_sdk.shop.platform import Connected
from liveshop_sdk.shop.proofs import Proofs
from liveshop_sdk.shop.rails import build_rails
from liveshop_sdk.shop.rooms import Rooms
from liveshop_sdk.shop.seeding import Seeding
from liveshop_sdk.shop.statements import Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOffice:
    """The parts of ``LiveShop`` that finance uses, and what copies the catalogue."""

    ledger: Finance
    periods: Periods
    adjustments: Adjustments
    fx: Fx
    payouts: Payouts
    statements: Statements
    proofs: Proofs
    seeding: Seeding
    exports: Exports
    fees: Fees
    catalogue: CatalogueSync


def open_office(
    db: Database,
    clock: Clock,
    ids: Ids,
    settings: Settings,
    rooms: Rooms,
    keys: CheckpointKeys,
    connected: Connected,
) -> BackOffice:
    """Build what the office works with; `keys` are those that the rooms sign with."""
    ledger, platform = rooms.ledger, connected.platform
    finance, seeding = Finance(db, clock, ledger, keys), Seeding(db, clock, ids, ledger)
    proofs = Proofs(
        db=db,
        clock=clock,
        finance=finance,
        rooms=rooms,
        keys=keys,
        folder=settings.checkpoint_dir,
    )
    exporting = ExportService(
        clock, ids, ledger, rates=StoredRates(db), tax=StoredTaxFacts(db, seeding)
    )
    return BackOffice(
        ledger=finance,
        periods=Periods(
            db=db,
            clock=clock,
            ledger=ledger,
            true_up=rooms.affiliate.true_up,
            sign=proofs.sign_if_ready,
        ),
        adjustments=Adjustments(
            db=db,
            clock=clock,
            ids=ids,
            ledger=ledger,
            recorder=rooms.recorder,
            orders=rooms.orders,
            facts=rooms.facts,
        ),
        fx=Fx(db, clock),
        payouts=Payouts(
            db=db,
            clock=clock,
            ids=ids,
            ledger=ledger,
            rails=build_rails(settings, db=db, clock=clock, ids=ids),
            alone_up_to={limit.currency: limit for limit in settings.payout_alone_up_to},
        ),
        statements=Statements(db, ledger, rooms.facts, fonts=settings.pdf_fonts),
        proofs=proofs,
        seeding=seeding,
        exports=Exports(db, ledger, finance, exporting, proofs.sign_if_ready),
        fees=Fees(db, clock, rooms, connected),
        catalogue=CatalogueSync(
            db=db, clock=clock, platform=platform.name, catalogue=connected.catalogue
        ),
    )

"""Stand in for Shopify's APIs under a shop; needs ``[testing]``.

It answers the calls that selling makes, over ``responses``: nothing leaves the
process. It is no model of Shopify. Carts and discounts know no idempotency key
there, so what it holds the shop to is that each carries an id of ours, by
which it is known again after a lost answer.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any

import responses
from requests import PreparedRequest

from liveshop_sdk.testing.factory import TEST_SHOP

_SEALED = re.compile(r"[A-Za-z0-9_.-]{40,}")
_TITLE = re.compile(r"liveshop cpn_[0-9a-z]{26}")

Answer = tuple[int, Mapping[str, str], str]
Data = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call the shop made: the operation's name, and its variables."""

    operation: str
    variables: Mapping[str, Any]


class FakeShopify:
    """Answers a shop in place of Shopify, for as long as the ``with`` block lasts.

    It is a development shop, so the shop's mode is ``test``. A code that was
    created here applies to carts until it is paused or ended, any other does not.
    """

    def __init__(self, shop: str = TEST_SHOP, *, currency: str = "EUR") -> None:
        """Be this shop, and know of no cart yet.

        Args:
            shop: As in ``LIVESHOP_SHOPIFY_SHOP``.
            currency: What the shop sells in.
        """
        self.calls: list[Call] = []
        self.carts: list[Mapping[str, Any]] = []
        self.discounts: dict[str, Mapping[str, Any]] = {}
        self.switched_off: set[str] = set()
        self.personal: dict[str, str] = {}
        self._jobs: list[list[str]] = []
        self._shop, self._currency = shop, currency
        self._answers: Mapping[str, Callable[[Mapping[str, Any]], Data]] = {
            "LiveshopShop": self._about,
            "LiveshopStorefront": lambda _: {"shop": {"name": self._shop}},
            "LiveshopCart": self._cart,
            "LiveshopCoupon": partial(self._coupon, "Basic"),
            "LiveshopCouponFreeShipping": partial(self._coupon, "FreeShipping"),
            "LiveshopCouponBuyGet": partial(self._coupon, "Bxgy"),
            "LiveshopCouponByCode": self._found,
            "LiveshopCodes": self._codes,
            "LiveshopCodesJob": self._job,
            "LiveshopCodesFailed": self._failed,
            "LiveshopCodesByCode": self._by_code,
            "LiveshopCouponOff": self._off,
            "LiveshopCouponWindow": partial(self._on, "Basic"),
            "LiveshopCouponFreeShippingWindow": partial(self._on, "FreeShipping"),
            "LiveshopCouponBuyGetWindow": partial(self._on, "Bxgy"),
        }
        self._mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self._mock.add_passthru("http://127.0.0.1")
        graphql = re.compile(rf"https://{re.escape(shop)}/(admin/)?api/[^/]+/graphql\.json")
        self._mock.add_callback(responses.POST, graphql, self._answered)

    def __enter__(self) -> "FakeShopify":
        """Answer from now on."""
        self._mock.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the network as it was."""
        self._mock.stop(allow_assert=kind is None)

    def _answered(self, request: PreparedRequest) -> Answer:
        asked = json.loads(request.body or b"{}")
        call = Call(operation=_operation(asked), variables=asked.get("variables") or {})
        self.calls.append(call)
        answer = self._answers.get(call.operation)
        if answer is None:
            problem = f"FakeShopify does not answer {call.operation}"
            return 200, {}, json.dumps({"errors": [{"message": problem}]})
        return 200, {}, json.dumps({"data": answer(call.variables)})

    def _about(self, _: Mapping[str, Any]) -> Data:
        shop = {
            "name": "Tests",
            "myshopifyDomain": self._shop,
            "currencyCode": self._currency,
            "plan": {"partnerDevelopment": True},
        }
        return {"shop": shop, "currentAppInstallation": {"accessScopes": []}}

    def _cart(self, variables: Mapping[str, Any]) -> Data:
        wanted = variables["input"]
        sealed = {one["key"]: one["value"] for one in wanted.get("attributes", [])}
        if not _SEALED.fullmatch(sealed.get("_liveshop", "")):
            raise AssertionError(f"a cart carries no reference of ours: {sorted(sealed)}")
        self.carts.append(wanted)
        name, codes = f"fake{len(self.carts)}", wanted.get("discountCodes", [])
        usable = self.discounts.keys() - self.switched_off
        known = [{"code": code, "applicable": self._coupon_of(code) in usable} for code in codes]
        cart = {
            "id": f"gid://shopify/Cart/{name}?key=fake",
            "checkoutUrl": f"https://{self._shop}/cart/c/{name}?key=fake",
            "totalQuantity": sum(line["quantity"] for line in wanted["lines"]),
            "discountCodes": known,
        }
        missing = [one for one in known if not one["applicable"]]
        warnings = [{"code": "DISCOUNT_NOT_FOUND", "target": "", "message": ""}] * bool(missing)
        return {"cartCreate": {"cart": cart, "userErrors": [], "warnings": warnings}}

    def _coupon(self, kind: str, variables: Mapping[str, Any]) -> Data:
        discount, field = variables["discount"], f"discountCode{kind}Create"
        if not _TITLE.fullmatch(discount["title"]):
            raise AssertionError(f"a discount's title names no coupon of ours: {discount['title']}")
        code = discount["code"].upper()
        if code in self.discounts:
            taken = {"field": ["code"], "code": "TAKEN", "message": "Code must be unique."}
            return {field: {"codeDiscountNode": None, "userErrors": [taken]}}
        self.discounts[code] = discount
        made = {"id": f"gid://shopify/DiscountCodeNode/{len(self.discounts)}"}
        return {field: {"codeDiscountNode": made, "userErrors": []}}

    def _codes(self, variables: Mapping[str, Any]) -> Data:
        coupon, failed = self._code_of(variables), []
        for code in (one["code"].upper() for one in variables["codes"]):
            if code in self.personal or code in self.discounts:
                failed.append(code)
            self.personal.setdefault(code, coupon)
        self._jobs.append(failed)
        made = {"id": f"gid://shopify/DiscountRedeemCodeBulkCreation/{len(self._jobs)}"}
        return {"discountRedeemCodeBulkAdd": {"bulkCreation": made, "userErrors": []}}

    def _job(self, variables: Mapping[str, Any]) -> Data:
        failed = self._failed_of(variables)
        job = {"id": variables["id"], "done": True, "failedCount": len(failed)}
        return {"discountRedeemCodeBulkCreation": job}

    def _failed(self, variables: Mapping[str, Any]) -> Data:
        taken = [{"code": "TAKEN", "message": "Code must be unique."}]
        rows = [{"code": code, "errors": taken} for code in self._failed_of(variables)]
        return {"discountRedeemCodeBulkCreation": {"id": variables["id"], "codes": {"nodes": rows}}}

    def _failed_of(self, variables: Mapping[str, Any]) -> list[str]:
        return self._jobs[int(variables["id"].rpartition("/")[2]) - 1]

    def _by_code(self, variables: Mapping[str, Any]) -> Data:
        numbers = {code: n for n, code in enumerate(self.discounts, 1)}
        found = {name: numbers.get(self._coupon_of(code)) for name, code in variables.items()}
        node = "gid://shopify/DiscountCodeNode"
        return {name: n and {"id": f"{node}/{n}"} for name, n in found.items()}

    def _coupon_of(self, code: str) -> str:
        return self.personal.get(code.upper(), code.upper())

    def _found(self, variables: Mapping[str, Any]) -> Data:
        code = variables["code"].upper()
        if code not in self.discounts:
            return {"codeDiscountNodeByCode": None}
        number = list(self.discounts).index(code) + 1
        found = {
            "id": f"gid://shopify/DiscountCodeNode/{number}",
            "codeDiscount": {"title": self.discounts[code]["title"]},
        }
        return {"codeDiscountNodeByCode": found}

    def _off(self, variables: Mapping[str, Any]) -> Data:
        self.switched_off.add(self._code_of(variables))
        return {"discountCodeDeactivate": _switched(variables)}

    def _on(self, kind: str, variables: Mapping[str, Any]) -> Data:
        self.switched_off.discard(self._code_of(variables))
        return {f"discountCode{kind}Update": _switched(variables)}

    def _code_of(self, variables: Mapping[str, Any]) -> str:
        number = int(variables["id"].rpartition("/")[2])
        return list(self.discounts)[number - 1]


def _switched(variables: Mapping[str, Any]) -> Data:
    return {"codeDiscountNode": {"id": variables["id"]}, "userErrors": []}


def _operation(asked: Mapping[str, Any]) -> str:
    named = re.search(r"\b(?:query|mutation)\s+(\w+)", asked.get("query", ""))
    return str(asked.get("operationName") or (named and named[1]) or "")

"""Look whether tokens, scopes, versions and webhooks of a shop are in order."""

from liveshop_sdk.checkout.ports import Finding
from liveshop_sdk.errors import LiveShopError, PlatformNotReadyError
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, obj, objs, text
from liveshop_sdk.platforms.shopify.graphql import GraphQL
from liveshop_sdk.platforms.shopify.tokens import NOT_INSTALLED

NEEDED_SCOPES = ("read_orders", "write_discounts")

ALL_ORDERS = "read_all_orders"
"""Without it, only orders of the last 60 days are shown."""

DISPUTES_SCOPE = "read_shopify_payments_disputes"
"""Without it, nothing is said about disputes."""


def findings(
    admin: GraphQL, storefront: GraphQL | None, *, shop: str, version: str, secrets: int
) -> tuple[Finding, ...]:
    """Return one finding per thing looked at; never raises."""
    try:
        told = _admin_findings(admin.execute(queries.SHOP, {}), shop)
    except LiveShopError as error:
        told = [
            Finding(
                name="shopify admin token",
                ok=False,
                text=str(error),
                fix=_fix(error, shop),
            )
        ]
    else:
        told.append(_version_finding(admin.served_version, version))
    return (*told, _storefront_finding(storefront), _secret_finding(secrets))


def scopes(data: Obj) -> set[str]:
    """Return what the app may do, from the answer to the query for the shop.

    Raises:
        ShapeError: the answer is not as documented.
    """
    rows = objs(obj(data, "currentAppInstallation"), "accessScopes")
    return {text(row, "handle") for row in rows}


def _fix(error: LiveShopError, shop: str) -> str:
    if isinstance(error, PlatformNotReadyError) and error.vendor_code in NOT_INSTALLED:
        return f"Open <base url>/shopify/install?shop={shop} as the shop's owner."
    return "Check the shop's name and the app's token or client credentials."


def _admin_findings(data: Obj, shop: str) -> list[Finding]:
    try:
        answered = text(obj(data, "shop"), "myshopifyDomain")
        granted = scopes(data)
    except ShapeError as error:
        return [Finding(name="shopify admin token", ok=False, text=str(error))]
    missing = [scope for scope in NEEDED_SCOPES if scope not in granted]
    return [
        Finding(name="shopify admin token", ok=True, text="The Admin API takes the token."),
        Finding(
            name="shopify shop",
            ok=answered == shop,
            text=f"The token is for {answered}.",
            fix="" if answered == shop else f"Use a token of {shop}.",
        ),
        Finding(
            name="shopify scopes",
            ok=not missing,
            text=f"Missing: {', '.join(missing)}." if missing else "All needed are granted.",
            fix="Grant them in the app's settings and install it again." if missing else "",
        ),
    ]


def _version_finding(served: str, pinned: str) -> Finding:
    same = served == pinned
    return Finding(
        name="shopify api version",
        ok=same,
        text=f"Asked for {pinned}, answered by {served or 'an unnamed version'}.",
        fix="" if same else "Set a version that Shopify still supports.",
    )


def _storefront_finding(storefront: GraphQL | None) -> Finding:
    name = "shopify storefront token"
    if storefront is None:
        return Finding(name=name, ok=True, text="None is set: buyers' carts are permalinks.")
    try:
        storefront.execute(queries.STOREFRONT_SHOP, {})
    except LiveShopError as error:
        return Finding(
            name=name,
            ok=False,
            text=str(error),
            fix="Give the token of a storefront: public, or private (it starts with shp).",
        )
    return Finding(name=name, ok=True, text="The Storefront API takes the token.")


def _secret_finding(secrets: int) -> Finding:
    return Finding(
        name="shopify webhook secret",
        ok=secrets > 0,
        text=f"{secrets} secret(s) are set." if secrets else "None is set: webhooks are refused.",
        fix="" if secrets else "Set the app's client secret as webhook secret.",
    )

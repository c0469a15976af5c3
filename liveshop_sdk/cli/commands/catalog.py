"""``liveshop brands``, ``products``: what is sold, and whose book it goes into."""

from typing import Any

import click

from liveshop_sdk.cli.answers import Answer, listing
from liveshop_sdk.cli.commands.policies import policy
from liveshop_sdk.cli.commands.proving import Progress
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import usage
from liveshop_sdk.money import Money
from liveshop_sdk.registry.brands import Brand
from liveshop_sdk.registry.products import Product


@click.group(cls=ShopGroup)
def brands() -> None:
    """Brands: each keeps a book of its own, in one currency."""


@brands.command("add")
@click.argument("code")
@click.option("--currency", required=True, help="ISO 4217, such as EUR; for ever.")
@click.option("--timezone", default="UTC", show_default=True, help="Decides a sale's month.")
def add_brand(session: Session, code: str, currency: str, timezone: str) -> Answer:
    """Add a brand; the same one again changes nothing."""
    brand = session.shop.brands.add(code, currency=currency, timezone=timezone)
    text = f"brand {brand.code}: book in {brand.currency}, {brand.timezone}"
    return Answer(document=_brand(brand), text=text)


@brands.command("list")
def list_brands(session: Session) -> Answer:
    """List all brands."""
    found = session.shop.brands.list()
    rows = [(brand.code, brand.currency, brand.timezone) for brand in found]
    return Answer(
        document={"brands": [_brand(brand) for brand in found]},
        text=listing(("CODE", "CURRENCY", "TIMEZONE"), rows, empty="no brands yet"),
    )


brands.add_command(policy)


@click.group(cls=ShopGroup)
def products() -> None:
    """Products: what cart links sell."""


@products.command("add")
@click.argument("sku")
@click.option("--title", required=True, help="How buyers know it.")
@click.option("--amount", required=True, help="The price of one, such as 49.90.")
@click.option("--currency", required=True, help="The currency of the price; the brand's own.")
@click.option("--brand", metavar="CODE", help="Whose product; needed once there are several.")
@click.option("--image", help="An https address, or a path on the shop's own site.")
@click.option("--stripe-price", metavar="ID", help="Stripe's price id.")
@click.option("--shopify-variant", metavar="GID", help="Shopify's variant gid, or its number.")
@click.option("--collection", metavar="NAME", help="What agreements may call a group of products.")
def add_product(
    session: Session, sku: str, amount: str, currency: str, **details: str | None
) -> Answer:
    """Add a product; the same one again changes nothing."""
    price = Money.parse(amount, currency)
    title = details.pop("title") or ""
    product = session.shop.products.add(sku, title=title, amount=price, **details)
    return Answer(document=_product(product), text=f"product {product.sku}: {product.price}")


@products.command("update")
@click.argument("sku")
@click.option("--title", help="How buyers know it.")
@click.option("--amount", help="The price of one, in the product's currency.")
@click.option("--image", help="An https address, or a path on the shop's own site.")
@click.option("--stripe-price", metavar="ID", help="Stripe's price id.")
@click.option("--shopify-variant", metavar="GID", help="Shopify's variant gid, or its number.")
@click.option("--collection", metavar="NAME", help="What agreements may call a group of products.")
def update_product(session: Session, sku: str, amount: str | None, **details: str | None) -> Answer:
    """Change what is given and leave the rest; orders keep what they sold."""
    if amount is None and not any(details.values()):
        usage(
            "Nothing to change: give --title, --amount, --image, --collection or a platform's id."
        )
    products = session.shop.products
    before = products.get(sku)
    price = Money.parse(amount, before.currency) if amount is not None else None
    product = products.update(sku, amount=price, **details)
    changed = [
        f"{what} {new}"
        for (what, new), (_, old) in zip(_shown(product), _shown(before), strict=True)
        if new != old
    ]
    text = f"product {product.sku}: {', '.join(changed) or 'nothing changed'}"
    return Answer(document=_product(product), text=text)


@products.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most."
)
@click.option("--after", metavar="SKU", help="Begin behind this SKU.")
def list_products(session: Session, limit: int, after: str | None) -> Answer:
    """List products by SKU."""
    found = session.shop.products.list(limit=limit, after=after)
    platforms = sorted({platform for item in found for platform in item.platform_refs})
    rows = [
        (item.sku, item.brand, item.price, item.title, *map(item.platform_refs.get, platforms))
        for item in found
    ]
    heads = ("SKU", "BRAND", "PRICE", "TITLE", *map(str.upper, platforms))
    return Answer(
        document={"products": [_product(item) for item in found]},
        text=listing(heads, rows, empty="no products yet", right=[2]),
    )


@products.command("sync")
@click.option("--brand", metavar="CODE", help="Whose products; needed once there are several.")
@click.option("--after", metavar="CURSOR", help="Go on behind where an earlier run stopped.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def sync_products(
    session: Session, brand: str | None, after: str | None, *, dry_run: bool
) -> Answer:
    """Copy what the platform sells: titles, prices, images; deletes nothing."""
    with Progress("copying:") as progress:
        report = session.shop.catalogue.sync(
            brand=brand, after=after, dry_run=dry_run, progress=progress
        )
    lines = [f"{one.sku or one.ref}: {one.why}" for one in report.skipped]
    told = f"{len(report.added)} added, {len(report.updated)} updated, {report.same} as they were"
    more = f", {len(lines)} left out" if lines else ""
    head = f"{'would be: ' if dry_run else ''}{told}{more}"
    return Answer(document=report.as_json(), text="\n".join([head, *lines]))


def _brand(brand: Brand) -> dict[str, Any]:
    return {"code": brand.code, "currency": brand.currency, "timezone": brand.timezone}


def _shown(product: Product) -> list[tuple[str, object]]:
    return [
        ("price", product.price),
        ("title", product.title),
        ("image", product.image),
        ("Stripe price", product.stripe_price),
        ("Shopify variant", product.shopify_variant),
        ("collection", product.collection),
    ]


def _product(product: Product) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "brand": product.brand,
        "title": product.title,
        "price": product.price.as_json(),
        "image": product.image,
        "stripe_price": product.stripe_price,
        "shopify_variant": product.shopify_variant,
        "collection": product.collection,
    }

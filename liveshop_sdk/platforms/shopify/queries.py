"""Hold the GraphQL documents; only here are Shopify's fields asked for."""

SHOP = """
query LiveshopShop {
  shop { name myshopifyDomain currencyCode plan { partnerDevelopment } }
  currentAppInstallation { accessScopes { handle } }
}
"""

STOREFRONT_SHOP = """
query LiveshopStorefront { shop { name } }
"""

CART_CREATE = """
mutation LiveshopCart($input: CartInput!) {
  cartCreate(input: $input) {
    cart { id checkoutUrl totalQuantity discountCodes { code applicable } }
    userErrors { field code message }
    warnings { code target message }
  }
}
"""

COUPON_CREATE = """
mutation LiveshopCoupon($discount: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $discount) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}
"""

FREE_SHIPPING_CREATE = """
mutation LiveshopCouponFreeShipping($discount: DiscountCodeFreeShippingInput!) {
  discountCodeFreeShippingCreate(freeShippingCodeDiscount: $discount) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}
"""

BUY_GET_CREATE = """
mutation LiveshopCouponBuyGet($discount: DiscountCodeBxgyInput!) {
  discountCodeBxgyCreate(bxgyCodeDiscount: $discount) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}
"""

COUPON_BY_CODE = """
query LiveshopCouponByCode($code: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount {
      ... on DiscountCodeBasic { title }
      ... on DiscountCodeFreeShipping { title }
      ... on DiscountCodeBxgy { title }
    }
  }
}
"""

COUPON_OFF = """
mutation LiveshopCouponOff($id: ID!) {
  discountCodeDeactivate(id: $id) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}
"""

COUPON_WINDOW = """
mutation LiveshopCouponWindow($id: ID!, $window: DiscountCodeBasicInput!) {
  discountCodeBasicUpdate(id: $id, basicCodeDiscount: $window) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}
"""

FREE_SHIPPING_WINDOW = """
mutation LiveshopCouponFreeShippingWindow($id: ID!, $window: DiscountCodeFreeShippingInput!) {
  discountCodeFreeShippingUpdate(id: $id, freeShippingCodeDiscount: $window) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}
"""

BUY_GET_WINDOW = """
mutation LiveshopCouponBuyGetWindow($id: ID!, $window: DiscountCodeBxgyInput!) {
  discountCodeBxgyUpdate(id: $id, bxgyCodeDiscount: $window) {
    codeDiscountNode { id }
    userErrors { field code message }
  }
}
"""

CODES_ADD = """
mutation LiveshopCodes($id: ID!, $codes: [DiscountRedeemCodeInput!]!) {
  discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) {
    bulkCreation { id }
    userErrors { field code message }
  }
}
"""

CODES_JOB = """
query LiveshopCodesJob($id: ID!) {
  discountRedeemCodeBulkCreation(id: $id) { id done failedCount }
}
"""

CODES_FAILED = """
query LiveshopCodesFailed($id: ID!) {
  discountRedeemCodeBulkCreation(id: $id) {
    id
    codes(first: 250) { nodes { code errors { code message } } }
  }
}
"""

COUPON_USES = """
query LiveshopCouponUses($id: ID!) {
  discountNode(id: $id) {
    id
    discount {
      ... on DiscountCodeBasic { asyncUsageCount }
      ... on DiscountCodeFreeShipping { asyncUsageCount }
      ... on DiscountCodeBxgy { asyncUsageCount }
    }
  }
}
"""

_LINES = """
    lineItems(first: 40, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id title sku quantity currentQuantity isGiftCard requiresShipping taxable
        variant { legacyResourceId }
        product { legacyResourceId }
        originalUnitPriceSet { shopMoney { amount currencyCode } }
        discountAllocations { allocatedAmountSet { shopMoney { amount currencyCode } } }
        taxLines { priceSet { shopMoney { amount currencyCode } } }
      }
    }
"""

_REFUND_LINES = """
      refundLineItems(first: 30, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          quantity
          lineItem { id }
          subtotalSet { shopMoney { amount currencyCode } }
          totalTaxSet { shopMoney { amount currencyCode } }
        }
      }
"""

ORDER = (
    """
query LiveshopOrder($id: ID!, $after: String) {
  order(id: $id) {
    legacyResourceId currencyCode taxesIncluded displayFinancialStatus processedAt test
    edited returnStatus
    email cartToken discountCodes
    customAttributes { key value }
    reference: metafield(namespace: "liveshop", key: "ref") { namespace key value }
    shippingAddress { countryCodeV2 }
    billingAddress { countryCodeV2 }
    originalTotalPriceSet {
      shopMoney { amount currencyCode }
      presentmentMoney { amount currencyCode }
    }
    totalTaxSet { shopMoney { amount currencyCode } }
    totalShippingPriceSet { shopMoney { amount currencyCode } }
    totalTipReceivedSet { shopMoney { amount currencyCode } }
    currentTotalPriceSet { shopMoney { amount currencyCode } }
    currentTotalTaxSet { shopMoney { amount currencyCode } }
    transactions(first: 100) {
      kind status processedAt createdAt
      amountSet {
        shopMoney { amount currencyCode }
        presentmentMoney { amount currencyCode }
      }
    }
    refunds {
      id legacyResourceId createdAt processedAt
      duties { amountSet { shopMoney { amount currencyCode } } }
      refundShippingLines(first: 10) {
        nodes {
          subtotalAmountSet { shopMoney { amount currencyCode } }
          taxAmountSet { shopMoney { amount currencyCode } }
        }
      }
      transactions(first: 20) {
        nodes {
          kind status
          amountSet {
            shopMoney { amount currencyCode }
            presentmentMoney { amount currencyCode }
          }
        }
      }
"""
    + _REFUND_LINES.replace(", after: $after", "")
    + "    }"
    + _LINES
    + "  }\n}\n"
)

ORDER_LINES = (
    "query LiveshopOrderLines($id: ID!, $after: String) {\n  order(id: $id) {" + _LINES + "  }\n}\n"
)

REFUND_LINES = (
    "query LiveshopRefundLines($id: ID!, $after: String) {\n  refund(id: $id) {"
    + _REFUND_LINES
    + "  }\n}\n"
)

AGREEMENTS = """
query LiveshopAgreements($id: ID!, $after: String, $sales: String) {
  order(id: $id) {
    agreements(first: 1, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        __typename id happenedAt
        sales(first: 50, after: $sales) {
          pageInfo { hasNextPage endCursor }
          nodes {
            actionType quantity
            totalAmount {
              shopMoney { amount currencyCode }
              presentmentMoney { amount currencyCode }
            }
            totalTaxAmount { shopMoney { amount currencyCode } }
            ... on ProductSale { lineItem { id } }
            ... on GiftCardSale { lineItem { id } }
          }
        }
      }
    }
  }
}
"""

ORDERS_CHANGED = """
query LiveshopOrdersChanged($query: String!, $after: String) {
  orders(first: 100, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { legacyResourceId displayFinancialStatus }
  }
}
"""

DISPUTES = """
query LiveshopDisputes($query: String!, $after: String) {
  disputes(first: 100, after: $after, query: $query) {
    pageInfo { hasNextPage endCursor }
    nodes {
      legacyResourceId type status initiatedAt finalizedOn
      amount { amount currencyCode }
      order { legacyResourceId }
    }
  }
}
"""

ORDER_DISPUTES = """
query LiveshopOrderDisputes($id: ID!) {
  order(id: $id) { disputes { id } }
}
"""

DISPUTE = """
query LiveshopDispute($id: ID!) {
  dispute(id: $id) {
    legacyResourceId type status initiatedAt finalizedOn
    amount { amount currencyCode }
  }
}
"""

_WEBHOOK = "id topic uri format filter includeFields metafieldNamespaces apiVersion { handle }"

METAFIELD = """
query LiveshopMetafield($identifier: MetafieldDefinitionIdentifierInput!) {
  metafieldDefinition(identifier: $identifier) {
    id
    capabilities { cartToOrderCopyable { enabled } }
  }
}
"""

METAFIELD_CREATE = """
mutation LiveshopMetafieldMade($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id }
    userErrors { field code message }
  }
}
"""

METAFIELD_MEND = """
mutation LiveshopMetafieldMended($definition: MetafieldDefinitionUpdateInput!) {
  metafieldDefinitionUpdate(definition: $definition) {
    updatedDefinition { id }
    userErrors { field code message }
  }
}
"""

VARIANTS = """
query LiveshopVariants($after: String) {
  shop { currencyCode }
  productVariants(first: 50, after: $after, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id sku price title
      media(first: 1) { nodes { preview { image { url } } } }
      product { title status featuredMedia { preview { image { url } } } }
    }
  }
}
"""

WEBHOOKS = (
    """
query LiveshopWebhooks($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { """
    + _WEBHOOK
    + """ }
  }
}
"""
)

WEBHOOK_CREATE = """
mutation LiveshopWebhook($topic: WebhookSubscriptionTopic!, $wanted: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $wanted) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

WEBHOOK_UPDATE = (
    """
mutation LiveshopWebhookChange($id: ID!, $wanted: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $wanted) {
    webhookSubscription { """
    + _WEBHOOK
    + """ }
    userErrors { field message }
  }
}
"""
)

WEBHOOK_DELETE = """
mutation LiveshopWebhookGone($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
"""

BUYER_FIELDS = frozenset({"email", "shippingAddress", "billingAddress"})
"""Fields a shop may withhold from an app; webhooks then carry null for them."""


def codes_by_code(count: int) -> str:
    """Return the query that looks up so many codes, ``c0`` and on."""
    asked = ", ".join(f"$c{n}: String!" for n in range(count))
    found = "\n".join(f"  c{n}: codeDiscountNodeByCode(code: $c{n}) {{ id }}" for n in range(count))
    return f"query LiveshopCodesByCode({asked}) {{\n{found}\n}}\n"

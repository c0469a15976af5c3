"""``/v1`` for shops in any language: routes, schemas, keys and pages."""

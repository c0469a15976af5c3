"""The demo: a seeded evening on the sandbox, from link to release."""

"""The demo: a seeded evening on the sandbox, from the first link to released commission."""

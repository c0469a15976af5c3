"""The commands, one file per topic; each takes a `Session` and returns an `Answer`."""

"""The commands, one file per topic; a `Session` goes in, an `Answer` out."""

"""Sales that wait for the air time of a stream, and fees for being on air."""

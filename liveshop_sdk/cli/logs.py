"""Log lines of commands: on stderr, each with the mode the shop is in."""

import logging
import sys

_FORMAT = "%(asctime)s %(levelname)s mode={mode} %(name)s: %(message)s"
_NAME = "liveshop"


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to whatever stderr is now, so that a captured one is honoured."""

    def __init__(self) -> None:
        super().__init__()
        self.say("unknown")

    def say(self, mode: str) -> None:
        self.setFormatter(logging.Formatter(_FORMAT.format(mode=mode)))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


_handler = _Stderr()


def to_stderr(level: int = logging.WARNING) -> None:
    """Send this package's log lines to stderr, once however often it is called."""
    log = logging.getLogger(_NAME)
    log.setLevel(level)
    if _handler not in log.handlers:
        log.addHandler(_handler)


def say_mode(mode: str) -> None:
    """Begin every further line with this mode."""
    _handler.say(mode)

"""Say which version this is; read by the build and by ``liveshop_sdk``."""

__version__ = "0.1.0"

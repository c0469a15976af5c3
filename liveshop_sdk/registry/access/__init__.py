"""API keys: who may call ``/v1``, what they asked already, and how often."""

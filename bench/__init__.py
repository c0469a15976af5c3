"""What our code costs, beside the cheapest thing that could do the same work.

``python -m bench`` runs everything, ``python -m bench.tokens`` one script.
Every figure is a ratio between two things measured in the same interleaved
rounds, because absolute times drift with the machine.
"""

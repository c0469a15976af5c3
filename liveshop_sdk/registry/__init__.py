"""Brands, products, creators and streams: plain records every room may read.

Their keys are codes that people chose; none ever changes or is used again.
"""

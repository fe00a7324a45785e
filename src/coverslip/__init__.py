"""Coverslip: an open, self-hosted digital pathology platform. Not a medical device."""

__version__ = "0.1.0"

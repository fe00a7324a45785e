"""Learned weights, named by their SHA-256, and the runtime that computes them."""

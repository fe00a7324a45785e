"""Colour: from the scanner's ICC profile to what a screen or a print shows."""

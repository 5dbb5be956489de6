"""Steepest: matrix-gradient optimization."""

"""Polar factors of the same matrices by this library and by others, side by side: `make bench-polar`."""

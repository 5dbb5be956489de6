"""One step of optimizers over the same gradients, by this library and by others, side by side: `make bench`."""

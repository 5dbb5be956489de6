"""optax.contrib.muon, compiled by XLA: five quintic steps in f32."""

import time
from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

from optimizer_step.peer import LEARNING_RATE, MOMENTUM, Matrix


class OptaxMuon:
    """Update and its addition to the weights in one compiled function, buffers given up to it; compiled once."""

    name = "optax muon"
    version = version("optax")

    def prepare(self, gradients: list[Matrix]) -> None:
        """Make state and the function."""
        self.gradients = [jnp.asarray(gradient) for gradient in gradients]
        self.parameters = [jnp.zeros_like(gradient) for gradient in self.gradients]
        transformation = contrib.muon(LEARNING_RATE, beta=MOMENTUM)
        self.state = transformation.init(self.parameters)

        def step(parameters, state, gradients):  # type: ignore[no-untyped-def]
            updates, state = transformation.update(gradients, state, parameters)
            return optax.apply_updates(parameters, updates), state

        self.step = jax.jit(step, donate_argnums=(0, 1)).lower(self.parameters, self.state, self.gradients).compile()

    def run(self) -> float:
        """One step, waited for."""
        start = time.perf_counter()
        self.parameters, self.state = jax.block_until_ready(self.step(self.parameters, self.state, self.gradients))
        return time.perf_counter() - start

    def weights(self) -> list[Matrix]:
        """Copies of the parameters."""
        return [np.asarray(parameter) for parameter in self.parameters]


def peer() -> OptaxMuon:
    """Its own defaults, with this comparison's learning rate."""
    return OptaxMuon()

"""A matrix of real data: elevations of the Jacksboro fault, 344 x 403 (U.S. Geological Survey), from Matplotlib."""

from __future__ import annotations

from pathlib import Path

ELEVATION = Path("data/elevation.npy")


def write_elevation(out: Path = ELEVATION) -> Path:
    """Write the elevations in metres as f32, where they are not there yet."""
    if not out.exists():
        import numpy as np
        from matplotlib.cbook import get_sample_data

        with np.load(str(get_sample_data("jacksboro_fault_dem.npz", asfileobj=False))) as data:
            out.parent.mkdir(parents=True, exist_ok=True)
            np.save(out, data["elevation"].astype(np.float32))
    return out

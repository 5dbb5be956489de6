"""Where to write names beside points so that nothing covers anything."""

import itertools
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle in points of the page."""

    left: float
    bottom: float
    width: float
    height: float

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.bottom + self.height, other.bottom + other.height) - max(self.bottom, other.bottom)
        return max(0.0, width) * max(0.0, height)

    def outside(self, area: "Box") -> float:
        """The part of this area that lies outside of another."""
        return self.width * self.height - self.overlap(area)


DISTANCES = (5.0, 13.0, 22.0, 32.0)
DIRECTIONS = ((1, 0), (-1, 0), (0.8, 0.7), (0.8, -0.7), (-0.8, 0.7), (-0.8, -0.7), (0, 1), (0, -1))


def beside(point: Point, size: Point, distance: float, direction: Point) -> Box:
    """A label of this size at this distance, its near end towards the point."""
    x, y = point[0] + distance * direction[0], point[1] + distance * direction[1]
    side = (direction[0] > 0) - (direction[0] < 0)  # the label begins, is centred or ends at x
    return Box(x - size[0] * (1 - side) / 2, y - size[1] / 2, *size)


def places(points: list[Point], sizes: list[Point], area: Box, marker: float = 6) -> list[Box]:
    """A box for each label: the nearest inside the area that covers no mark and no earlier label, or the least bad.

    Labels are placed from the top down.
    """
    marks = [Box(x - marker / 2, y - marker / 2, marker, marker) for x, y in points]
    placed: dict[int, Box] = {}
    for k in sorted(range(len(points)), key=lambda k: -points[k][1]):
        taken = [*marks, *placed.values()]
        candidates = [beside(points[k], sizes[k], *way) for way in itertools.product(DISTANCES, DIRECTIONS)]
        placed[k] = min(
            candidates, key=lambda box: sum(map(box.overlap, taken)) + box.outside(area)
        )  # the first of equals, so the nearest
    return [placed[k] for k in range(len(points))]

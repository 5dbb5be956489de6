"""Labels beside points."""

from itertools import combinations

from polar_peers.labels import Box, places

AREA = Box(0, 0, 200, 100)
SIZE = (50.0, 8.0)


def test_a_lone_label_stands_at_the_right() -> None:
    assert places([(100, 50)], [SIZE], AREA) == [Box(105, 46, 50, 8)]


def test_near_the_right_edge_it_stands_at_the_left() -> None:
    assert places([(190, 50)], [SIZE], AREA) == [Box(135, 46, 50, 8)]


def test_labels_of_close_points_cover_neither_each_other_nor_the_points() -> None:
    points = [(100.0, 50.0), (103.0, 51.0), (99.0, 46.0), (108.0, 47.0), (100.0, 58.0)]
    boxes = places(points, [SIZE] * 5, AREA)
    assert all(a.overlap(b) == 0 for a, b in combinations(boxes, 2))
    assert all(box.overlap(Box(x - 3, y - 3, 6, 6)) == 0 for box in boxes for x, y in points)
    assert all(box.outside(AREA) < 1e-9 for box in boxes)


def test_overlap_is_an_area() -> None:
    assert Box(0, 0, 4, 4).overlap(Box(3, 2, 4, 4)) == 2
    assert Box(0, 0, 4, 4).overlap(Box(4, 0, 4, 4)) == 0
    assert Box(-1, 0, 4, 4).outside(Box(0, 0, 9, 9)) == 4

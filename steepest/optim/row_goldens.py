"""Makes row_goldens.json: trajectories of plain statements of the rows that torch does not have, on closed-form input.

Run from the root of the checkout, with numpy: python steepest/optim/row_goldens.py
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
# W, G and the step from 1 -> next W; the state is a dictionary that starts empty.
Statement = Callable[[dict[str, Any], Matrix, Matrix, int], Matrix]

JORDAN = [(3.4445, -4.7750, 2.0315)] * 5
MODDED = [
    (8.156554524902461, -22.48329292557795, 15.878769915207462),
    (4.042929935166739, -2.808917465908714, 0.5000178451051316),
    (3.8916678022926607, -2.772484153217685, 0.5060648178503393),
    (3.285753657755655, -2.3681294933425376, 0.46449024233003106),
    (2.3465413258596377, -1.7097828382687081, 0.42323551169305323),
]


def closed_form(shape: tuple[int, int], s: int) -> Matrix:
    """M(s) of goldens.py, of rank 4 at most."""
    i, j = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    result: Matrix = np.sin(1 + s + 0.7 * i + 1.3 * j) + 0.25 * np.cos(0.5 * s + 2.1 * i - 0.9 * j)
    return result


def composed(x: Matrix, polynomials: list[tuple[float, float, float]]) -> Matrix:
    """X / ||X||_F, then X <- a X + b XX'X + c (XX')^2 X for each of them, on the short side."""
    if x.shape[0] > x.shape[1]:
        return composed(x.T, polynomials).T
    x = x / np.linalg.norm(x)
    for a, b, c in polynomials:
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


def jordan(x: Matrix) -> Matrix:
    """Five steps of Jordan's polynomial."""
    return composed(x, JORDAN)


def exact(x: Matrix) -> Matrix:
    """The polar factor."""
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    result: Matrix = u @ vt
    return result


def average(state: dict[str, Any], name: str, beta: float, x: Matrix) -> Matrix:
    """beta M + (1 - beta) X from zero, kept under this name."""
    state[name] = beta * state.get(name, 0.0) + (1 - beta) * x
    result: Matrix = state[name]
    return result


def keller(w: Matrix) -> float:
    """sqrt(max(1, m/n))."""
    return float(max(1, w.shape[0] / w.shape[1]) ** 0.5)


def larger(w: Matrix) -> float:
    """0.2 sqrt(max(m, n))."""
    return float(0.2 * max(w.shape) ** 0.5)


def function_of(a: Matrix, f: Callable[[Matrix], Matrix]) -> Matrix:
    """V f(d) V' on the range of a symmetric matrix."""
    d, v = np.linalg.eigh(a)
    seen = d > len(d) * np.finfo(float).eps * d.max()
    result: Matrix = (v[:, seen] * f(d[seen])) @ v[:, seen].T
    return result


def lion(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Sign of one average, another one kept."""
    m = s.get("m", 0 * g)
    s["m"] = 0.99 * m + 0.01 * g
    result: Matrix = w - 1e-4 * np.sign(0.9 * m + 0.1 * g)
    return result


def adafactor(s: dict[str, Any], w: Matrix, g: Matrix, t: int) -> Matrix:
    """Factored second moment, clipped, relative step."""
    share = t**-0.8
    r = s["r"] = (1 - share) * s.get("r", 0.0) + share * (g**2).mean(1, keepdims=True)
    c = s["c"] = (1 - share) * s.get("c", 0.0) + share * (g**2).mean(0, keepdims=True)
    u = g / np.sqrt(r * c / r.mean())
    u /= max(1, np.sqrt((u**2).mean()))
    result: Matrix = w - max(1e-3, np.sqrt((w**2).mean())) * min(1e-2, t**-0.5) * u
    return result


def moonlight(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Heavy ball, Nesterov, entries of RMS 0.2."""
    m = s["m"] = 0.95 * s.get("m", 0.0) + g
    result: Matrix = (1 - 1e-3 * 0.1) * w - 1e-3 * larger(w) * jordan(g + 0.95 * m)
    return result


def normuon(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Rows over their second moments, norm kept."""
    m = average(s, "m", 0.95, g)
    o = jordan(0.05 * g + 0.95 * m)
    v = average(s, "v", 0.95, (o**2).mean(1, keepdims=True))
    u = o / (np.sqrt(v) + 1e-8)
    result: Matrix = w - 0.02 * keller(w) * u * np.linalg.norm(o) / (np.linalg.norm(u) + 1e-8)
    return result


def adamuon(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Polar factor of signs over its second moment, entries of RMS 0.2."""
    o = jordan(np.sign(average(s, "m", 0.95, g)))
    u = o / (np.sqrt(average(s, "v", 0.95, o**2)) + 1e-8)
    result: Matrix = w - 0.02 * 0.2 * np.sqrt(u.size) * u / np.linalg.norm(u)
    return result


def namo(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Polar factor times ||M|| over the root of an average of ||G||^2."""
    m = average(s, "m", 0.95, g)
    s["v"] = 0.95 * s.get("v", 0.0) + 0.05 * np.linalg.norm(g) ** 2
    result: Matrix = w - 1e-3 * larger(w) * jordan(m) * np.linalg.norm(m) / (np.sqrt(s["v"]) + 1e-8)
    return result


def muon2(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Polar factor of M / sqrt(V + e)."""
    o = jordan(average(s, "m", 0.95, g) / np.sqrt(average(s, "v", 0.95, g**2) + 1e-8))
    result: Matrix = w - 1e-3 * (w.shape[0] / w.shape[1]) ** 0.5 * o
    return result


def muoneq(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Polar factor of rows of norm one."""
    r = 0.05 * g + 0.95 * average(s, "m", 0.95, g)
    result: Matrix = w - 1e-3 * larger(w) * jordan(r / np.linalg.norm(r, axis=1, keepdims=True))
    return result


def adago(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """lr min(||G||, 10) over the root of the sum of its squares."""
    h = min(float(np.linalg.norm(g)), 10.0)
    s["v2"] = s.get("v2", 1e-12) + h**2
    result: Matrix = w - max(5e-4, 0.05 * h / s["v2"] ** 0.5) * jordan(average(s, "m", 0.95, g))
    return result


def muon_polar_express(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Heavy ball, published coefficients of Polar Express with safety 1.02."""
    m = s["m"] = 0.95 * s.get("m", 0.0) + g
    result: Matrix = (1 - 0.01 * 0.01) * w - 0.01 * (w.shape[0] / w.shape[1]) ** 0.5 * composed(m, MODDED)
    return result


def scion(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """A step to a point of the ball."""
    d = (w.shape[0] / w.shape[1]) ** 0.5 * jordan(average(s, "m", 0.9, g))
    result: Matrix = (1 - 1e-3) * w - 1e-3 * d
    return result


def gluon(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Radius <M, D> / (1 + <M, D>)."""
    m = average(s, "m", 0.9, g)
    d = (w.shape[0] / w.shape[1]) ** 0.5 * jordan(m)
    dual = (m * d).sum()
    result: Matrix = w - dual / (1 + dual) * d
    return result


def shampoo_idealized(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Sums to the power -1/4."""
    left = s["l"] = s.get("l", 0.0) + g @ g.T
    right = s["r"] = s.get("r", 0.0) + g.T @ g
    result: Matrix = w - 1e-3 * function_of(left, lambda d: d**-0.25) @ g @ function_of(right, lambda d: d**-0.25)
    return result


def shampoo(s: dict[str, Any], w: Matrix, g: Matrix, t: int) -> Matrix:
    """Averages to the power -1/4, the norm of Adam's step."""
    left, right = average(s, "l", 0.999, g @ g.T), average(s, "r", 0.999, g.T @ g)
    if t == 1:
        s["p"], s["q"] = (function_of(x / (1 - 0.999), lambda d: (d + 1e-12) ** -0.25) for x in (left, right))
    m = average(s, "m", 0.9, g)
    graft = m / (1 - 0.9**t) / (np.sqrt(average(s, "v", 0.999, g**2) / (1 - 0.999**t)) + 1e-8)
    d = s["p"] @ m @ s["q"]
    result: Matrix = (1 - 1e-3 * 0.01) * w - 1e-3 * d * np.linalg.norm(graft) / np.linalg.norm(d)
    return result


def asgo(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """(V^1/2 + e)^-1 G."""
    v = s["v"] = s.get("v", 0.0) + g @ g.T
    result: Matrix = w - 1e-3 * function_of(v, lambda d: 1 / (np.sqrt(d) + 1e-8)) @ g
    return result


def swan(_: dict[str, Any], w: Matrix, g: Matrix, __: int) -> Matrix:
    """Polar factor of standardized rows, with the norm of G."""
    centred = g - g.mean(1, keepdims=True)
    o = exact(centred / centred.std(1, keepdims=True))
    result: Matrix = w - 1e-3 * o * np.linalg.norm(g) / np.linalg.norm(o)
    return result


def schatten_descent(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """<M, D> D for p = 4, q = 4/3."""
    m = average(s, "m", 0.95, g)
    u, values, vt = np.linalg.svd(m, full_matrices=False)
    d = (u * values ** (1 / 3)) @ vt / (values ** (4 / 3)).sum() ** 0.25
    result: Matrix = w - 1e-3 * (m * d).sum() * d
    return result


def polargrad_rows(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Rows of norm one times the sum of the norms of rows."""
    m = average(s, "m", 0.95, g)
    norms = np.linalg.norm(m, axis=1, keepdims=True)
    result: Matrix = w - 0.02 * norms.sum() * m / norms
    return result


def sumo(s: dict[str, Any], w: Matrix, g: Matrix, t: int) -> Matrix:
    """Polar factor in the leading left subspace of the first gradient: all of it here."""
    if t == 1:
        s["q"] = np.linalg.svd(g, full_matrices=False)[0][:, :16]
    result: Matrix = w - 1e-3 * s["q"] @ exact(average(s, "m", 0.95, s["q"].T @ g))
    return result


def splus(s: dict[str, Any], w: Matrix, g: Matrix, t: int) -> Matrix:
    """Signs in the bases of the gradients before, I at first; a basis lasts 100 steps; decay by lr c after the step."""
    m = average(s, "m", 0.9, g)
    left, right = s.get("bases", (np.eye(len(w)), np.eye(w.shape[1])))
    rate = 0.1 * 2 / sum(w.shape)
    w = (1 - 0.01 * rate) * (w - rate * left @ np.sign(left.T @ m @ right) @ right.T)
    rows, columns = average(s, "l", 0.999, g @ g.T), average(s, "r", 0.999, g.T @ g)
    if t == 1:
        s["bases"] = np.linalg.eigh(rows)[1], np.linalg.eigh(columns)[1]
    return w


def between(s: dict[str, Any], y: Matrix, step: Matrix, lr: float) -> Matrix:
    """Schedule-Free with mu = 0.9 and equal weights: Z moves, Y = 0.1 Z + 0.9 A, A the average of Z."""
    z, a, count = s.get("z", y), s.get("a", y), s.get("count", 0) + 1
    z = z - lr * step
    a = a + (z - a) / count
    s.update(z=z, a=a, count=count)
    result: Matrix = 0.1 * z + 0.9 * a
    return result


def schedule_free_sgd(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """The step is the gradient."""
    return between(s, w, g, 1.0)


def schedule_free_adamw(s: dict[str, Any], w: Matrix, g: Matrix, t: int) -> Matrix:
    """The step is the gradient over the root of its corrected second moment."""
    v = average(s, "v", 0.999, g * g) / (1 - 0.999**t)
    return between(s, w, g / (np.sqrt(v) + 1e-8), 0.0025)


def muon_hyperball(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """A step of 0.02 of the radius, and back to the sphere."""
    d, radius = jordan(average(s, "m", 0.95, g)), np.linalg.norm(w)
    n = w - 0.02 * radius * d / np.linalg.norm(d)
    result: Matrix = radius * n / np.linalg.norm(n)
    return result


def root(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Outliers beyond 1 are clipped from a heavy ball."""
    s["m"] = m = 0.95 * s.get("m", 0.0) + g
    return w - 1e-3 * jordan(m - np.sign(m) * np.maximum(np.abs(m) - 1, 0))


def nuclear(x: Matrix) -> Matrix:
    """||X||_* U V'."""
    u, values, vt = np.linalg.svd(x, full_matrices=False)
    result: Matrix = values.sum() * u @ vt
    return result


def polargrad_one_sided(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """(MM')^-1/2 M is the polar factor."""
    return w - 0.02 * nuclear(average(s, "m", 0.95, g))


def polargrad_hybrid(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Rows of norm one first."""
    m = average(s, "m", 0.95, g)
    return w - 0.02 * nuclear(m / np.linalg.norm(m, axis=1, keepdims=True))


def polargrad_centred(s: dict[str, Any], w: Matrix, g: Matrix, _: int) -> Matrix:
    """Rows less their means first."""
    m = average(s, "m", 0.95, g)
    return w - 0.02 * nuclear(m - m.mean(axis=1, keepdims=True))


EVERY_SHAPE: list[Statement] = [
    lion, adafactor, moonlight, normuon, adamuon, namo, muon2, muoneq, adago, muon_polar_express,
    scion, gluon, schatten_descent, polargrad_rows, polargrad_one_sided, polargrad_hybrid,
    schedule_free_sgd, schedule_free_adamw, muon_hyperball, root,
]  # fmt: skip
SQUARE: list[Statement] = [shampoo_idealized, shampoo, asgo, sumo, splus]
WIDE: list[Statement] = [swan, polargrad_centred]  # centred rows of a 6 x 4 or 4 x 4 matrix have a null part


def case(statement: Statement, shape: tuple[int, int], steps: int = 4) -> dict[str, Any]:
    """One trajectory."""
    w, state = 0.5 * closed_form(shape, 0), dict[str, Any]()
    for t in range(1, steps + 1):
        w = statement(state, w, closed_form(shape, t), t)
    return {
        "rule": getattr(statement, "__name__"),  # noqa: B009
        "name": "defaults",
        "shape": list(shape),
        "steps": steps,
        "settings": {},
        "reference": w.tolist(),
        "reference_tolerance": 1e-10,
    }


def main() -> None:
    """Writes row_goldens.json beside this file."""
    cases = [case(statement, shape) for statement in EVERY_SHAPE for shape in ((4, 6), (6, 4), (4, 4))]
    cases += [case(statement, (4, 4)) for statement in SQUARE] + [case(statement, (4, 6)) for statement in WIDE]
    text = ",\n".join(json.dumps(row) for row in cases)
    Path(__file__).with_name("row_goldens.json").write_text(f'{{"cases": [\n{text}\n]}}\n')


if __name__ == "__main__":
    main()

"""Computes the polynomial coefficients of `zoo_plugins._special` and prints them; needs mpmath.

With u = |z| / sqrt(2), half the scaled complementary error function is exp(u^2) erfc(u) / 2. It is smooth in
s = scale / (3 + u) - shift, which maps u in [0, u_max] onto [-1, 1]. Its Chebyshev interpolant is computed with 60
digits. It is truncated where the coefficients fall below the wanted precision, and written in powers of s.
"""

from __future__ import annotations

import mpmath as mp

mp.mp.dps = 60
KNEE = mp.mpf(3)
NODES = 80


def mapping(u_max: mp.mpf) -> tuple[mp.mpf, mp.mpf]:
    """Return scale and shift of s = scale / (3 + u) - shift."""
    low, high = 1 / (KNEE + u_max), 1 / KNEE
    scale = 2 / (high - low)
    return scale, scale * high - 1


def chebyshev(u_max: mp.mpf) -> list[mp.mpf]:
    """Return the Chebyshev coefficients of exp(u^2) erfc(u) / 2 as a function of s."""
    scale, shift = mapping(u_max)
    angles = [mp.pi * (j + mp.mpf(1) / 2) / NODES for j in range(NODES)]
    points = [scale / (mp.cos(angle) + shift) - KNEE for angle in angles]
    values = [mp.exp(u * u) * mp.erfc(u) / 2 for u in points]
    sums = [sum(v * mp.cos(k * a) for v, a in zip(values, angles, strict=True)) for k in range(NODES)]
    return [(2 if k else 1) * total / NODES for k, total in enumerate(sums)]


def powers(coefficients: list[mp.mpf]) -> list[mp.mpf]:
    """Convert a Chebyshev series into powers of s, the highest first."""
    before, now = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
    total = [mp.mpf(0)] * len(coefficients)
    for k, coefficient in enumerate(coefficients):
        basis = before if k == 0 else now
        for i, term in enumerate(basis):
            total[i] += coefficient * term
        if k:
            padded = before + [mp.mpf(0)] * (len(now) + 1 - len(before))
            before, now = now, [2 * a - b for a, b in zip([mp.mpf(0), *now], padded, strict=True)]
    return total[::-1]


for name, u_max, tolerance in (("DOUBLE", mp.mpf("27.5"), "2e-18"), ("SINGLE", mp.mpf(10), "5e-10")):
    series = chebyshev(u_max)
    degree = max(k for k, c in enumerate(series) if abs(c) > mp.mpf(tolerance))
    print(name, "scale, shift:", *(mp.nstr(value, 17) for value in mapping(u_max)))
    print("(" + ", ".join(mp.nstr(c, 17) for c in powers(series[: degree + 1])) + ")")

"""Functions that several parts share. They write into `out` and do not overflow."""

from __future__ import annotations

import math

import numpy as np

from zoo_core.parts import Array

# Half of exp(u^2) erfc(u) as a polynomial in s = scale / (3 + u) - shift, highest power first. It is a truncated
# Chebyshev series, computed with 60 digits by tests/golden/make_normal_cdf.py. It holds for u up to 27.5 (float64)
# or 10 (float32); beyond, exp(-u^2) is zero in that precision.
_DOUBLE_MAP = (6.6545454545454545, 1.2181818181818182)
_DOUBLE = (
    -1.3047410841369772e-11, 9.8549744541035424e-12, 1.481280381390983e-10, -2.1240137521747267e-10,
    -8.9755115830871651e-10, 2.4051299264726885e-9, 3.681636330846662e-9, -2.0793976667345365e-8,
    -8.1839621300496242e-9, 1.6528363860379524e-7, -2.9232584782139278e-8, -1.3711466960919529e-6,
    3.6908702566548985e-7, 1.2858160470760263e-5, 4.4907916393242332e-6, -0.00013269549963105593,
    -0.00028718799251907334, 0.00097187349608470477, 0.0079658233606853984, 0.027841512764319443,
    0.066244373725908717, 0.1196254572294724, 0.17094655367848738, 0.10680783014988807,
)  # fmt: skip
_SINGLE_MAP = (7.8, 1.6)
_SINGLE = (
    1.9147216656999492e-6, 4.6942501850116457e-6, -3.1629836827807436e-5, -0.00014227579741221692,
    0.00023072459384525746, 0.00391791913394096, 0.017996055053387231, 0.052393316168833065,
    0.11112319106932907, 0.17979109829556963, 0.13471499264824727,
)  # fmt: skip

TRUNCATED_STD = 0.87962566103423978  # standard deviation of a standard normal cut at -2 and 2


def largest_exponent(z: Array) -> float:
    """Return a bound for arguments of `exp`: sums of the results, and their reciprocals, do not overflow."""
    return 80.0 if z.dtype.itemsize == 4 else 700.0


def sigmoid(z: Array, out: Array) -> None:
    """Write 1 / (1 + exp(-z)); `out` may be `z`. It keeps its relative precision for negative z."""
    np.negative(z, out=out)
    np.minimum(out, largest_exponent(z), out=out)
    np.exp(out, out=out)
    out += 1.0
    np.reciprocal(out, out=out)


def exponential_branch(z: Array, height: float, out: Array, pace: float = 1.0) -> None:
    """Write height (exp(pace z) - 1) where z < 0, else 0.

    Several times faster than `expm1`, with the same absolute error: about the dtype's epsilon.
    """
    np.minimum(z, 0.0, out=out)
    if pace != 1.0:
        out *= pace
    np.exp(out, out=out)
    out -= 1.0
    out *= height


def softplus(z: Array, out: Array, spare: Array) -> None:
    """Write log(1 + exp(z)) as max(z, 0) + log1p(exp(-|z|)); `spare` is overwritten."""
    np.abs(z, out=spare)
    np.negative(spare, out=spare)
    np.exp(spare, out=spare)
    np.log1p(spare, out=spare)
    np.maximum(z, 0.0, out=out)
    out += spare


def normal_cdf(z: Array, out: Array, exponential: Array, spare: Array) -> None:
    """Write P(Z <= z) of a standard normal Z, that is erfc(-z / sqrt(2)) / 2.

    Leaves exp(-z^2 / 2) in `exponential`; `spare` is overwritten. The absolute error is at most 4e-16 in float64 and
    1.5e-7 in float32. The relative error is at most 3e-14 down to z = -13, and 1.1e-6 down to z = -6.
    """
    _half_scaled_erfc(z, out, spare)
    np.multiply(z, z, out=exponential)
    exponential *= -0.5
    np.exp(exponential, out=exponential)
    out *= exponential
    np.greater(z, 0.0, out=spare)
    # `out` holds the probability beyond |z|. The result is |0 - tail| for negative z and |1 - tail| for positive.
    np.subtract(spare, out, out=out)
    np.abs(out, out=out)


def _half_scaled_erfc(z: Array, out: Array, s: Array) -> None:
    (scale, shift), terms = (_SINGLE_MAP, _SINGLE) if z.dtype.itemsize == 4 else (_DOUBLE_MAP, _DOUBLE)
    np.abs(z, out=s)
    s *= math.sqrt(0.5)
    s += 3.0
    np.divide(scale, s, out=s)
    s -= shift
    np.multiply(s, terms[0], out=out)
    out += terms[1]
    for term in terms[2:]:  # Horner's rule
        out *= s
        out += term


def truncated_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw from a standard normal cut at -2 and 2; values beyond are drawn again."""
    values = rng.standard_normal(shape)
    while (beyond := np.abs(values) > 2).any():
        values[beyond] = rng.standard_normal(np.count_nonzero(beyond))
    return values

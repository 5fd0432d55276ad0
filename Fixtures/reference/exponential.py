#!/usr/bin/env python3
"""The polynomial q of degree 9 in e^r = 1 + r + r^2 q(r), |r| <= ln 2 / 2, of Sources/CKernels.

    python exponential.py

Remez's exchange in decimals of 50 digits: the relative error of e^r has its largest magnitude,
with alternating signs, at one point more than there are coefficients. Prints them and that error.
"""
import math
from decimal import Decimal, getcontext

getcontext().prec = 50
DEGREE = 9
HALF = Decimal(2).ln() / 2
GRID = [HALF * Decimal(math.cos(math.pi * i / 4000)) for i in range(4001)]


def target(r):
    """(e^r - 1 - r) / r^2 by its series."""
    term, total = Decimal(1) / 2, Decimal(0)
    for k in range(3, 60):
        total, term = total + term, term * r / k
    return total


def weight(r):
    return r * r / r.exp()


def solve(rows):
    """The solution of linear equations, each with its right side last."""
    n = len(rows)
    for i in range(n):
        pivot = max(range(i, n), key=lambda j: abs(rows[j][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for j in range(i + 1, n):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [b - factor * a for a, b in zip(rows[i], rows[j])]
    x = [Decimal(0)] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - sum(rows[i][k] * x[k] for k in range(i + 1, n))) / rows[i][i]
    return x


def extrema(errors):
    """The largest error of each run of one sign."""
    found = []
    for i, error in enumerate(errors):
        if found and error * errors[found[-1]] > 0:
            if abs(error) > abs(errors[found[-1]]):
                found[-1] = i
        else:
            found.append(i)
    return found


def main():
    targets, weights = [target(r) for r in GRID], [weight(r) for r in GRID]
    # The weight vanishes at 0, which is why no point starts there.
    points = [
        HALF * Decimal(math.cos(math.pi * (i + 0.3) / (DEGREE + 1.7))) for i in range(DEGREE + 2)]
    for _ in range(12):
        rows = [
            [r**k for k in range(DEGREE + 1)] + [(-1) ** i / weight(r), target(r)]
            for i, r in enumerate(points)]
        coefficients = solve(rows)[:-1]
        errors = [
            w * (sum(c * r**k for k, c in enumerate(coefficients)) - t)
            for r, t, w in zip(GRID, targets, weights)]
        found = extrema(errors)
        while len(found) > len(points):
            found.pop(0 if abs(errors[found[0]]) < abs(errors[found[-1]]) else -1)
        points = [GRID[i] for i in found]
    for coefficient in coefficients:
        print(float(coefficient).hex())
    print(f"error {max(map(abs, errors)):.1e}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reference values for comparisons: Spearman's correlation by SciPy, its interval by Bonett and
Wright's formula, quantiles and intervals of means by SciPy's t distribution.

    python3 comparison.py > comparison.json
"""

import json
import math
import sys

import numpy as np
import scipy
from scipy import stats


def correlation(x, y):
    rho = float(stats.spearmanr(x, y).statistic)
    interval = None
    if len(x) > 3 and abs(rho) < 1:
        reach = stats.norm.ppf(0.975) * math.sqrt((1 + rho**2 / 2) / (len(x) - 3))
        interval = [math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach)]
    return {"x": x, "y": y, "ranks": stats.rankdata(x).tolist(), "rho": rho, "interval": interval}


def interval(values):
    low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    return {"values": values, "low": float(low), "high": float(high)}


def quantile(degrees, level):
    return {"degrees": degrees, "level": level, "t": float(stats.t.ppf((1 + level) / 2, degrees))}


def main():
    rng = np.random.default_rng(20)
    pairs = [
        ([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]),
        ([1, 1, 2, 2, 3, 3], [0.5, 0.25, 0.5, 0.75, 0.5, 1.0]),
        ([64, 64, 64, 256, 256, 256, 1024, 1024, 1024],
         [0.974, 0.972, 0.975, 0.977, 0.979, 0.978, 0.980, 0.980, 0.981]),
        ([3.0, 1.0, 2.0], [1.0, 2.0, 3.0]),
        ([1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]),
    ]
    for count in (8, 30, 200):
        x = rng.normal(size=count).round(1)
        pairs.append((x.tolist(), (0.6 * x + rng.normal(size=count)).round(1).tolist()))
    samples = [
        [0.0, 1.0], [1.0, 2.0, 4.0], [0.974, 0.972, 0.975, 0.9755],
        [3.0, 1.0, 4.0, 1.0, 5.0], rng.exponential(size=6).round(3).tolist(),
        rng.normal(size=7).round(3).tolist(),
    ]
    json.dump(
        {
            "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
            "correlations": [correlation(list(map(float, x)), list(map(float, y))) for x, y in pairs],
            "intervals": [interval(values) for values in samples],
            "quantiles": [quantile(degrees, level)
                          for degrees in (1, 2, 3, 4, 5, 6, 7, 29, 30, 1001, 9999)
                          for level in (0.01, 0.5, 0.8, 0.95, 0.99, 0.999999)],
        },
        sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reference values for the mixtures: random-restart EM, special functions, simple fits.

    python mixtures.py RUNS OUTPUT.json

RUNS is a folder of run files; the standard deviations (dividing by n) of every neuron of their
layers are among the samples. Needs numpy, scipy, h5py. Written with NumPy 2 and SciPy 1.

The EM is plain: no acceleration, from the median split and 24 random starts. The reference is the
likeliest place that lies in the interior as the library documents it: each component holds
m >= max(5, n/50) values and has a coefficient of variation of at least 1.5 min(1, c) / m, with c that
of all values. Null where no start ends there.

    python mixtures.py --simulate

prints what the same EM from the median split alone makes of 200 samples of two populations, half an
exponential of mean 0.4 and half a normal of mean 1 and deviation 0.3: the median error of the share.
"""
import glob
import json
import os
import sys

import numpy as np
from scipy import special, stats

RESTARTS = 24
TOLERANCE = 1e-11       # gain of log-likelihood a value and step
STEPS = 4000


class Interior:
    def __init__(self, x):
        n = len(x)
        variation = min(1, x.std() / x.mean())
        self.share, self.product = max(5 / n, 0.02), 1.5 * variation / n
        self.floor = max(0.25 * variation / n, 1e-7)

    def contains(self, share, variation):
        return (share >= self.share) & (share * variation >= self.product) & (variation > self.floor)

    def clip(self, share):
        return np.clip(share, 0.1 * self.share, 1 - 0.1 * self.share)


def starts(n, restarts, rng):
    """Responsibilities of the first component for ascending values: the median split, then random."""
    rank = (np.arange(n) + 0.5) / n
    rows = [np.where(rank < 0.5, 0.9, 0.1)]
    for _ in range(restarts):
        low, width, soft = rng.uniform(0, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.01, 0.3)
        inside = special.expit((rank - low) / soft) * special.expit((low + width - rank) / soft)
        rows.append(np.clip(inside if rng.random() < 0.5 else 1 - inside, 0.02, 0.98))
    return np.array(rows)


def maximize(x, model, restarts, rng):
    """Log-likelihoods, shares of the first component, and whether in the interior, of all starts."""
    x = np.sort(x) / np.median(x)
    n, inside = len(x), Interior(x)
    r = starts(n, restarts, rng)
    last, done, logs = np.full(len(r), -np.inf), np.zeros(len(r), bool), np.log(x)
    p = model.step(x, logs, r, inside)
    for _ in range(STEPS):
        l1, l2 = model.log_densities(x, logs, p)
        total = np.logaddexp(l1, l2)
        like = total.sum(axis=1)
        done |= ~(like - last > TOLERANCE * n)
        last = np.where(done, np.fmax(last, like), like)
        if done.all():
            break
        new = model.step(x, logs, np.exp(l1 - total), inside)
        p = [np.where(done[:, None], a, b) for a, b in zip(p, new)]
    share, first, second = model.shapes(p)
    ok = inside.contains(share, first) & inside.contains(1 - share, second)
    return last, share, ok


class ExponentialNormal:
    def step(x, logs, r, inside):
        s1, s2 = r.sum(axis=1, keepdims=True) + 1e-300, (1 - r).sum(axis=1, keepdims=True) + 1e-300
        mu = ((1 - r) @ x)[:, None] / s2
        sigma = np.sqrt(((1 - r) * (x - mu) ** 2).sum(axis=1, keepdims=True) / s2)
        return [inside.clip(s1 / len(x)), np.maximum((r @ x)[:, None] / s1, 1e-300), mu,
                np.maximum(sigma, inside.floor * mu)]

    def log_densities(x, logs, p):
        w, scale, mu, sigma = p
        return (np.log(w) - np.log(scale) - x / scale,
                np.log1p(-w) - np.log(sigma) - 0.5 * np.log(2 * np.pi) - 0.5 * ((x - mu) / sigma) ** 2)

    def shapes(p):
        return p[0][:, 0], np.ones(len(p[0])), (p[3] / p[2])[:, 0]


def gamma_shape(s, high):
    """Solves log k - digamma(k) = s: Minka's generalized Newton."""
    s = np.maximum(s, 1e-15)
    k = (3 - s + np.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)
    for _ in range(6):
        step = (np.log(k) - special.digamma(k) - s) / (k * k * (1 / k - special.polygamma(1, k)))
        k = np.where(1 / k + step > 0, 1 / (1 / k + step), k)  # no digits are left at 1e14
    return np.where(s * high < 0.5, high, np.clip(k, 1e-4, high))


class GammaGamma:
    def step(x, logs, r, inside):
        p = [inside.clip(r.mean(axis=1, keepdims=True))]
        for q in (r, 1 - r):
            s = q.sum(axis=1, keepdims=True) + 1e-300
            mean = np.maximum((q @ x)[:, None] / s, 1e-300)
            p += [mean, gamma_shape(np.log(mean) - (q @ logs)[:, None] / s, inside.floor ** -2)]
        return p

    def log_densities(x, logs, p):
        return [np.log(w) + special.xlogy(k, k) - special.gammaln(k) - k * np.log(m)
                + (k - 1) * logs - k * x / m for w, m, k in ((p[0], *p[1:3]), (1 - p[0], *p[3:]))]

    def shapes(p):
        return p[0][:, 0], p[2][:, 0] ** -0.5, p[4][:, 0] ** -0.5


def exponential_normal(rng, n, weight, scale, mean, deviation):
    first = rng.random(n) < weight
    x = np.where(first, rng.exponential(scale, n), rng.normal(mean, deviation, n))
    return np.abs(x) + 1e-9


def gamma_gamma(rng, n, weight, k1, t1, k2, t2):
    first = rng.random(n) < weight
    return np.where(first, rng.gamma(k1, t1, n), rng.gamma(k2, t2, n)) + 1e-12


def standard_errors(model, truth, n):
    """Of n values: from the Fisher information, the mean outer product of the scores."""
    rng = np.random.default_rng(7)
    if model == "exp-normal":
        x = exponential_normal(rng, 100000, *truth)

        def density(w, scale, mean, deviation):
            return np.log(w * stats.expon.pdf(x, scale=scale)
                          + (1 - w) * stats.norm.pdf(x, mean, deviation))
    else:
        x = gamma_gamma(rng, 100000, *truth)

        def density(w, k1, t1, k2, t2):
            return np.log(w * stats.gamma.pdf(x, k1, scale=t1)
                          + (1 - w) * stats.gamma.pdf(x, k2, scale=t2))
    scores = []
    for i, v in enumerate(truth):
        up, down = list(truth), list(truth)
        up[i], down[i] = v * (1 + 1e-4), v * (1 - 1e-4)
        scores.append((density(*up) - density(*down)) / (2e-4 * v))
    information = np.cov(scores, bias=True)
    return np.sqrt(np.diag(np.linalg.inv(information)) / n).tolist()


def samples(runs):
    rng = np.random.default_rng(20170101)
    out = {}

    def add(name, x, truth=None, digits=7):
        # Rounded to floats of few digits, so that the file stays small and every reader agrees.
        x = np.array([float(f"%.{digits}g" % v) for v in x])
        errors = truth and standard_errors(truth[0], truth[1:], len(x))
        out[name] = dict(values=x.tolist(), truth=truth, standardErrors=errors)

    for n, p in [(200, (.3, .3, 2, .4)), (1000, (.3, .3, 2, .4)), (2048, (.3, .3, 2, .4)),
                 (600, (.7, .1, 1, .1)), (600, (.1, .05, .4, .05)), (50, (.5, .1, 3, .3))]:
        add(f"exponential+normal {n} {p}", exponential_normal(rng, n, *p), ["exp-normal", *p])
    add("exponential+normal overlapping", exponential_normal(rng, 400, .5, 1, 1.2, .5))
    for n, p in [(200, (.3, .8, .4, 20, .1)), (2048, (.3, .8, .4, 20, .1)),
                 (1000, (.6, 2, .05, 40, .05)), (600, (.15, 1.5, .02, 9, .1)),
                 (60, (.5, 5, .1, 50, .1))]:
        add(f"gamma+gamma {n} {p}", gamma_gamma(rng, n, *p), ["gamma-gamma", *p])
    add("gamma+gamma overlapping", gamma_gamma(rng, 500, .5, 2, .5, 6, .3))
    add("gamma+gamma same mean", gamma_gamma(rng, 500, .5, 1, 1, 30, 1 / 30))
    # A wide trained layer: most neurons a lump near zero, few wide ones.
    add("wide layer", np.concatenate([rng.gamma(3, .004, 1300), rng.gamma(4, .1, 200)]), digits=6)
    add("very wide layer", np.concatenate([rng.gamma(9, .001, 1900), rng.gamma(2, .15, 60)]),
        digits=6)
    add("uniform", rng.uniform(0, 1, 300))
    add("lognormal", rng.lognormal(0, .5, 400))
    add("one normal", rng.normal(1, .1, 300))
    add("one exponential", rng.exponential(1, 300))
    add("one gamma", rng.gamma(3, .2, 250))
    add("heavy ties", np.round(rng.gamma(3, .2, 300), 1) + .1)
    add("outlier", np.concatenate([rng.normal(1, .1, 100), [1e3]]))
    import h5py
    for path in sorted(glob.glob(os.path.join(runs, "*.h5"))):
        with h5py.File(path, "r") as f:
            for layer in sorted(f["layers"]):
                x = f["layers"][layer]["post"][...].astype(np.float64).std(axis=0)
                if np.count_nonzero(x) >= 20:
                    name = os.path.splitext(os.path.basename(path))[0]
                    add(f"{name} {layer}", x[x > 0])
    return out


def simulate():
    rng = np.random.default_rng(20260101)
    for n in (32, 64, 256):
        errors = []
        for _ in range(200):
            first = rng.random(n) < 0.5
            x = np.where(first, rng.exponential(0.4, n), np.abs(rng.normal(1, 0.3, n)))
            errors.append(abs(maximize(x, ExponentialNormal, 0, rng)[1][0] - 0.5))
        print(f"n {n}: median error of the share {np.median(errors):.3f}", flush=True)


def main():
    runs, output = sys.argv[1:]
    sets = []
    for index, (name, s) in enumerate(samples(runs).items()):
        x = np.array(s["values"])
        n, scale = len(x), np.log(np.median(x)) * len(x)
        entry = dict(name=name, **s)
        for id, model in [("exp-normal", ExponentialNormal), ("gamma-gamma", GammaGamma)]:
            like, _, inside = maximize(x, model, RESTARTS, np.random.default_rng(index))
            entry[id] = float(like[inside].max() - scale) if inside.any() else None
        # The closed forms and SciPy's own gamma fit.
        entry["exponential"] = float(stats.expon.logpdf(x, scale=x.mean()).sum())
        entry["normal"] = float(stats.norm.logpdf(x, x.mean(), x.std()).sum())
        k, _, t = stats.gamma.fit(x, floc=0)
        entry["gamma"] = float(stats.gamma.logpdf(x, k, scale=t).sum())
        print(f"{name}: n {n}, {entry['exp-normal']} {entry['gamma-gamma']}", flush=True)
        sets.append(entry)
    at = [1e-3, .01, .1, .25, .5, 1, 1.25, 1.4616321449683622, 1.5, 2, 3.7, 6, 8.5, 11.999, 12,
          12.5, 20, 100, 1234.5, 1e4, 1e6, 1e8]
    table = dict(x=at, digamma=special.digamma(at).tolist(), logGamma=special.gammaln(at).tolist(),
                 trigamma=special.polygamma(1, np.array(at)).tolist())
    with open(output, "w") as f:
        f.write('{"special": %s,\n "sets": [\n' % json.dumps(table))
        f.write(",\n".join(json.dumps(s, separators=(",", ":")) for s in sets))
        f.write("\n]}\n")


if __name__ == "__main__":
    simulate() if sys.argv[1:] == ["--simulate"] else main()

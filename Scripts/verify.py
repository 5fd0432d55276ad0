#!/usr/bin/env python3
"""Recompute what `analyze all --format json` prints, and metrics that it leaves out: verify.py ANALYZE FILE...

Every number is computed again in float64 by NumPy, SciPy and scikit-learn from the stored values.
Prints, for each quantity, the largest deviation over all layers beside its tolerance; ends with 1 if
a tolerance is missed or a value was not checked.
"""
import json
import subprocess
import sys

import h5py
import numpy as np
from scipy import special, stats
from scipy.special import logsumexp
from sklearn.decomposition import PCA

import verify_network
from deviations import Deviations, numbers


def matrix(file, result):
    """The values that a result speaks of, (samples, neurons), float64."""
    root = file if result["snapshot"] is None else file["snapshots"][result["snapshot"]]
    data = root["layers"][result["layer"]][result["site"]]
    x = data[...].astype(np.float64)
    if result["site"] == "weight":
        return x.reshape(len(x), -1).T
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]) if x.ndim == 4 else x


def variance(x, v, d):
    var = x.var(axis=0)
    sd = np.sqrt(var)
    size = np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)
    d.add("variance mean / largest", np.abs(numbers(v["mean"]) - x.mean(axis=0)) / size, 1e-12)
    constant = x.max(axis=0) == x.min(axis=0)
    var[constant] = sd[constant] = 0
    d.relative("variance variance", v["variance"], var, 1e-12)
    d.relative("variance standardDeviation", v["standardDeviation"], sd, 1e-12)
    d.relative("variance minimum", v["minimum"], x.min(axis=0), 0)
    d.relative("variance maximum", v["maximum"], x.max(axis=0), 0)
    d.relative("variance totalVariance", v["totalVariance"], var.sum(), 1e-12)
    d.relative("variance totalStandardDeviation", v["totalStandardDeviation"], sd.sum(), 1e-12)
    for level, q in v["quantiles"].items():
        d.relative("variance quantiles", q, np.quantile(sd, float(level)), 1e-12)
    # Of the printed deviations, checked above: another last digit may fall beyond an edge.
    printed = numbers(v["standardDeviation"])
    counts = np.histogram(printed, bins=np.array(v["histogram"]["edges"]))[0]
    d.add("variance histogram", np.abs(counts - v["histogram"]["counts"]), 0)
    density(sd, v["density"], d)


def rule(file, result):
    """By which rule a neuron is dead where none was asked for."""
    root = file if result["snapshot"] is None else file["snapshots"][result["snapshot"]]
    activation = root["layers"][result["layer"]].attrs.get("activation", "")
    activation = activation.decode() if isinstance(activation, bytes) else activation
    return "never-active" if activation.lower() in ("relu", "relu6") else "constant"


def dead(x, v, d):
    var, top = x.var(axis=0), x.max(axis=0)
    constant = x.max(axis=0) == x.min(axis=0)
    d.equal("dead neverActive", v["neverActive"], int((top <= 0).sum()))
    d.equal("dead constant", v["constant"], int(constant.sum()))
    silent = {"never-active": top <= 0, "constant": constant}[v["rule"]]
    d.equal("dead indices", v["indices"], np.flatnonzero(silent).tolist())
    d.equal("dead count", v["count"], int(silent.sum()))
    d.relative("dead fraction", v["fraction"], silent.mean(), 1e-15)


def shapiro_wilk(x, v, d):
    constant = x.max(axis=0) == x.min(axis=0)
    sd = np.where(constant, 0, x.std(axis=0))
    d.equal("shapiro-wilk sampleSize", v["sampleSize"], len(sd))
    w, p = stats.shapiro(sd)
    d.relative("shapiro-wilk w", v["w"], w, 1e-10)
    d.relative("shapiro-wilk pValue", v["pValue"], p, 1e-6)


def live_deviations(x):
    constant = x.max(axis=0) == x.min(axis=0)
    sd = np.where(constant, 0, x.std(axis=0))
    return sd[sd > 0], (sd == 0).mean()


def exponential_normal_logs(x, weight, scale, mean, deviation):
    return np.stack([np.log(weight) - np.log(scale) - x / scale,
                     np.log1p(-weight) + stats.norm.logpdf(x, mean, deviation)])


def gamma_gamma_logs(x, weight, k1, t1, k2, t2):
    return np.stack([np.log(weight) + stats.gamma.logpdf(x, k1, scale=t1),
                     np.log1p(-weight) + stats.gamma.logpdf(x, k2, scale=t2)])


def gamma_fit(x, r):
    """Weighted maximum likelihood by Minka's generalised Newton steps."""
    total = r.sum()
    mean = (r * x).sum() / total
    s = np.log(mean) - (r * np.log(x)).sum() / total
    if not s > 0:
        return None
    k = 0.5 / s
    for _ in range(25):
        k = 1 / (1 / k + (-s + np.log(k) - special.digamma(k))
                 / (k * k * (1 / k - special.polygamma(1, k))))
        if not np.isfinite(k) or k <= 0:
            return None
    return k, mean / k


def step_exponential_normal(x, r):
    a, b = r
    if min(a.sum(), b.sum()) < 1:
        return None
    mean = (b * x).sum() / b.sum()
    deviation = np.sqrt((b * (x - mean) ** 2).sum() / b.sum())
    if deviation < 1e-7 * mean:
        return None
    return a.sum() / len(x), (a * x).sum() / a.sum(), mean, deviation


def step_gamma_gamma(x, r):
    a, b = r
    if min(a.sum(), b.sum()) < 1:
        return None
    first, second = gamma_fit(x, a), gamma_fit(x, b)
    if first is None or second is None or max(first[0], second[0]) > 1e14:
        return None
    return (a.sum() / len(x), *first, *second)


def interior(x, *components):
    """Whether each component, by share and coefficient of variation, is a population and no spike."""
    n, spread = len(x), min(1, x.std() / x.mean())
    return all(share >= max(5 / n, 0.02) and share * variation >= 1.5 * spread / n for share, variation in components)


def exponential_normal_interior(x, weight, scale, mean, deviation):
    return interior(x, (weight, 1), (1 - weight, deviation / mean))


def gamma_gamma_interior(x, weight, k1, t1, k2, t2):
    return interior(x, (weight, k1 ** -0.5), (1 - weight, k2 ** -0.5))


def best_of_restarts(x, logs, step, is_interior, restarts=50, iterations=600):
    """The highest log-likelihood in the interior where plain EM from random responsibilities ends."""
    rng, best = np.random.default_rng(1), -np.inf
    order = np.argsort(np.argsort(x)) / len(x)
    for _ in range(restarts):
        # A random soft cut along the values, so that starts differ in more than noise.
        cut, width = rng.uniform(0.05, 0.95), rng.uniform(0.02, 0.5)
        a = special.expit((cut - order) / width * rng.choice([1, 1, -1])) * rng.uniform(0.3, 1, len(x))
        parameters, before = step(x, np.stack([a, 1 - a])), -np.inf
        for _ in range(iterations):
            if parameters is None:
                break
            parts = logs(x, *parameters)
            each = logsumexp(parts, axis=0)
            likelihood = each.sum()
            if likelihood - before < 1e-9 * abs(likelihood):
                break
            before = likelihood
            parameters = step(x, np.exp(parts - each))
        if parameters is not None and is_interior(x, *parameters):
            best = max(best, likelihood)
    return best


def decide(best, count, x, names, single, rival):
    """The mixture, unless a distribution of one component does as well."""
    name = min(names, key=lambda c: single[c](x, np.log(len(x))))
    if not np.isfinite(best):
        return min([*names, rival], key=lambda c: single[c](x, np.log(len(x))))
    if single[name](x, np.log(len(x))) <= -2 * best + count * np.log(len(x)):
        return name
    return rival if single[rival](x, 3) <= -2 * best + 3 * count else "mixture"


SINGLE = {"exponential": lambda x, price: -2 * stats.expon.logpdf(x, scale=x.mean()).sum() + price,
          "normal": lambda x, price: -2 * stats.norm.logpdf(x, x.mean(), x.std()).sum() + 2 * price,
          "gamma": lambda x, price: -2 * gamma_likelihood(x) + 2 * price}


def gamma_likelihood(x):
    k, t = gamma_fit(x, np.ones_like(x))
    return stats.gamma.logpdf(x, k, scale=t).sum()


def mixture(name, x, v, d, parameters, logs, step, is_interior, rival):
    x, zero_mass = live_deviations(x)
    x = np.sort(x)
    d.relative(f"{name} zeroMass", v["zeroMass"], zero_mass, 1e-15)
    if not len(x) or x[-1] - x[0] <= 1e-6 * x[-1]:
        return d.equal(f"{name} of equal deviations", v["decision"], None)
    for component, bic in v["bicOneComponent"].items():
        d.relative(f"{name} bicOneComponent {component}", bic, SINGLE[component](x, np.log(len(x))), 1e-9)
    best = best_of_restarts(x, logs, step, is_interior)
    d.equal(f"{name} decision", v["decision"], decide(
        best, len(parameters), x, list(v["bicOneComponent"]), SINGLE, rival))
    if v["logLikelihood"] is None:
        return
    fit = [v[p] for p in parameters]
    likelihood = logsumexp(logs(x, *fit), axis=0).sum()
    d.relative(f"{name} logLikelihood", v["logLikelihood"], likelihood, 1e-9)
    d.relative(f"{name} bic", v["bic"], -2 * likelihood + len(parameters) * np.log(len(x)), 1e-9)
    d.equal(f"{name} interior", is_interior(x, *fit), True)
    if v["decision"] == "mixture":
        d.add(f"{name} below best of 50 restarts", max(0, (best - likelihood) / abs(best)), 1e-6)


def exp_normal(x, v, d):
    mixture("exp-normal", x, v, d, ["weight", "scale", "mean", "standardDeviation"],
            exponential_normal_logs, step_exponential_normal, exponential_normal_interior, "gamma")


def gamma_gamma(x, v, d):
    mixture("gamma-gamma", x, v, d, ["weight", "shape1", "scale1", "shape2", "scale2"],
            gamma_gamma_logs, step_gamma_gamma, gamma_gamma_interior, "normal")


def pca(x, v, d):
    n, width = x.shape
    centred = x - x.mean(axis=0)
    ev = np.zeros(width)
    s = np.linalg.svd(centred, compute_uv=False) ** 2 / (n - 1)
    ev[:len(s)] = s[:width]
    ours = numbers(v["explainedVariance"])
    if min(x.shape) <= 256:
        ours_by_sklearn = PCA(svd_solver="full").fit(x).explained_variance_
        d.add("(scikit-learn against NumPy)", np.abs(ours_by_sklearn - s[:len(ours_by_sklearn)]) / s[0], 1e-9)
    d.add("pca explainedVariance / largest", np.abs(ours - ev) / ev[0], 1e-6)
    large = ev > 1e-6 * ev[0]
    d.add("pca explainedVariance, relative", np.abs(ours - ev)[large] / ev[large], 1e-5)
    d.add("pca explainedVarianceRatio", np.abs(numbers(v["explainedVarianceRatio"]) - ev / ev.sum()), 1e-6)
    error = np.append(np.cumsum(ev[::-1])[::-1], 0) * (n - 1) / n
    d.add("pca reconstructionError / total", np.abs(numbers(v["reconstructionError"]) - error) / error[0], 1e-6)
    cumulative = np.cumsum(ev) / ev.sum()
    for level, k in v["componentsFor"].items():
        edge = np.min(np.abs(cumulative - float(level))) < 1e-7
        truth = int(np.argmax(cumulative >= float(level) - 1e-15)) + 1
        d.add(f"pca componentsFor {level}", abs(k - truth) - (1 if edge else 0), 0)
    share = ev[ev > 0] / ev.sum()
    d.relative("pca participationRatio", v["participationRatio"], ev.sum() ** 2 / (ev ** 2).sum(), 1e-6)
    d.relative("pca effectiveRank", v["effectiveRank"], np.exp(-(share * np.log(share)).sum()), 1e-5)
    d.relative("pca stableRank", v["stableRank"], ev.sum() / ev[0], 1e-6)


def sparsity(x, v, d):
    zero = x == 0
    d.relative("sparsity sparsity", v["sparsity"], zero.mean(), 1e-14)
    d.relative("sparsity lifetime", v["lifetime"], zero.mean(axis=0), 1e-14)
    of_samples = zero.mean(axis=1)
    d.relative("sparsity population mean", v["population"]["mean"], of_samples.mean(), 1e-12)
    for level, q in v["population"]["quantiles"].items():
        if q is None:  # not known where neurons were left out
            continue
        d.relative("sparsity population quantiles", q, np.quantile(of_samples, float(level)), 1e-12)


def density(sd, v, d):
    """A Gaussian kernel estimate, reflected at 0, with the rule of thumb for its bandwidth."""
    grid = numbers(v["x"])
    if not len(grid):
        return d.equal("variance density", bool(np.ptp(sd) > 0), False)
    quartiles = np.quantile(sd, [0.25, 0.75])
    robust, deviation = (quartiles[1] - quartiles[0]) / 1.34, sd.std(ddof=1)
    width = 0.9 * (min(deviation, robust) if robust > 0 else deviation) * len(sd) ** -0.2
    width = max(width, np.ptp(sd) / (len(grid) - 9))
    d.relative("variance density bandwidth", v["bandwidth"], width, 1e-12)
    low = max(sd.min() - 4 * width, 0)
    d.relative("variance density x", grid, np.linspace(low, sd.max() + 4 * width, len(grid)), 1e-10)
    kernel = lambda x: stats.norm.pdf((x[:, None] - sd) / width).mean(axis=1) / width
    y = kernel(grid) + kernel(-grid)
    d.add("variance density y / peak", np.abs(numbers(v["y"]) - y) / y.max(), 1e-10)


CHECKS = {"variance": variance, "dead": dead, "sparsity": sparsity, "shapiro-wilk": shapiro_wilk,
          "exp-normal": exp_normal, "gamma-gamma": gamma_gamma, "pca": pca}


def check(path, results, d):
    with h5py.File(path, "r") as file:
        for result in results:
            name = result["metric"]
            if name not in CHECKS and name not in verify_network.CHECKS:
                d.unchecked.add(f"metric {name}")
                continue
            if result["status"] in ("skipped", "failed", "insufficient"):
                continue
            if name in verify_network.CHECKS:
                verify_network.CHECKS[name](file, result, d)
                continue
            x = matrix(file, result)
            d.equal("samples, neurons", [result["samples"], result["neurons"]], list(x.shape))
            d.equal("nonFinite", result["nonFinite"], int((~np.isfinite(x)).sum()))
            finite = x[:, np.isfinite(x).all(axis=0)]
            if name == "dead":
                d.equal("dead rule", result["values"]["rule"], rule(file, result))
            if finite.shape[1]:
                CHECKS[name](finite, without_excluded(result["values"], x), d)


def without_excluded(values, x):
    """The values for the neurons that have no NaN or infinite entries."""
    kept = np.isfinite(x).all(axis=0)
    if kept.all():
        return values
    return {k: [u for u, keep in zip(v, kept) if keep] if isinstance(v, list) and len(v) == len(kept) else v
            for k, v in values.items()}


def main(analyze, *paths):
    missed = False
    for path in paths:
        d = Deviations()
        # Those that take extra time have to be named; 65: none of these applies.
        for options, accepted in ([], (0, 1)), (["--metrics", "next-weights,low-rank,importance"], (0, 1, 65)):
            run = subprocess.run([analyze, "all", path, "--format", "json", "--quiet", *options],
                                 capture_output=True, text=True)
            if run.returncode not in accepted:
                sys.exit(run.stderr)
            check(path, json.loads(run.stdout)["results"], d)
        print(f"{path}")
        missed |= d.report()
        print()
    print("MISSED a tolerance" if missed else "every quantity is within its tolerance")
    sys.exit(missed)


if __name__ == "__main__":
    main(*sys.argv[1:])

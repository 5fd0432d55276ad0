"""What a competent user writes in Python, one task a process; `benchmark.py` times them.

    python3 peers.py TASK FILE [ARGUMENT]

Prints a JSON object: what was computed, and under "inside" the seconds without imports.
"""

import glob
import json
import os
import sys
import time

PRE, POST = "layers/hidden/pre", "layers/hidden/post"
now = time.perf_counter


def load(path, name=PRE):
    import h5py

    with h5py.File(path, "r") as f:
        return f[name][...]


def from_spectrum(values, samples):
    """Cumulative shares, the reconstruction error of every k, and two counts of dimensions."""
    import numpy as np

    values = np.maximum(values.astype(np.float64), 0)
    cumulative = np.cumsum(values) / values.sum()
    tails = np.concatenate([np.cumsum(values[::-1])[::-1], [0]])
    error = tails * (samples - 1) / samples
    participation = values.sum() ** 2 / (values**2).sum()
    return {
        "explainedVariance": values.tolist(), "participationRatio": participation,
        "componentsFor99": int((cumulative < 0.99).sum() + 1), "first error": error[0]}


def read(path):
    import h5py, numpy  # noqa: F401

    start = now()
    load(path)
    return {"inside": now() - start}


def variance(path, precision):
    """Variance of pre, silent neurons of post."""
    import h5py, numpy as np  # noqa: F401

    start = now()
    values = load(path).var(axis=0, dtype=np.float64 if precision == "float64" else None)
    silent = int((load(path, POST).max(axis=0) <= 0).sum())
    return {
        "inside": now() - start, "variance": values.astype(np.float64).tolist(),
        "constant": int((values == 0).sum()), "silent": silent}


def pca(path, how):
    import h5py, numpy as np  # noqa: F401

    if how == "ssyevr":
        from scipy.linalg import eigh
    if how == "sklearn":
        from sklearn.decomposition import PCA
    start = now()
    x = load(path)
    n = len(x)
    if how == "sklearn":
        values = PCA(svd_solver="covariance_eigh").fit(x).explained_variance_
    elif how == "blocks":
        # Products of blocks in single precision, summed and solved in double.
        shift = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        product = np.zeros((x.shape[1],) * 2)
        for low in range(0, n, 4096):
            block = x[low : low + 4096] - shift
            product += block.T @ block
        values = np.linalg.eigvalsh(product)[::-1] / (n - 1)
    else:
        # NumPy makes one ssyrk of this product.
        x -= x.mean(axis=0, dtype=np.float64).astype(np.float32)
        product = x.T @ x
        if how == "ssyevr":
            values = eigh(product, eigvals_only=True, overwrite_a=True, check_finite=False)[::-1]
        else:
            values = np.linalg.eigvalsh(product)[::-1]
        values = values / (n - 1)
    result = from_spectrum(values, n)
    return {"inside": now() - start, **result}


def analyze(path, how):
    """Everything that `analyze all` answers, with the published fits."""
    import h5py, numpy as np  # noqa: F401
    from scipy.stats import shapiro

    if how == "sklearn":
        from sklearn.decomposition import PCA
    import mixtures

    start = now()
    one(path, how)
    return {"inside": now() - start}


def one(path, how, fits=True):
    import h5py, numpy as np
    from scipy.stats import shapiro

    if how not in ("lean", "sklearn"):
        raise ValueError(how)
    with h5py.File(path, "r") as f:
        pre, post = f[PRE][...], f[POST][...]
    n = len(pre)
    silent = int((post.max(axis=0) <= 0).sum())
    if how == "sklearn":
        from sklearn.decomposition import PCA

        deviations = post.std(axis=0)
        values = PCA(svd_solver="covariance_eigh").fit(pre).explained_variance_
    else:
        # Those of pre, which cost nothing beside the product.
        pre -= pre.mean(axis=0, dtype=np.float64).astype(np.float32)
        product = pre.T @ pre
        deviations = np.sqrt(product.diagonal() / n)
        values = np.linalg.eigvalsh(product)[::-1] / (n - 1)
    live = deviations[deviations > 0].astype(np.float64)
    result = {"silent": silent, "w": float(shapiro(live).statistic), **from_spectrum(values, n)}
    if fits:
        import mixtures

        with np.errstate(all="ignore"):
            result["fits"] = [mixtures.fit_exp_normal(live), mixtures.fit_gamma_gamma(live)]
    return result


def batch(folder, jobs, fits=""):
    """Every run of a folder over a pool of processes, with the published fits if asked for."""
    import h5py, numpy, scipy.stats  # noqa: F401

    if fits:
        import mixtures  # noqa: F401
    from multiprocessing import get_context

    start = now()
    files = sorted(glob.glob(os.path.join(folder, "*.h5")))
    with get_context("fork").Pool(int(jobs)) as pool:
        results = pool.starmap(one, [(f, "lean", bool(fits)) for f in files], chunksize=8)
    return {"inside": now() - start, "runs": len(results)}


def fits(path):
    """The published fits and SciPy's Shapiro-Wilk on stored vectors."""
    import statistics

    import mixtures
    import numpy as np
    from scipy.stats import shapiro

    result = {}
    with np.errstate(all="ignore"):
        for name, fit in (
            ("exp-normal", mixtures.fit_exp_normal), ("gamma-gamma", mixtures.fit_gamma_gamma)):
            for n in (2048, 20000, 200000):
                x = load(path, f"{name}/{n}")
                times = []
                for _ in range(3 if n > 100000 else 7):
                    start = now()
                    likelihood = fit(x)
                    times.append(now() - start)
                result[f"{name}/{n}"] = [statistics.median(times), min(times), float(likelihood)]
    for n in (2048, 5000):
        x = load(path, f"normal/{n}")
        shapiro(x)
        times = []
        for _ in range(101):
            start = now()
            value = shapiro(x)
            times.append(now() - start)
        result[f"shapiro-wilk/{n}"] = [
            statistics.median(times), min(times), float(value.statistic)]
    return result


def brute(path):
    """The reconstruction error of every k by reconstructing the samples k times."""
    import h5py, numpy as np

    x = load(path)
    x -= x.mean(0)
    basis = np.linalg.eigh(x.T @ x)[1][:, ::-1].copy()
    start = now()
    scores = basis.T @ x.T
    sum_of_terms = np.zeros_like(scores)
    errors = [float(((x - sum_of_terms.T) ** 2).sum(1).mean())]
    for k in range(x.shape[1]):
        sum_of_terms += basis[:, k : k + 1] @ scores[k : k + 1]
        errors.append(float(((x - sum_of_terms.T) ** 2).sum(1).mean()))
    return {"inside": now() - start, "reconstructionError": errors}


def reference(path):
    """Double precision throughout: what the others are compared with."""
    import h5py, numpy as np

    with h5py.File(path, "r") as f:
        x = f[PRE]
        n, d = x.shape
        mean = sum(x[low : low + 4096].sum(0, dtype=np.float64) for low in range(0, n, 4096)) / n
        product = np.zeros((d, d))
        for low in range(0, n, 4096):
            block = x[low : low + 4096].astype(np.float64) - mean
            product += block.T @ block
    return {
        "variance": (np.diagonal(product) / n).tolist(),
        "explainedVariance": (np.linalg.eigvalsh(product)[::-1] / (n - 1)).tolist()}


if __name__ == "__main__":
    tasks = {
        task.__name__: task
        for task in (read, variance, pca, analyze, batch, fits, brute, reference)}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))

"""The checks of verify.py for metrics that read more of a run than the values of one layer.

A rank-k layer is multiplied out, and a neuron is silenced by setting its column to zero and computing all
later layers again.
"""
import numpy as np
from scipy import stats
from scipy.special import logsumexp

from deviations import numbers


def group(file, result):
    return (file if result["snapshot"] is None else file["snapshots"][result["snapshot"]])["layers"]


def ordered(layers):
    return sorted(layers, key=lambda name: layers[name].attrs.get("index", 0))


def gate(layer):
    return layer["filter"][...].astype(float) if "filter" in layer else None


ACTIVATIONS = {"identity": lambda x: x, "relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}


def activation(layer):
    name = layer.attrs.get("activation", "identity")
    return ACTIVATIONS[(name.decode() if isinstance(name, bytes) else name).lower()]


def read(layer, x):
    """What the next layer reads for inputs x of `layer`, its gate behind its nonlinearity."""
    bias = layer["bias"][...].astype(float) if "bias" in layer else 0
    y = activation(layer)(x @ layer["weight"][...].astype(float).T + bias)
    return y if gate(layer) is None else y * gate(layer)


def next_weights(file, result, d):
    layers, v = group(file, result), result["values"]
    w = layers[v["nextLayer"]]["weight"][...].astype(float)
    sums = np.abs(w).sum(axis=0)
    d.relative("next-weights sums", v["sums"], sums, 1e-12)
    d.relative("next-weights quantiles", [v["minimum"], v["median"], v["maximum"]],
               np.quantile(sums, [0, 0.5, 1]), 1e-12)
    d.equal("next-weights unread", v["unread"], int((sums <= v["threshold"]).sum()))
    d.equal("next-weights fanOut", v["fanOut"], len(w))
    d.equal("next-weights gate", v["gate"] is None, gate(layers[result["layer"]]) is None)


def low_rank(file, result, d):
    layers, v = group(file, result), result["values"]
    w = layers[result["layer"]]["weight"][...].astype(float)
    w = w.reshape(len(w), -1)
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    d.add("low-rank singularValues / largest", np.abs(numbers(v["singularValues"]) - s) / s[0], 1e-12)
    d.equal("low-rank numericalRank", v["numericalRank"], int(np.linalg.matrix_rank(w)))
    d.relative("low-rank stableRank", v["stableRank"], (s**2).sum() / s[0] ** 2, 1e-12)
    kept = np.cumsum(s**2) / (s**2).sum()
    d.add("low-rank weightError", np.abs(numbers(v["weightError"])[1:] - np.sqrt(np.maximum(0, 1 - kept))), 1e-7)
    for level, rank in v["ranksFor"].items():
        d.equal("low-rank ranksFor", rank, int(np.argmax(kept >= float(level)) + 1))
    names = ordered(layers)
    before = names.index(result["layer"]) - 1
    if before < 0:
        return d.equal("low-rank activation", v["activation"], None)
    x = layers[names[before]]["post"][...].astype(float)
    ranks = np.unique(np.linspace(0, len(s), 40).astype(int))
    errors = np.array([np.mean(np.sum((x @ (w - (u[:, :k] * s[:k]) @ vt[:k]).T) ** 2, axis=1)) for k in ranks])
    a = v["activation"]
    d.relative("low-rank meanSquare", a["meanSquare"], errors[0], 1e-5)
    d.add("low-rank activation error", np.abs(numbers(a["error"])[ranks] - np.sqrt(errors / errors[0])), 1e-5)


def importance(file, result, d):
    layers, v = group(file, result), result["values"]
    names = ordered(layers)
    after = [layers[name] for name in names[names.index(result["layer"]) + 1:]]
    x = layers[result["layer"]]["post"][...].astype(float)
    y = file["labels"][...]
    d.equal("importance samplesUsed", v["samplesUsed"], len(x))

    def loss(x):
        for layer in after:
            x = read(layer, x)
        return logsumexp(x, axis=1) - x[np.arange(len(x)), y]

    base = loss(x)
    exact, first = [], []
    for j in range(x.shape[1]):
        z = x.copy()
        z[:, j] = 0
        exact.append(loss(z) - base)
        z[:, j] = x[:, j] * (1 + 1e-5)
        up = loss(z).mean()
        z[:, j] = x[:, j] * (1 - 1e-5)
        first.append((loss(z).mean() - up) / 2e-5)
    means = np.mean(exact, axis=1)
    size = np.abs(means).max()
    d.relative("importance loss", v["loss"], base.mean(), 1e-10)
    d.add("importance exact / largest", np.abs(numbers(v["exact"]) - means) / size, 1e-10)
    errors = np.std(exact, axis=1, ddof=1) / np.sqrt(len(x))
    d.add("importance standardError / largest", np.abs(numbers(v["standardError"]) - errors) / errors.max(), 1e-10)
    # Differences of losses lose half of the digits.
    d.add("importance firstOrder / largest", np.abs(numbers(v["firstOrder"]) - first) / np.abs(first).max(), 1e-6)
    estimates = {"outgoingNorm": np.linalg.norm(after[0]["weight"][...].astype(float), axis=0),
                 "variance": x.var(axis=0), "meanAbsolute": np.abs(x).mean(axis=0)}
    for name, truth in estimates.items():
        d.add(f"importance {name} / largest", np.abs(numbers(v[name]) - truth) / truth.max(), 1e-12)
    for name, value in v["correlations"].items():
        # Of the printed numbers: another last digit may change the ranks of neurons that are as good as equal.
        ours = numbers(v[name])
        truth = stats.spearmanr(v["exact"], np.abs(ours) if name == "gate" else ours)[0]
        d.relative("importance correlations", [value], [truth], 1e-12)
    d.equal("importance harmless", v["harmless"], int((numbers(v["exact"]) <= 0).sum()))


CHECKS = {"next-weights": next_weights, "low-rank": low_rank, "importance": importance}

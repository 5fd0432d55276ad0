#!/usr/bin/env python3
"""Small networks whose neurons have gates, and what metrics of following layers must find in them.

    python3 gated_networks.py          writes ../gated/*.h5 and gated_networks.json beside this script

Everything is computed in float64 from the definitions alone: a neuron is silenced by setting its column
to zero and computing all later layers again; the first-order estimate is the central difference of the
loss by a factor on the neuron; the rank-k layer is multiplied out; components come from the singular
values of the centred samples.  Needs h5py and NumPy.
"""
import json
import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "gated")
ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
}


class Layer:
    def __init__(self, rng, inputs, neurons, activation, gate=None):
        self.weight = rng.normal(size=(neurons, inputs)) / np.sqrt(inputs)
        self.bias = rng.normal(size=neurons) * 0.3
        self.activation, self.gate = activation, gate

    def pre(self, x):
        return x @ self.weight.T + self.bias

    def post(self, pre):
        """What the next layer reads: the gate lies behind the nonlinearity."""
        y = ACTIVATIONS[self.activation](pre)
        return y if self.gate is None else y * self.gate


def run(layers, x):
    """(pre, post) of every layer."""
    found = []
    for layer in layers:
        pre = layer.pre(x)
        x = layer.post(pre)
        found.append((pre, x))
    return found


def tail(layers, x):
    for layer in layers:
        x = layer.post(layer.pre(x))
    return x


def cross_entropy(outputs, labels):
    return np.array([np.log(np.sum(np.exp(z - z.max()))) + z.max() - z[y] for z, y in zip(outputs, labels)])


def squared_error(outputs, targets):
    return np.mean((outputs - targets) ** 2, axis=1)


def importance(after, post, loss):
    base = loss(tail(after, post))
    exact, errors, first = [], [], []
    for j in range(post.shape[1]):
        silenced = post.copy()
        silenced[:, j] = 0
        change = loss(tail(after, silenced)) - base
        exact.append(change.mean())
        errors.append(change.std(ddof=1) / np.sqrt(len(change)))
        h = 1e-5
        up, down = post.copy(), post.copy()
        up[:, j] *= 1 + h
        down[:, j] *= 1 - h
        first.append(-(loss(tail(after, up)).mean() - loss(tail(after, down)).mean()) / (2 * h))
    return {
        "loss": base.mean(), "exact": exact, "standardError": errors, "firstOrder": first,
        "outgoingNorm": np.linalg.norm(after[0].weight, axis=0),
        "variance": post.var(axis=0), "meanAbsolute": np.abs(post).mean(axis=0),
    }


def low_rank(weight, inputs):
    u, s, vt = np.linalg.svd(weight, full_matrices=False)
    ks = range(len(s) + 1)
    cut = [(u[:, :k] * s[:k]) @ vt[:k] for k in ks]
    values = {
        "singularValues": s,
        "weightError": [np.linalg.norm(weight - w) / np.linalg.norm(weight) for w in cut],
    }
    if inputs is not None:
        whole = np.mean(np.sum((inputs @ weight.T) ** 2, axis=1))
        lost = [np.mean(np.sum((inputs @ weight.T - inputs @ w.T) ** 2, axis=1)) for w in cut]
        values["meanSquare"] = whole
        values["activationError"] = np.sqrt(np.array(lost) / whole)
    return values


def accuracy(layer, after, x, labels, behind):
    """Accuracy after reconstruction from k = 0 ... components of `x`, and the least margin of any answer."""
    mean = x.mean(axis=0)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    right, margin = [], np.inf
    for k in range(x.shape[1] + 1):
        y = mean + (x - mean) @ vt[:k].T @ vt[:k]
        outputs = tail(after, y if behind else layer.post(y))
        ranked = np.sort(outputs, axis=1)
        margin = min(margin, np.min(ranked[:, -1] - ranked[:, -2]))
        right.append(np.mean(np.argmax(outputs, axis=1) == labels))
    return right, margin


def write(name, layers, values, labels=None, targets=None, skip=None):
    with h5py.File(os.path.join(OUT, name + ".h5"), "w", libver=("earliest", "v110")) as f:
        f.attrs["format"], f.attrs["version"] = "lamina-run", 1
        for index, (layer, (pre, post)) in enumerate(zip(layers, values)):
            g = f.create_group(f"layers/layer{index}")
            g.attrs["index"], g.attrs["kind"], g.attrs["activation"] = index, "linear", layer.activation
            for key, data in (("weight", layer.weight), ("bias", layer.bias), ("pre", pre), ("post", post)):
                g.create_dataset(key, data=data, track_times=False)
            if layer.gate is not None:
                g.create_dataset("filter", data=layer.gate, track_times=False)
        if labels is not None:
            f.create_dataset("labels", data=labels.astype(np.int64), track_times=False)
        if targets is not None:
            f.create_dataset("targets", data=targets, track_times=False)


def described(layers, values, loss, labels):
    found = []
    for index, layer in enumerate(layers):
        pre, post = values[index]
        after = layers[index + 1:]
        entry = {"lowRank": low_rank(layer.weight, values[index - 1][1] if index else None)}
        if after:
            entry["importance"] = importance(after, post, loss)
            entry["sums"] = np.abs(after[0].weight).sum(axis=0)
        if labels is not None:
            entry["accuracyPre"], least = accuracy(layer, after, pre, labels, behind=False)
            entry["accuracyPost"], other = accuracy(layer, after, post, labels, behind=True)
            # The tool computes these networks in single precision.
            assert min(least, other) > 1e-5, (index, least, other)
        found.append(entry)
    return found


def gates(rng, neurons):
    gate = rng.uniform(0.1, 1.5, neurons)
    gate[2] = 0
    return gate


def classes(rng, widths, activations, samples):
    layers = [
        Layer(rng, widths[i], widths[i + 1], a, gates(rng, widths[i + 1]) if i + 2 < len(widths) else None)
        for i, a in enumerate(activations)
    ]
    if activations[0] == "relu":
        layers[0].gate[4] = -0.7
    values = run(layers, rng.normal(size=(samples, widths[0])))
    labels = np.argmax(values[-1][1] + rng.normal(size=values[-1][1].shape) * 0.3, axis=1)
    return layers, values, labels


def main():
    os.makedirs(OUT, exist_ok=True)
    rng = np.random.default_rng(11)
    expected = {}
    for name, widths, activations, samples in (
        ("one-layer", (6, 10, 4), ("relu", "identity"), 90),
        ("deep", (6, 12, 9, 5), ("tanh", "relu", "identity"), 120),
    ):
        layers, values, labels = classes(rng, widths, activations, samples)
        write(name, layers, values, labels=labels)
        expected[name] = described(layers, values, lambda z, y=labels: cross_entropy(z, y), labels)
    layers, values, _ = classes(rng, (5, 8, 7, 3), ("relu", "tanh", "tanh"), 70)
    targets = values[-1][1] + rng.normal(size=values[-1][1].shape) * 0.2
    write("targets", layers, values, targets=targets)
    expected["targets"] = described(layers, values, lambda z: squared_error(z, targets), None)
    # The second layer also reads the samples past the first: no chain of the recorded layers.
    layers, values, labels = classes(rng, (6, 6, 4), ("relu", "identity"), 50)
    past = values[1][0] + rng.normal(size=values[1][0].shape)
    write("skips", layers, [values[0], (past, past)], labels=labels)
    # Gates of another number of neurons.
    with h5py.File(os.path.join(OUT, "one-layer.h5")) as source, h5py.File(
        os.path.join(OUT, "wrong-gate.h5"), "w", libver=("earliest", "v110")
    ) as f:
        for key, value in source.attrs.items():
            f.attrs[key] = value
        for key in ("labels", "layers"):
            source.copy(key, f)
        del f["layers/layer0/filter"]
        f.create_dataset("layers/layer0/filter", data=np.ones(7), track_times=False)

    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, (list, tuple, np.ndarray)):
            return [plain(v) for v in value]
        return float(value)

    with open(os.path.join(HERE, "gated_networks.json"), "w") as f:
        json.dump({"numpy": np.__version__, "runs": plain(expected)}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()

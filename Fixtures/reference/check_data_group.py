"""Checks the group /data of run files against the files that the networks learned.

    python Fixtures/reference/check_data_group.py RUN.h5 [TABLE]

Opens the run with h5py by the names of the contract. With the table of a run of `train fit`, given in
the working folder's terms, every row is read by Python's csv module, encoded by what /data says alone,
and sent through the recorded network in float64; the recorded outputs of the test part must be among
the outputs, in the order of the file, to 1e-4 of the largest. Prints what was checked; exits with 1
if something is wrong.
"""
import csv
import gzip
import io
import sys

import h5py
import numpy as np

MISSING = {"", "?", "NA", "N/A", "n/a", "na", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "NULL",
           "null", "Null", "None", "none"}
ACTIVATIONS = {"relu": lambda x: np.maximum(x, 0), "identity": lambda x: x, "tanh": np.tanh,
               "sigmoid": lambda x: 1 / (1 + np.exp(-x))}


def texts(dataset):
    return list(dataset.asstr()[:])


def rows(path, names, has_header):
    opened = gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")
    with opened as file:
        text = file.read().decode("utf-8-sig")
    separator = max("\t;|,", key=lambda s: (text.splitlines()[0].count(s) == len(names) - 1))
    table = [row for row in csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
             if row]
    table = [[cell.strip() for cell in row] for row in table]
    if has_header:
        assert table[0] == names, (table[0], names)
        table = table[1:]
    return table


def encode(table, data):
    inputs = data["inputs"]
    columns = inputs["column"][:].astype(int)
    roles, values = texts(inputs["role"]), texts(inputs["value"])
    mean, deviation = inputs["mean"][:], inputs["deviation"][:]
    x = np.zeros((len(table), len(columns)))
    for i, (column, role, value) in enumerate(zip(columns, roles, values)):
        cells = [row[column] for row in table]
        gone = np.array([cell in MISSING for cell in cells])
        if role == "number":
            numbers = np.array([mean[i] if cell in MISSING else float(cell) for cell in cells])
            x[:, i] = (numbers - mean[i]) / deviation[i]
        elif role == "missing":
            x[:, i] = gone
        else:
            x[:, i] = [cell == value for cell in cells]
    return x


def apply(file, x):
    for layer in sorted(file["layers"].values(), key=lambda layer: layer.attrs["index"]):
        activation = layer.attrs["activation"]
        activation = activation.decode() if isinstance(activation, bytes) else activation
        x = ACTIVATIONS[activation](x @ layer["weight"][:].astype(float).T + layer["bias"][:])
        if "filter" in layer:
            x = x * layer["filter"][:]
    return x, layer["post"][:]


def main(run, table=None):
    with h5py.File(run) as file:
        data = file["data"]
        count = len(data["inputs/mean"])
        assert len(data["inputs/deviation"]) == count and (data["inputs/deviation"][:] > 0).all()
        first = min(file["layers"].values(), key=lambda layer: layer.attrs["index"])
        kind = data.attrs["kind"]
        kind = kind.decode() if isinstance(kind, bytes) else kind
        print(f"{run}: {kind}, {count} scalings, first layer reads {first['weight'].shape[1]}")
        if kind != "images":
            assert first["weight"].shape[1] == count
        last = max(file["layers"].values(), key=lambda layer: layer.attrs["index"])
        names = data["classes"] if "classes" in data else data["outputs/name"]
        assert len(names) == len(last["bias"])
        print(f"{run}: outputs {', '.join(texts(names)[:10])}")
        if table is None:
            return
        names = texts(data["columns/name"])
        found = rows(table, names, data.attrs["has_header"] == 1)
        targets = [i for i, use in enumerate(texts(data["columns/use"])) if use in ("target", "label")]
        found = [row for row in found if not any(row[i] in MISSING for i in targets)]
        outputs, recorded = apply(file, encode(found, data))
        size = np.abs(recorded).max()
        at, worst = 0, 0.0
        for row in recorded:
            while at < len(outputs) and np.abs(outputs[at] - row).max() > 1e-4 * size:
                at += 1
            if at == len(outputs):
                sys.exit(f"error: {run}: a recorded row is not among those of {table}")
            worst = max(worst, np.abs(outputs[at] - row).max() / size)
            at += 1
        print(f"{run}: {len(recorded)} recorded rows found among {len(outputs)} of {table}, "
              f"largest difference {worst:.2g} of the largest output")


main(*sys.argv[1:])

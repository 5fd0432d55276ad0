"""Small valid HDF5 runs, one for each way in which the library stores links, attributes and rows."""
import ctypes
import os

import h5py
import numpy as np

ROWS, COLUMNS = 24, 6


def rows(generator, count=ROWS, columns=COLUMNS, kind="f4"):
    """`count` rows of correlated activations; whole numbers for integer kinds."""
    latent = generator.standard_normal((count, 2)) @ generator.standard_normal((2, columns))
    values = latent + 0.3 * generator.standard_normal((count, columns))
    return (values * 40 if np.dtype(kind).kind in "iu" else values).astype(kind)


def layer(file, name="fc1", index=0):
    group = file.require_group(f"layers/{name}")
    group.attrs["index"], group.attrs["activation"], group.attrs["kind"] = index, "relu", "linear"
    return group


def fill(group, values, **storage):
    group.create_dataset("pre", data=values, **storage)
    group.create_dataset("post", data=np.maximum(values, 0), **storage)


def compact(group, values):
    """Rows inside the dataset's object header."""
    for name, data in (("pre", values), ("post", np.maximum(values, 0))):
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(data.shape)
        h5py.h5d.create(group.id, name.encode(), h5py.h5t.NATIVE_FLOAT, space, properties).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(data))


def leave_edges_plain(properties):
    """H5Pset_chunk_opts, which h5py does not offer, of the library that it has loaded."""
    with open("/proc/self/maps") as maps:
        path = next(line.split()[-1] for line in maps if "libhdf5" in line and "_hl" not in line)
    dont_filter_partial_chunks = 2
    if ctypes.CDLL(path).H5Pset_chunk_opts(ctypes.c_int64(properties.id), dont_filter_partial_chunks) < 0:
        raise OSError("H5Pset_chunk_opts failed")


def unfiltered_edges(group, values):
    """Chunks of which the partial ones at the edge are stored without the filters."""
    for name, data in (("pre", values), ("post", np.maximum(values, 0))):
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((7, 4))
        properties.set_shuffle()
        leave_edges_plain(properties)
        space = h5py.h5s.create_simple(data.shape)
        h5py.h5d.create(group.id, name.encode(), h5py.h5t.NATIVE_FLOAT, space, properties).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(data))


def narrow_float(group, values):
    """A 24-bit float: a type that only the library converts."""
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(23, 15, 8, 0, 15)
    kind.set_precision(24)
    kind.set_size(3)
    kind.set_ebias(127)
    space = h5py.h5s.create_simple(values.shape)
    for name, data in (("pre", values), ("post", np.maximum(values, 0))):
        h5py.h5d.create(group.id, name.encode(), kind, space).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(data))


def extras(file, generator):
    """Labels, history and text attributes that refer to a heap."""
    file["labels"] = generator.integers(0, COLUMNS, ROWS)
    file["history/train_loss"] = np.linspace(2, 0.1, 5)
    file.attrs["dataset"], file.attrs["seed"], file.attrs["epoch"] = "mnist", np.uint64(7), 5
    file.attrs["test_accuracy"] = 0.97
    file.attrs["notes"] = ["first", "second", "third"]
    file["layers/fc1/weight"] = generator.standard_normal((COLUMNS, 4)).astype("f4")
    file["layers/fc1/bias"] = np.zeros(COLUMNS, "f4")


def many_links(file, generator, count=30):
    for number in range(count):
        fill(layer(file, f"block.{number}", number), rows(generator, 3, 2))


def many_attributes(file, _):
    for number in range(20):
        file["layers/fc1"].attrs[f"attribute {number}"] = f"value {number}" * 3


def snapshots(file, generator):
    for step in (10, 200):
        group = file.create_group(f"snapshots/{step}/layers/fc1")
        fill(group, rows(generator))


def storages():
    """Name -> (options of the file, options or function for the rows, what else is in the file)."""
    gzip = dict(chunks=(8, COLUMNS), compression="gzip")
    # What the oldest library that is supported reads: "latest" goes beyond it, and nothing would be tried.
    new = dict(libver=("v110", "v110"))
    return {
        "contiguous": ({}, {}, [extras]),
        "gzip": ({}, dict(gzip, shuffle=True), [extras]),
        "lzf": ({}, dict(chunks=(5, 4), compression="lzf"), []),
        "fletcher": ({}, dict(chunks=(8, 3), fletcher32=True), []),
        "scale-offset": ({}, dict(chunks=(8, 6), scaleoffset=4), []),
        "compact": ({}, compact, [extras]),
        "narrow": ({}, narrow_float, []),
        "many-links": ({}, {}, [many_links]),
        "attributes": ({}, {}, [extras, many_attributes]),
        "snapshots": ({}, gzip, [snapshots]),
        "user-block": (dict(userblock_size=512), {}, [extras]),
        "new": (new, {}, [extras]),
        "new-single": (new, dict(chunks=(ROWS, COLUMNS), compression="gzip"), []),
        "new-implicit": (new, "early", []),
        "new-fixed": (new, dict(chunks=(3, 2), compression="gzip"), []),
        "new-extensible": (new, dict(gzip, maxshape=(None, COLUMNS)), [extras]),
        "new-tree": (new, dict(gzip, maxshape=(None, None)), []),
        "new-edges": (new, unfiltered_edges, []),
        "new-many-links": (new, {}, [many_links]),
        "new-attributes": (new, {}, [extras, many_attributes]),
    }


def kinds():
    """Element types that are tried on contiguous and compressed rows."""
    return ["f2", ">f2", "f8", ">f8", "i1", "u1", "i4", ">i8", "u8"]


def early(group, values):
    """Chunks whose places follow from their numbers: all room was allocated at once."""
    for name, data in (("pre", values), ("post", np.maximum(values, 0))):
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((5, 4))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple(data.shape)
        h5py.h5d.create(group.id, name.encode(), h5py.h5t.NATIVE_FLOAT, space, properties).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(data))


def write(path, options, storage, additions, generator, kind="f4"):
    with h5py.File(path, "w", **options) as file:
        file.attrs["format"], file.attrs["version"] = "lamina-run", 1
        group = layer(file)
        if storage == "early":
            early(group, rows(generator))
        elif callable(storage):
            storage(group, rows(generator))
        else:
            fill(group, rows(generator, kind=kind), **storage)
        for addition in additions:
            addition(file, generator)


def make(folder, seed):
    """Writes every seed file below `folder`; returns their paths in a fixed order."""
    generator = np.random.default_rng(seed)
    paths = []
    for name, (options, storage, additions) in storages().items():
        paths.append(os.path.join(folder, name + ".h5"))
        write(paths[-1], options, storage, additions, generator)
    for kind in kinds():
        for name, storage in (("plain", {}), ("gzip", dict(chunks=(8, 4), compression="gzip"))):
            safe = kind.replace(">", "big-")
            paths.append(os.path.join(folder, f"{name}-{safe}.h5"))
            write(paths[-1], {}, storage, [], generator, kind)
    return paths

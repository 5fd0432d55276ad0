#!/usr/bin/env python3
"""Write the small HDF5 files that the readers' tests open.

    python3 make_layouts.py [FOLDER]          (default: ../layouts beside this script)

Needs h5py and NumPy.  Element (i, j) of most matrices is i + j / 8, exact in every float type
used here, so that tests compute what they expect from the indices.
"""
import json
import os
import sys

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "layouts")


def grid(rows, columns, dtype=np.float32):
    return (np.arange(rows)[:, None] + np.arange(columns)[None, :] / 8).astype(dtype)


def create(name, root=True):
    f = h5py.File(os.path.join(OUT, name), "w", libver=("earliest", "v110"))
    if root:
        f.attrs["format"] = "lamina-run"
        f.attrs["version"] = 1
    return f


def layer(f, name, index=None, **data):
    g = f.require_group("layers/" + name)
    if index is not None:
        g.attrs["index"] = index
    for key, value in data.items():
        g[key] = value
    return g


def bfloat16(values):
    """The upper halves of the float32 bit patterns; exact for the grid's small values."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def bfloat16_type():
    t = h5t.IEEE_F32LE.copy()
    t.set_fields(15, 7, 8, 0, 7)
    t.set_size(2)
    t.set_ebias(127)
    return t


def creation():
    """Settings of the low-level calls, without the times that would differ at each run."""
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    return plist


def element_types():
    with create("types.h5") as f:
        g = f.create_group("layers/hidden")
        x = grid(12, 5)
        g["pre"] = x
        g["post"] = x
        for name, dtype in [("f16", "<f2"), ("f16_big", ">f2"), ("f32_big", ">f4"),
                            ("f64", "<f8"), ("f64_big", ">f8")]:
            f["types/" + name] = x.astype(dtype)
        words = bfloat16(x)
        f["types/bf16_words"] = words
        f["types/bf16_words"].attrs["dtype"] = "bfloat16"
        f["types/bf16_words_big"] = words.astype(">u2")
        f["types/bf16_words_big"].attrs["dtype"] = "bfloat16"
        opaque = words.view(np.dtype("V2"))
        f["types/bf16_opaque"] = opaque
        f["types/bf16_opaque"].attrs["dtype"] = "bfloat16"
        f["types/opaque_unlabelled"] = opaque
        space = h5s.create_simple(x.shape)
        d = h5d.create(f["types"].id, b"bf16_native", bfloat16_type(), space, creation())
        d.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(words), bfloat16_type())
        whole = np.arange(60).reshape(12, 5)
        for dtype in ["u1", "i1", "<i2", ">u2", "<i4", "<i8"]:
            f["types/int_" + dtype.replace("<", "").replace(">", "big_")] = whole.astype(dtype)
        # Specials: every class of half, and of bfloat16.
        halves = np.array([[0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x7BFF, 0x7C00, 0xFC00, 0x7E00,
                            0x3C00]], np.uint16)
        f["types/f16_special"] = halves.view(np.float16)
        brains = np.array([[0x0000, 0x8000, 0x0001, 0x0080, 0x7F7F, 0x7F80, 0xFF80, 0x7FC0,
                            0x3F80]], np.uint16)
        f["types/bf16_special"] = brains
        f["types/bf16_special"].attrs["dtype"] = "bfloat16"


def magnitudes():
    """Doubles at the borders of what is analyzed, beyond them, and below what squares hold."""
    x = grid(40, 6).astype(np.float64)
    sign = np.where(np.arange(40) % 2 == 0, 1.0, -1.0)
    x[3, 1], x[7, 1], x[1, 2] = 1e151, -1e300, np.nan
    x[:, 3], x[:, 4] = 1e150 * sign, 1e-300 * sign
    with create("magnitudes.h5") as f:
        f["layers/hidden/post"] = x


def storages():
    x = grid(200, 16)
    with create("storage.h5") as f:
        g = f.create_group("layers/hidden")
        g["post"] = x
        s = f.create_group("storage")
        plist = creation()
        plist.set_layout(h5d.COMPACT)
        d = h5d.create(s.id, b"compact", h5t.IEEE_F32LE, h5s.create_simple(x.shape), plist)
        d.write(h5s.ALL, h5s.ALL, x)
        s.create_dataset("contiguous", data=x)
        s.create_dataset("chunked", data=x, chunks=(33, 16))
        s.create_dataset("split", data=x, chunks=(50, 5))
        s.create_dataset("gzip", data=x, chunks=(64, 16), compression="gzip", shuffle=True,
                         fletcher32=True)
        s.create_dataset("gzip16", data=x.astype(np.float16), chunks=(64, 16), compression="gzip",
                         shuffle=True)
        s.create_dataset("growing", data=x, chunks=(64, 16), maxshape=(None, 16))


def chunks():
    """Chunks that are decoded in the package: every filter alone and together, every shape."""
    x = grid(200, 16)
    four = np.arange(7 * 5 * 4 * 3, dtype=np.float32).reshape(7, 5, 4, 3)
    with create("chunks.h5") as f:
        def add(name, value, chunk, **filters):
            f.create_dataset(name, data=value, chunks=chunk, **filters)
        gzip = dict(compression="gzip")
        add("deflate", x, (64, 16), **gzip)
        add("deflate_whole", x, (50, 16), **gzip)
        add("shuffle", x, (64, 16), shuffle=True)
        add("checksum", x, (64, 16), fletcher32=True)
        add("columns", x, (64, 5), shuffle=True, fletcher32=True, **gzip)
        add("columns_plain", x, (64, 5), **gzip)
        add("single_rows", x, (1, 16), shuffle=True, **gzip)
        add("one_chunk", x, (200, 16), shuffle=True, **gzip)
        add("double", x.astype("f8"), (64, 16), shuffle=True, **gzip)
        add("big_endian", x.astype(">f4"), (64, 7), shuffle=True, **gzip)
        add("half", x.astype(np.float16), (64, 16), shuffle=True, fletcher32=True, **gzip)
        long = np.zeros((5000, 1000), np.float32)
        long[:, 8] = np.arange(1, 5001)
        add("long", long, (512, 1000), shuffle=True, **gzip)
        add("four", four, (2, 2, 3, 3), shuffle=True, **gzip)
        add("four_whole", four, (3, 5, 4, 3), shuffle=True, **gzip)
        # Filters that were skipped in writing: the second chunk is stored as it is.
        d = f.create_dataset("skipped", x.shape, "f4", chunks=(100, 16), shuffle=True, **gzip)
        d[:100] = x[:100]
        d.id.write_direct_chunk((100, 0), x[100:].tobytes(), filter_mask=3)


def lzf():
    with create("lzf.h5") as f:
        f.create_dataset("layers/hidden/post", data=grid(64, 4), chunks=(32, 4), compression="lzf")


def missing_filter():
    with create("missing-filter.h5") as f:
        g = f.create_group("layers/hidden")
        plist = creation()
        plist.set_chunk((8, 4))
        # Number 32001 is registered for Blosc.  Optional, or the library asks for it here.
        plist.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (2, 2, 4, 128))
        d = h5d.create(g.id, b"post", h5t.IEEE_F32LE, h5s.create_simple((8, 4)), plist)
        d.write_direct_chunk((0, 0), b"\2\1\41\4" + b"\0" * 28, filter_mask=0)


def layers():
    x = grid(6, 3)
    with create("nested.h5") as f:
        for name in ["encoder/10", "encoder/2", "encoder/0", "head.fc"]:
            layer(f, name, post=x)
        layer(f, "encoder", weight=np.ones((3, 2), np.float32), bias=np.ones(3, np.float32))
        f["layers/encoder"].attrs["kind"] = "linear"
    with create("index.h5") as f:
        layer(f, "zeta", 0, post=x)
        layer(f, "alpha", 1, post=x)
        layer(f, "layer10", post=x)
        layer(f, "layer2", post=x)
    with create("conv.h5") as f:
        samples, channels, height, width = 5, 3, 4, 2
        n, c, h, w = np.indices((samples, channels, height, width))
        v = (n * 100 + c * 10 + h + w / 8).astype(np.float32)
        g = layer(f, "conv", 0, pre=v, post=np.maximum(v, 0))
        g.attrs["kind"] = "conv2d"
        g.attrs["activation"] = "relu"
        o, i, kh, kw = np.indices((channels, 2, 3, 3))
        g["weight"] = (o * 100 + i * 10 + kh + kw / 8).astype(np.float32)
        g["bias"] = np.arange(channels, dtype=np.float32)
        f["labels"] = np.arange(samples, dtype=np.uint8)
        f["tokens"] = grid(24, 5).reshape(4, 6, 5)
        f["channels_last"] = np.moveaxis(v, 1, 3)


def metadata():
    with create("metadata.h5") as f:
        f.attrs["framework"] = "PyTorch 2.1"
        f.attrs["dataset"] = np.bytes_(b"mnist")
        f.attrs["model"] = "mlp"
        f.attrs["seed"] = np.int32(7)
        f.attrs["epoch"] = np.uint8(30)
        f.attrs["created"] = "2024-05-01T12:00:00Z"
        f.attrs["train_accuracy"] = np.float32(0.5)
        f.attrs["test_accuracy"] = 0.9375
        f.attrs["parameters"] = json.dumps({"batch": 128})
        f.attrs["note"] = "élan"
        f.attrs["sizes"] = np.array([1, 2, 3])
        f.attrs["names"] = ["a", "bc"]
        f.attrs["fixed"] = np.array([b"x", b"yz"])
        f.attrs["empty"] = ""
        g = layer(f, "hidden", 0, pre=grid(20, 4), post=grid(20, 4),
                  weight=grid(4, 7), bias=np.arange(4, dtype=np.float32),
                  filter=np.ones(4, np.float32))
        g.attrs["kind"] = "linear"
        g.attrs["activation"] = "relu"
        f["labels"] = (np.arange(20) % 10).astype(np.uint8)
        f["targets"] = grid(20, 1)
        f["history/train_loss"] = np.array([1, 0.5, 0.25])
        f["history/test_accuracy"] = np.array([0.5, 0.75, 0.875], np.float32)
        for step in ["10", "2", "100"]:
            f["snapshots/%s/layers/hidden/post" % step] = grid(20, 4) * int(step)
        f["soft/post"] = h5py.SoftLink("/layers/hidden/post")
        f["soft/relative"] = h5py.SoftLink("post")


def keras():
    with create("keras2.h5", root=False) as f:
        f.attrs["keras_version"] = b"2.15.0"
        f.attrs["backend"] = b"tensorflow"
        g = f.create_group("model_weights")
        g.attrs["layer_names"] = np.array([b"dense", b"dense_1"])
        for name, shape in [("dense", (7, 4)), ("dense_1", (4, 2))]:
            h = g.create_group("%s/%s" % (name, name))
            g[name].attrs["weight_names"] = np.array(
                [("%s/%s:0" % (name, part)).encode() for part in ["kernel", "bias"]])
            h["kernel:0"] = grid(*shape)
            h["bias:0"] = np.zeros(shape[1], np.float32)
    with create("keras3.weights.h5", root=False) as f:
        for name, shape in [("dense", (7, 4)), ("dense_1", (4, 2))]:
            f["layers/%s/vars/0" % name] = grid(*shape)
            f["layers/%s/vars/1" % name] = np.zeros(shape[1], np.float32)
        f["layers/conv2d/vars/0"] = grid(18, 5).reshape(3, 3, 2, 5)
        f.create_group("optimizer/vars")
    with create("bare.h5", root=False) as f:
        f["activations"] = grid(9, 4)
        f["vector"] = np.arange(5, dtype=np.float32)


def refused():
    x = grid(6, 3)
    with create("external-link.h5") as f:
        layer(f, "good", post=x)
        f["layers/good/pre"] = h5py.ExternalLink("bare.h5", "/activations")
        f["layers/elsewhere"] = h5py.ExternalLink("metadata.h5", "/layers/hidden")
    with create("external-storage.h5") as f:
        f.create_dataset("layers/hidden/post", (4, 2), "f4", external=[("/etc/hostname", 0, 32)])
    with create("virtual.h5") as f:
        g = f.create_group("layers/hidden")
        plist = creation()
        space = h5s.create_simple((9, 4))
        plist.set_layout(h5d.VIRTUAL)
        plist.set_virtual(space, b"bare.h5", b"/activations", space)
        h5d.create(g.id, b"post", h5t.IEEE_F32LE, space, plist)
    with create("cycles.h5") as f:
        layer(f, "good", post=x)
        f["layers/loop"] = h5py.SoftLink("/layers/pool")
        f["layers/pool"] = h5py.SoftLink("/layers/loop")
        f["layers/dangling"] = h5py.SoftLink("/nowhere")
        f["layers/good/again"] = f["layers"]
        f["layers/good/upwards"] = h5py.SoftLink("/layers/good")
    with create("shapes.h5") as f:
        def add(name, value):
            layer(f, name, post=value)
        add("vector", np.zeros(5, np.float32))
        add("three", np.zeros((2, 3, 4), np.float32))
        add("five", np.zeros((1, 2, 1, 2, 1), np.float32))
        add("scalar", np.float32(3))
        add("no_rows", np.zeros((0, 4), np.float32))
        add("no_columns", np.zeros((4, 0), np.float32))
        add("one_row", grid(1, 4))
        add("null", h5py.Empty("f4"))
    with create("elements.h5") as f:
        layer(f, "strings", post=np.array([[b"ab", b"c"]]))
        layer(f, "compound", post=np.zeros((2, 2), [("a", "f4"), ("b", "i4")]))
        g = layer(f, "variable")
        g.create_dataset("post", data=np.array([["a", "b"]], object), dtype=h5py.string_dtype())
        layer(f, "complex", post=np.zeros((2, 2), np.complex64))
        layer(f, "logical", post=np.zeros((2, 2), bool))
    with create("mismatch.h5") as f:
        layer(f, "hidden", "first", pre=grid(6, 3), post=grid(6, 4), bias=np.zeros(2, np.float32),
              weight=np.zeros((5, 2), np.float32))
        f["labels"] = np.zeros(5, np.uint8)
        f["targets"] = grid(4, 1)
        f.create_group("layers/empty")
    with create("newer.h5") as f:
        f.attrs["version"] = 2
        layer(f, "hidden", post=x)
    with create("unlabelled.h5", root=False) as f:
        layer(f, "hidden", post=x)
    with create("no-layers.h5") as f:
        f.create_group("layers")
    with create("claims.h5") as f:
        g = f.create_group("layers/chunked")
        g.create_dataset("post", (1 << 40, 1 << 10), "f4", chunks=(64, 64))
        g = f.create_group("layers/unwritten")
        g.create_dataset("post", (1 << 36, 8), "f4")
        g = f.create_group("layers/partly")
        d = g.create_dataset("post", (100, 4), "f4", chunks=(10, 4))
        d[:15] = 1
        g = f.create_group("layers/overflow")
        g.create_dataset("post", (1 << 40, 1 << 23), "f4", chunks=(64, 64))
        g = f.create_group("layers/wide_chunks")
        g.create_dataset("post", (1 << 16, 1 << 14), "f4", chunks=(1 << 15, 1 << 14))
    with create("labels.h5") as f:
        layer(f, "hidden", post=x)
        f["labels"] = np.zeros(4, np.uint8)
    with create("wide.h5") as f:
        g = f.create_group("layers/wide")
        g.create_dataset("post", data=np.zeros((2, 400000), np.float32), chunks=(1, 400000),
                         compression="gzip", compression_opts=9)
    with create("names.h5") as f:
        layer(f, "red\x1b[31m", post=x)
        g = f["layers"].id
        h5py.h5g.create(g, b"caf\xe9")
        h = h5py.h5g.open(g, b"caf\xe9")
        d = h5d.create(h, b"post", h5t.IEEE_F32LE, h5s.create_simple(x.shape), creation())
        d.write(h5s.ALL, h5s.ALL, x)
        layer(f, "größe \u202egpj", post=x)


def stacks():
    """Several matrices in a file that is no run: beside each other, and stacked along an axis."""
    with create("stacks.h5", root=False) as f:
        for index in [0, 1, 2, 10]:
            f[f"hidden/{index}"] = grid(12, 4) + 100 * index
        f["hidden/bias"] = np.zeros(4, np.float32)
        # Element (layer, sample, unit) is 100 layer + sample + unit / 8.
        stack = np.stack([grid(12, 4) + 100 * index for index in range(3)])
        g = f.create_group("stacks")
        for name, order in [("lsu", (0, 1, 2)), ("slu", (1, 0, 2)), ("lus", (0, 2, 1)),
                            ("sul", (1, 2, 0))]:
            x = stack.transpose(order)
            g[f"{name}_contiguous"] = x
            chunks = tuple((n + 1) // 2 for n in x.shape)
            g.create_dataset(f"{name}_gzip", data=x, chunks=chunks, compression="gzip", shuffle=True)
            single = tuple(1 if axis == order.index(0) else n for axis, n in enumerate(x.shape))
            g.create_dataset(f"{name}_single", data=x, chunks=single, compression="gzip")
        # (layer, sample, token, unit): a sample has three tokens.
        g["lstu"] = stack.reshape(3, 4, 3, 4)


os.makedirs(OUT, exist_ok=True)
for make in [element_types, magnitudes, storages, chunks, lzf, missing_filter, layers, metadata, keras,
             refused, stacks]:
    make()

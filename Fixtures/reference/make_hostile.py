#!/usr/bin/env python3
"""Write the small valid but odd, and the damaged, HDF5 files under ../layouts/hostile.

    python3 make_hostile.py [FOLDER]

Each file is named by its oddity. Needs h5py and NumPy; small_floats.json needs ml_dtypes. Expected values are
those of the writer: element (i, j) of most matrices is i + j / 8.
"""
import json
import os
import struct
import sys
import zlib

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5p, h5s, h5t, h5z

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "layouts", "hostile")


def grid(rows, columns, dtype=np.float32):
    return (np.arange(rows)[:, None] + np.arange(columns)[None, :] / 8).astype(dtype)


def create(name, libver=("earliest", "v110")):
    f = h5py.File(os.path.join(OUT, name), "w", libver=libver)
    f.attrs["format"], f.attrs["version"] = "lamina-run", 1
    return f


def creation(chunk=None):
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    if chunk:
        plist.set_chunk(chunk)
    return plist


def patched(name, change):
    path = os.path.join(OUT, name)
    with open(path, "rb") as f:
        data = bytearray(f.read())
    change(data)
    with open(path, "wb") as f:
        f.write(data)


def plain_edges():
    """Chunks beyond the extent stored without filters (H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS).

    h5py does not wrap H5Pset_chunk_opts; the flag is bit 0 of the flags of layout message version 4. The library
    writes filtered edges without it, so the edge chunks are written unfiltered by hand, mask 0.
    """
    for name, filters in [("shuffle", dict(shuffle=True)),
                          ("deflate", dict(shuffle=True, compression="gzip"))]:
        path = os.path.join(OUT, "plain-edges-%s.h5" % name)
        with h5py.File(path, "w", libver=("v110", "v110")) as f:
            f.attrs["format"], f.attrs["version"] = "lamina-run", 1
            d = f.create_dataset("layers/hidden/post", (20, 6), "f4", chunks=(8, 4), **filters)
            x = grid(20, 6)
            d[...] = x
            whole = np.zeros((24, 8), np.float32)
            whole[:20, :6] = x
            for i in range(0, 24, 8):
                for j in range(0, 8, 4):
                    if i + 8 > 20 or j + 4 > 6:
                        d.id.write_direct_chunk((i, j), whole[i:i + 8, j:j + 4].tobytes(), filter_mask=0)
        data = bytearray(open(path, "rb").read())
        # Layout message, version 4, class 2 (chunked), flags, rank 3 with the element size, size of extents.
        at = data.index(bytes([4, 2, 0, 3, 1, 8, 4, 4]))
        data[at + 2] |= 1
        fix_header_checksum(data, at)
        open(path, "wb").write(data)


def fix_header_checksum(data, inside):
    """Mend the checksum of the object header (version 2) that holds the byte at `inside`."""
    start = data.rindex(b"OHDR", 0, inside)
    flags = data[start + 5]
    size_bytes = 1 << (flags & 3)
    at = start + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    length = int.from_bytes(data[at:at + size_bytes], "little")
    end = at + size_bytes + length
    data[end:end + 4] = struct.pack("<I", lookup3(bytes(data[start:end])))


def lookup3(key, initval=0):
    """Bob Jenkins's lookup3 (public domain), little endian: the checksum of HDF5's metadata."""
    m = 0xFFFFFFFF
    a = b = c = (0xDEADBEEF + len(key) + initval) & m

    def rot(x, k):
        return ((x << k) | (x >> (32 - k))) & m

    i, n = 0, len(key)
    while n > 12:
        a = (a + int.from_bytes(key[i:i + 4], "little")) & m
        b = (b + int.from_bytes(key[i + 4:i + 8], "little")) & m
        c = (c + int.from_bytes(key[i + 8:i + 12], "little")) & m
        a = (a - c) & m; a ^= rot(c, 4); c = (c + b) & m
        b = (b - a) & m; b ^= rot(a, 6); a = (a + c) & m
        c = (c - b) & m; c ^= rot(b, 8); b = (b + a) & m
        a = (a - c) & m; a ^= rot(c, 16); c = (c + b) & m
        b = (b - a) & m; b ^= rot(a, 19); a = (a + c) & m
        c = (c - b) & m; c ^= rot(b, 4); b = (b + a) & m
        i, n = i + 12, n - 12
    if n == 0:
        return c
    tail = key[i:] + b"\0" * (12 - n)
    a = (a + int.from_bytes(tail[0:4], "little")) & m
    b = (b + int.from_bytes(tail[4:8], "little")) & m
    c = (c + int.from_bytes(tail[8:12], "little")) & m
    c ^= b; c = (c - rot(b, 14)) & m
    a ^= c; a = (a - rot(c, 11)) & m
    b ^= a; b = (b - rot(a, 25)) & m
    c ^= b; c = (c - rot(b, 16)) & m
    a ^= c; a = (a - rot(c, 4)) & m
    b ^= a; b = (b - rot(a, 14)) & m
    c ^= b; c = (c - rot(b, 24)) & m
    return c


def chunks():
    x = grid(20, 6)
    with create("lzf-kinds.h5") as f:
        for name, options in [("plain", {}), ("shuffle", dict(shuffle=True)),
                              ("checksum", dict(shuffle=True, fletcher32=True))]:
            f.create_dataset(name, data=x, chunks=(8, 4), compression="lzf", **options)
        # What does not get smaller is stored as it is, and the chunk says so.
        noise = np.random.default_rng(1).integers(0, 256, (16, 8), np.uint8)
        f.create_dataset("noise", data=noise, chunks=(8, 8), compression="lzf")
    with create("odd-pipelines.h5") as f:
        plist = creation((8, 4))
        plist.set_deflate(6)
        plist.set_deflate(6)
        d = h5d.create(f.id, b"deflate_twice", h5t.IEEE_F32LE, h5s.create_simple(x.shape), plist)
        d.write(h5s.ALL, h5s.ALL, x)
        plist = creation((8, 4))
        plist.set_fletcher32()
        plist.set_deflate(6)
        plist.set_shuffle()
        d = h5d.create(f.id, b"backwards", h5t.IEEE_F32LE, h5s.create_simple(x.shape), plist)
        d.write(h5s.ALL, h5s.ALL, x)
        d = f.create_dataset("integers", data=np.arange(120).reshape(20, 6).astype("<i4"),
                             chunks=(8, 4), compression="gzip", shuffle=True)
    with create("short-chunk.h5") as f:
        for name, dtype in [("skipped", "f4"), ("deflate", "f4"), ("integers", "i4")]:
            d = f.create_dataset(name, (8, 4), dtype, chunks=(8, 4), compression="gzip")
            d[...] = 1
            raw = np.ones(16, dtype).tobytes()
            if name == "skipped":
                d.id.write_direct_chunk((0, 0), raw, filter_mask=1)
            else:
                d.id.write_direct_chunk((0, 0), zlib.compress(raw), filter_mask=0)
    with create("bomb.h5") as f:
        # 16 MiB of zeros in 16 KiB, for a chunk of 128 bytes.
        d = f.create_dataset("post", (8, 4), "f4", chunks=(8, 4), compression="gzip")
        d.id.write_direct_chunk((0, 0), zlib.compress(bytes(16 << 20), 9), filter_mask=0)
        d = f.create_dataset("integers", (8, 4), "i2", chunks=(8, 4), compression="gzip")
        d.id.write_direct_chunk((0, 0), zlib.compress(bytes(16 << 20), 9), filter_mask=0)
    with create("large-chunk.h5") as f:
        # 20 MiB of values a chunk, more than a block: cut up.
        y = (np.arange(10, dtype=np.float32)[:, None] + np.zeros((1, 1 << 20), np.float32))
        f.create_dataset("post", data=y, chunks=(7, 1 << 20), compression="gzip", shuffle=True)
    with create("claims-2-40-chunks.h5", libver=("v110", "v110")) as f:
        f.create_dataset("extensible", (1 << 40, 4), "f4", chunks=(1, 4), maxshape=(None, 4))
        f.create_dataset("tree", (1 << 40, 4), "f4", chunks=(1, 4), maxshape=(None, None))
        f.create_dataset("missing", (1200, 4), "f4", chunks=(1, 4))[:600] = 1


def elements():
    with create("integers.h5") as f:
        whole = np.arange(-30, 30).reshape(12, 5)
        for name, dtype in [("i1", "i1"), ("i2", ">i2"), ("i4", ">i4"), ("i8", "<i8"), ("u1", "u1"),
                            ("u2", "<u2"), ("u4", ">u4"), ("u8", "<u8")]:
            f[name] = (whole if dtype[-2] == "i" else whole + 30).astype(dtype)
        f["u8"][0, 0] = 2 ** 63 + 2048
        for name, signed, precision, offset in [("signed12", True, 12, 0), ("unsigned12", False, 12, 0),
                                                ("shifted", False, 10, 4), ("nbit", True, 12, 0)]:
            t = (h5t.STD_I16LE if signed else h5t.STD_U16LE).copy()
            t.set_precision(precision)
            t.set_offset(offset)
            plist = creation((12, 5))
            if name == "nbit":
                plist.set_filter(5, 0, ())
            d = h5d.create(f.id, name.encode(), t, h5s.create_simple((12, 5)), plist)
            d.write(h5s.ALL, h5s.ALL, (whole if signed else whole + 30).astype("i8"))
    with create("words.h5") as f:
        words = (grid(12, 5).view(np.uint32) >> 16).astype(np.uint16)
        f["layers/hidden/post"] = words
        f["layers/said/post"] = words
        f["layers/said/post"].attrs["dtype"] = "bfloat16"
        f["layers/whole/post"] = np.arange(60, dtype=np.uint16).reshape(12, 5)
        f["layers/whole/post"].attrs["dtype"] = "uint16"
        f["labels"] = np.arange(12, dtype=np.uint16)
    with create("packed.h5") as f:
        d = f.create_dataset("packed", data=np.arange(60, dtype="i2").reshape(12, 5))
        d.attrs["scale_factor"], d.attrs["add_offset"] = 0.5, np.float32(10)
        d.attrs["_FillValue"] = np.int16(7)
        d = f.create_dataset("fill", data=grid(12, 5))
        d.attrs["missing_value"] = np.float32(3)
        d = f.create_dataset("nan_fill", data=grid(12, 5))
        d.attrs["_FillValue"] = np.float32(np.nan)
        d = f.create_dataset("unsigned", data=np.array([[-1, 1], [-128, 127]], "i1"))
        d.attrs["_Unsigned"] = "true"
        d = f.create_dataset("text", data=grid(12, 5))
        d.attrs["scale_factor"] = "0.5"


def small_floats():
    """All 256 codes of each format, as bytes with an attribute and as HDF5 types, and their values."""
    try:
        import ml_dtypes
    except ImportError:
        return print("ml_dtypes is not installed: small_floats.json stays as it is")
    names = ["float8_e3m4", "float8_e4m3", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz",
             "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float6_e2m3fn", "float6_e3m2fn",
             "float4_e2m1fn"]
    values = {}
    codes = {n: np.arange(1 << int(n[5]), dtype=np.uint8) for n in names}
    for name in names:
        decoded = codes[name].view(getattr(ml_dtypes, name)).astype(np.float64)
        values[name] = [None if np.isnan(v) else str(v) for v in decoded]
    with open(os.path.join(HERE, "small_floats.json"), "w") as f:
        f.write(",\n".join("%s: %s" % (json.dumps(k), json.dumps(v)) for k, v in values.items()).join(["{\n", "\n}"]))
        f.write("\n")
    with create("small-floats.h5") as f:
        for name in names:
            d = f.create_dataset("bytes/" + name, data=codes[name].reshape(-1, 2))
            d.attrs["dtype"] = name
        for name, e, m, bias in [("float8_e4m3fn", 4, 3, 7), ("float8_e4m3fnuz", 4, 3, 8),
                                 ("float8_e4m3b11fnuz", 4, 3, 11), ("float8_e5m2", 5, 2, 15),
                                 ("float8_e5m2fnuz", 5, 2, 16), ("float8_e3m4", 3, 4, 3),
                                 ("float6_e2m3fn", 2, 3, 1), ("float6_e3m2fn", 3, 2, 3),
                                 ("float4_e2m1fn", 2, 1, 1), ("unknown", 4, 3, 5)]:
            t = h5t.IEEE_F32LE.copy()
            t.set_fields(e + m, m, e, 0, m)
            t.set_size(1)
            t.set_precision(1 + e + m)
            t.set_ebias(bias)
            c = codes.get(name, np.arange(256, dtype=np.uint8)).reshape(-1, 2)
            d = h5d.create(f.require_group("native").id, name.encode(), t, h5s.create_simple(c.shape),
                           creation())
            d.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(c), t)
        d = f.create_dataset("packed_pairs", data=np.zeros((4, 4), np.uint8))
        d.attrs["dtype"] = "float4_e2m1fn_x2"


def names():
    x = grid(6, 3)
    with create("second-names.h5") as f:
        f["layers/hidden/post"] = x
        f["layers/alias"] = h5py.SoftLink("/layers/hidden")
        f["layers/best"] = f["layers/hidden"]
    with create("patterns.h5") as f:
        for name in ["dense[0][0]", "dense00", "caf\u00e9", "cafe\u0301"]:
            f["layers/%s/post" % name] = x
    with create("bare-datasets.h5") as f:
        f["layers/fc1/post"] = x
        f["layers/fc2"] = x
        f["layers/fc3"] = x
    with create("only-bare-datasets.h5") as f:
        f["layers/fc2"] = x
    with create("deep.h5", libver=("v110", "v110")) as f:
        f["/".join(["layers"] + ["g"] * 62 + ["post"])] = x      # 64 names
        f["/".join(["layers"] + ["h"] * 300 + ["post"])] = x
    with create("long-name.h5") as f:
        f["layers/" + "n" * 5000 + "/post"] = x
        f["layers/short/post"] = x
        f["layers/long_target"] = h5py.SoftLink("/layers" + "/." * 30000 + "/short")
    with create("many-paths.h5", libver=("v110", "v110")) as f:
        g = f.create_group("layers")
        for depth in range(30):
            h = g.create_group("a")
            g["b"] = h
            g = h
        g["post"] = x
    with create("equal-names.h5") as f:
        f["layers/hidden/post"] = x
        f["layers/hiddex/post"] = 2 * x
    patched("equal-names.h5", lambda data: data.__setitem__(
        slice(data.index(b"hiddex"), data.index(b"hiddex") + 6), b"hidden"))


def labels():
    """Six samples of three neurons and two outputs, with labels that no output stands for."""
    for name, values in [("from-1", [1, 2, 1, 2, 1, 2]), ("negative", [0, 1, -1, 0, 1, 0])]:
        with create("labels-%s.h5" % name) as f:
            x = grid(6, 3) - 3
            f["layers/hidden/pre"] = x
            f["layers/hidden"].attrs["index"], f["layers/hidden"].attrs["activation"] = 0, "relu"
            f["layers/out/weight"] = np.ones((2, 3), np.float32)
            f["layers/out/pre"] = np.maximum(x, 0) @ np.ones((3, 2), np.float32)
            f["layers/out"].attrs["index"], f["layers/out"].attrs["activation"] = 1, "identity"
            f["labels"] = np.array(values, np.int8)


def packed_labels():
    """The classes 0, 1, 0, 1, ... as netCDF would pack them: stored 1, 0, 1, 0, ... times -1 plus 1."""
    for name, scale in [("whole", -1.0), ("fractions", 0.5)]:
        with create("labels-packed-%s.h5" % name) as f:
            f["layers/out/pre"] = grid(6, 2)
            f["labels"] = np.array([1, 0, 1, 0, 1, 0], np.int8)
            f["labels"].attrs["scale_factor"], f["labels"].attrs["add_offset"] = scale, 1.0


def type_attributes():
    """Words of whole numbers whose attribute `dtype` says that their bits mean something else."""
    with create("dtype-attributes.h5") as f:
        for name, values, dtype in [
                ("int4", np.full((3, 2), 15, np.uint8), "int4"),
                ("four-bytes", np.full((3, 2), 0x3F80, np.uint32), "bfloat16"),
                ("nvfp4", np.full((3, 2), 0x22, np.uint8), "nvfp4"),
                ("e5m2", np.full((3, 2), 0x3C, np.uint8), "e5m2"),
                ("byte-order", np.full((3, 2), 0x38, np.uint8), "<float8_e4m3fn"),
                ("narrowed", np.full((3, 2), 7, np.uint8), "int64"),
                ("purpose", np.full((3, 2), 7, np.uint8), "category")]:
            f["layers/%s/post" % name] = values
            f["layers/%s/post" % name].attrs["dtype"] = dtype


def attributes():
    x = grid(6, 3)
    with create("attributes.h5") as f:
        f["layers/hidden/post"] = x
        f.attrs["seed"] = np.uint64(2 ** 64 - 3)
        f.attrs["seeds"] = np.array([1, 2 ** 63], np.uint64)
        f.attrs["small"] = np.uint64(7)
        f.attrs["flag"] = np.bool_(True)
        f.attrs["empty"] = ""
        f.attrs["latin"] = np.bytes_(b"caf\xe9")
        f.attrs["text"] = "\u00e9lan"
    with create("shared-string.h5") as f:
        # A thousand references to one string of 64 KiB in the heap.
        f["layers/hidden/post"] = x
        space = h5s.create_simple((1000,))
        t = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
        a = h5a.create(f.id, b"texts", t, space)
        a.write(np.array(["x" * (1 << 16)] + [""] * 999, object))
        b = h5a.create(f.id, b"few", t, h5s.create_simple((2,)))
        b.write(np.array(["ab", "\u00e9"], object))

    def share(data):
        # References are a length, the address of a collection, and a number in it.
        first = data.index(struct.pack("<I", 1 << 16))
        while data[int.from_bytes(data[first + 4:first + 12], "little"):][:4] != b"GCOL":
            first = data.index(struct.pack("<I", 1 << 16), first + 1)
        reference = bytes(data[first:first + 16])
        for number in range(1000):
            data[first + 16 * number:first + 16 * number + 16] = reference
    patched("shared-string.h5", share)
    with create("many-attributes.h5", libver=("v110", "v110")) as f:
        f["layers/hidden/post"] = x
        for number in range(1500):
            f.attrs["a%04d" % number] = number
        f.attrs["seed"] = 5


def newer():
    # Layout message of version 5 in a version 2 header, as newer libraries write it.
    with h5py.File(os.path.join(OUT, "newer-layout.h5"), "w", libver=("v110", "v110")) as f:
        f.attrs["format"], f.attrs["version"] = "lamina-run", 1
        f.create_dataset("layers/hidden/post", data=grid(20, 6), chunks=(8, 4))

    def raise_version(data):
        at = data.index(bytes([4, 2, 0, 3, 1, 8, 4, 4]))
        data[at] = 7
        fix_header_checksum(data, at)
    patched("newer-layout.h5", raise_version)
    with open(os.path.join(OUT, "lfs-pointer.h5"), "w") as f:
        f.write("version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n")
    with create("address-overflow.h5") as f:
        f["layers/hidden/post"] = grid(20, 6)
    # The address in layout message version 3, class 1, near 2^63: address plus size overflows.

    def far(data):
        size = struct.pack("<Q", 20 * 6 * 4)
        at = data.index(size)
        while data[at - 10:at - 8] != bytes([3, 1]):
            at = data.index(size, at + 1)
        data[at - 8:at] = struct.pack("<Q", 2 ** 63 - 100)
    patched("address-overflow.h5", far)


os.makedirs(OUT, exist_ok=True)
for make in [plain_edges, chunks, elements, small_floats, names, labels, packed_labels,
             type_attributes, attributes, newer]:
    make()

"""What the machine can do: the rates that no reader or product can exceed.

    python3 limits.py FILE COMPRESSED-FILE       prints one JSON object, rates in units a second
    python3 limits.py                            the rate of ssyrk with two threads only
    python3 limits.py FILE                       those of the page cache, with one and two threads
"""

import ctypes
import ctypes.util
import json
import mmap
import os
import sys
import threading
import time

import numpy as np

now = time.perf_counter


def best(body, repetitions=3):
    body()
    times = []
    for _ in range(repetitions):
        start = now()
        body()
        times.append(now() - start)
    return min(times)


def find_library(*names):
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def ssyrk(threads, n=2048, k=4096):
    """GFLOP/s of the system's OpenBLAS, counting n² k operations."""
    library = find_library("libopenblas.so.0", "libopenblas.so", "libopenblas.dylib")
    if library is None:
        return None
    library.openblas_set_num_threads(threads)
    x = np.random.default_rng(0).standard_normal((k, n), dtype=np.float32)
    product = np.zeros((n, n), np.float32)
    pointer = lambda a: a.ctypes.data_as(ctypes.c_void_p)
    one, zero = ctypes.c_float(1), ctypes.c_float(0)
    run = lambda: library.cblas_ssyrk(
        101, 122, 112, n, k, one, pointer(x), n, zero, pointer(product), n)
    return n * n * k / best(run) / 1e9


def together(bodies):
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def memory(threads):
    """GB/s of reading and writing: copies of halves of 256 MB."""
    source = np.ones(1 << 25)
    target = np.zeros_like(source)
    parts = np.array_split(np.arange(2) * 0 + 1, threads)
    bounds = np.linspace(0, source.size, len(parts) + 1).astype(int)
    copies = [
        (lambda a=a, b=b: np.copyto(target[a:b], source[a:b]))
        for a, b in zip(bounds[:-1], bounds[1:])]
    return 2 * source.nbytes / best(lambda: together(copies)) / 1e9


def page_cache(path, threads):
    """GB/s of positioned reads of 1 MiB into aligned memory that is used again."""
    size = min(os.path.getsize(path), 500 << 20) // (1 << 20) << 20
    descriptor = os.open(path, os.O_RDONLY)

    def reader(first):
        view = memoryview(mmap.mmap(-1, 1 << 20))

        def run():
            for position in range(first << 20, size, threads << 20):
                os.preadv(descriptor, [view], position)

        return run

    readers = [reader(index) for index in range(threads)]
    seconds = best(lambda: together(readers))
    os.close(descriptor)
    return size / seconds / 1e9


def inflate(path):
    """MB/s of output of one thread, for the first chunks of a compressed matrix."""
    import h5py

    library = find_library("libdeflate.so.0", "libdeflate.so", "libdeflate.dylib")
    if library is None:
        return None
    library.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.libdeflate_alloc_decompressor())
    with h5py.File(path, "r") as f:
        dataset = f["layers/hidden/pre"]
        size = dataset.chunks[0] * dataset.chunks[1] * 4
        raw = [
            dataset.id.read_direct_chunk((row, 0))[1]
            for row in range(0, 8 * dataset.chunks[0], dataset.chunks[0])]
    target = ctypes.create_string_buffer(size)
    got = ctypes.c_size_t()

    def run():
        for chunk in raw:
            library.libdeflate_zlib_decompress(
                handle, chunk, ctypes.c_size_t(len(chunk)), target, ctypes.c_size_t(size),
                ctypes.byref(got))

    return size * len(raw) / best(run, 2) / 1e6


if __name__ == "__main__":
    if len(sys.argv) == 1:
        # Beside a measurement that is to be compared with it.
        print(ssyrk(2))
        sys.exit()
    if len(sys.argv) == 2:
        print(page_cache(sys.argv[1], 1), page_cache(sys.argv[1], 2))
        sys.exit()
    print(json.dumps({
        "ssyrk 1 thread, GFLOP/s": ssyrk(1), "ssyrk 2 threads, GFLOP/s": ssyrk(2),
        "copy 1 thread, GB/s read + written": memory(1),
        "copy 2 threads, GB/s read + written": memory(2),
        "page cache 1 thread, GB/s": page_cache(sys.argv[1], 1),
        "page cache 2 threads, GB/s": page_cache(sys.argv[1], 2),
        "inflate 1 thread, MB/s of output": inflate(sys.argv[2]),
    }))

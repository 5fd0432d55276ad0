"""Writes the inputs from which libFuzzer starts: parser_seeds.py PARSER FOLDER"""
import gzip
import os
import struct
import sys
import zlib

IMAGES = struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 2, 2) + bytes(range(8))
LABELS = struct.pack(">BBBBI", 0, 0, 8, 1, 3) + bytes([0, 1, 2])


def chunk(filters, skipped, stored):
    """An input of Tests/FuzzParsers/Chunk.swift: elements of 4 bytes, 17 of them.

    `filters` are numbers of its list: 0 shuffle, 1 deflate, 2 checksum, 3 LZF.
    """
    choice = sum(number << (2 * place) for place, number in enumerate(filters))
    return bytes([3 + 6 * len(filters), choice, 1, skipped]) + stored


VALUES = bytes(range(68))
SEEDS = {
    "json": [
        b'{"schema": "lamina.results/1", "results": [{"run": "a.h5", "values": {"x": [1, -2.5e-3, null]}}]}',
        b'["\\u00e9\\ud83d\\ude00\\n", true, false, null, 0, -0.0, 1e308, 12345678901234567890]',
        b" [ ] ", b'{"a": {"a": {}}}',
    ],
    "csv": [b"1.5,red,x,yes\n-2e3, green ,y,no.\r\n|comment\n\n?,?,,yes\n", b"1,red,,yes",
            gzip.compress(b"1,red,,yes\n2,green,,no\n", mtime=0)],
    "idx": [IMAGES, LABELS, gzip.compress(IMAGES, mtime=0), gzip.compress(LABELS, mtime=0)],
    "condition": [b"pca.components[0.9] >= 12", b"dead.fraction<0.5", b"a.b != -1e-3", b"test_accuracy == 1"],
    "chunk": [
        chunk([], 0, VALUES), chunk([0], 0, VALUES), chunk([0, 1], 0, zlib.compress(VALUES)),
        chunk([1], 0, zlib.compress(VALUES)), chunk([1], 1, VALUES),
        chunk([0, 3], 0, bytes([31]) + VALUES[:32] + bytes([31]) + VALUES[32:64] + bytes([3]) + VALUES[64:]),
        chunk([2], 0, VALUES + bytes(4)), chunk([0, 1, 2], 0, zlib.compress(VALUES) + bytes(4)),
    ],
}

if __name__ == "__main__":
    parser, folder = sys.argv[1:]
    for number, seed in enumerate(SEEDS[parser]):
        with open(os.path.join(folder, f"seed-{number}"), "wb") as file:
            file.write(seed)

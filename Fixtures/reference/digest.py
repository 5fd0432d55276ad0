"""Writes the XXH64 of known bytes, by the reference library (pip install xxhash==4.1.0), as Swift.

    python3 Fixtures/reference/digest.py > Tests/FilesTests/DigestReference.swift
"""
import xxhash

print("// Made by Fixtures/reference/digest.py with python-xxhash.\n")
print("/// Lengths, and the XXH64 of that many bytes, each its position modulo 251.")
print("let digestReference: [(Int, UInt64)] = [")
for length in [0, 1, 3, 4, 7, 8, 12, 15, 31, 32, 33, 63, 64, 100, 1000, 65537]:
    value = xxhash.xxh64(bytes(i % 251 for i in range(length))).intdigest()
    digits = f"{value:016X}"
    print(f"    ({length}, 0x{'_'.join(digits[i:i + 4] for i in range(0, 16, 4))}),")
print("]")

/// A hash that is the same in every process and on every machine: FNV-1a of 64 bits (Fowler, Noll
/// and Vo), with the finalizer of MurmurHash3 (Appleby) behind it, because shares are cut by the
/// remainder and FNV's low bits alone mix badly.
///
/// Not for secrets: who wants two texts of one hash finds them.
///
/// - Complexity: O(bytes).
public func stableHash(of bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ hash >> 33
}

import RunFormat
import Testing

@Suite("Rounding of stored numbers") struct RoundingTests {
    /// Half of the distance between neighbours of 1, and between 0 and the smallest number: from the formats'
    /// bits (IEEE 754; bfloat16 has 7 of the mantissa; OCP 8-bit formats E4M3 and E5M2).
    @Test(
        arguments: [
            ("types.h5", "/types/f16", 0x1p-11, 0x1p-25),
            ("types.h5", "/types/bf16_native", 0x1p-8, 0),
            ("types.h5", "/types/bf16_words", 0x1p-8, 0),
            ("types.h5", "/types/f32_big", 0x1p-24, 0),
            ("types.h5", "/types/f64", 0x1p-53, 0),
            // Whole numbers times 0.5.
            ("hostile/packed.h5", "/packed", 0, 0.25),
            ("hostile/small-floats.h5", "/bytes/float8_e4m3fn", 0x1p-4, 0x1p-10),
            ("hostile/small-floats.h5", "/bytes/float8_e5m2", 0x1p-3, 0x1p-17),
        ])
    func isThatOfTheFormat(
        file: String, path: String, relative: Double, absolute: Double
    ) throws {
        let rounding = try open(file).dataset(path).rounding
        #expect(rounding == StoredRounding(relative: relative, absolute: absolute))
    }
}

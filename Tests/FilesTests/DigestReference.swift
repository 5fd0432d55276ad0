// Made by Fixtures/reference/digest.py with python-xxhash.

/// Lengths, and the XXH64 of that many bytes, each its position modulo 251.
let digestReference: [(Int, UInt64)] = [
    (0, 0xEF46_DB37_51D8_E999),
    (1, 0xE934_A84A_DB05_2768),
    (3, 0xE5C7_BB45_33BC_65DD),
    (4, 0xFFCE_D860_4453_CC1E),
    (7, 0x14CC_643F_630C_72D2),
    (8, 0x884A_1736_14B8_1B8D),
    (12, 0x424A_F23F_1F08_DCA5),
    (15, 0xA948_F5F0_F6AB_AC2D),
    (31, 0xC346_D2B5_9B4D_8EE1),
    (32, 0xCBF5_9C51_16FF_32B4),
    (33, 0x0C53_5D1A_CAFB_8EAD),
    (63, 0xE26A_A9E2_A95F_8E4F),
    (64, 0xF7C6_7301_DB67_13F0),
    (100, 0x6AC1_E580_3216_6597),
    (1000, 0xF306_F04A_A88B_54D3),
    (65537, 0x8C8E_0218_A8EE_0FEE),
]

//! Many bytes looked at together: sixteen where wasm has its SIMD, else the eight of a word. Safe code on both.
//!
//! A comparison gives [`Hits`]; [`Hits::bits`] has [`BITS`] bits for each byte, the first byte's lowest. Bytes beyond the end
//! of what is looked at are zeros.

use super::scan::word;
use std::ops::{BitAnd, BitOr, Not};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use vectors::*;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use words::*;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod words {
    use super::*;

    /// Bytes at once.
    pub const WIDTH: usize = 8;
    /// Bits of the answer for each byte; the highest of them is set, or none is.
    pub const BITS: u32 = 8;

    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;

    #[derive(Clone, Copy)]
    pub struct Lanes(u64);

    #[derive(Clone, Copy)]
    pub struct Hits(u64);

    impl Lanes {
        #[inline(always)]
        pub fn load(b: &[u8], at: usize) -> Lanes {
            Lanes(word(b, at))
        }

        /// Zeros.
        pub fn none() -> Lanes {
            Lanes(0)
        }

        /// Each byte with the bits of both.
        #[inline(always)]
        pub fn or(self, other: Lanes) -> Lanes {
            Lanes(self.0 | other.0)
        }

        /// Each byte with these bits set.
        #[inline(always)]
        pub fn with(self, bits: u8) -> Lanes {
            Lanes(self.0 | (ONES * bits as u64))
        }

        #[inline(always)]
        pub fn equal(self, byte: u8) -> Hits {
            let x = self.0 ^ (ONES * byte as u64);
            Hits(!(((x & !HIGHS) + !HIGHS) | x | !HIGHS))
        }

        /// The same, one step faster: bytes above the first hit may be hits that are none.
        #[inline(always)]
        pub fn first_equal(self, byte: u8) -> Hits {
            let x = self.0 ^ (ONES * byte as u64);
            Hits(x.wrapping_sub(ONES) & !x & HIGHS)
        }

        /// Bytes below `byte`, which is at most 128; exact up to the first one.
        #[inline(always)]
        pub fn first_below(self, byte: u8) -> Hits {
            Hits(self.0.wrapping_sub(ONES * byte as u64) & !self.0 & HIGHS)
        }

        /// Bytes above 127.
        #[inline(always)]
        pub fn high(self) -> Hits {
            Hits(self.0 & HIGHS)
        }
    }

    impl Hits {
        #[inline(always)]
        pub fn any(self) -> bool {
            self.0 != 0
        }

        #[inline(always)]
        pub fn bits(self) -> u64 {
            self.0
        }
    }

    impl BitOr for Hits {
        type Output = Hits;
        #[inline(always)]
        fn bitor(self, other: Hits) -> Hits {
            Hits(self.0 | other.0)
        }
    }

    impl BitAnd for Hits {
        type Output = Hits;
        #[inline(always)]
        fn bitand(self, other: Hits) -> Hits {
            Hits(self.0 & other.0)
        }
    }

    impl Not for Hits {
        type Output = Hits;
        #[inline(always)]
        fn not(self) -> Hits {
            Hits(!self.0 & HIGHS)
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod vectors {
    use super::*;
    use core::arch::wasm32::*;

    /// Bytes at once.
    pub const WIDTH: usize = 16;
    /// Bits of the answer for each byte.
    pub const BITS: u32 = 1;

    #[derive(Clone, Copy)]
    pub struct Lanes(v128);

    #[derive(Clone, Copy)]
    pub struct Hits(v128);

    impl Lanes {
        #[inline(always)]
        pub fn load(b: &[u8], at: usize) -> Lanes {
            match b.get(at..).and_then(|rest| rest.first_chunk::<WIDTH>()) {
                Some(bytes) => {
                    // One load: the compiler sees through it.
                    let both = u128::from_le_bytes(*bytes);
                    Lanes(u64x2(both as u64, (both >> 64) as u64))
                }
                None => Lanes::last(b, at),
            }
        }

        #[cold]
        #[inline(never)]
        fn last(b: &[u8], at: usize) -> Lanes {
            Lanes(u64x2(word(b, at), word(b, at + 8)))
        }

        /// Zeros.
        #[inline(always)]
        pub fn none() -> Lanes {
            Lanes(u8x16_splat(0))
        }

        /// Each byte with the bits of both.
        #[inline(always)]
        pub fn or(self, other: Lanes) -> Lanes {
            Lanes(v128_or(self.0, other.0))
        }

        /// Each byte with these bits set.
        #[inline(always)]
        pub fn with(self, bits: u8) -> Lanes {
            Lanes(v128_or(self.0, u8x16_splat(bits)))
        }

        #[inline(always)]
        pub fn equal(self, byte: u8) -> Hits {
            Hits(u8x16_eq(self.0, u8x16_splat(byte)))
        }

        #[inline(always)]
        pub fn first_equal(self, byte: u8) -> Hits {
            self.equal(byte)
        }

        /// Bytes below `byte`.
        #[inline(always)]
        pub fn first_below(self, byte: u8) -> Hits {
            Hits(u8x16_lt(self.0, u8x16_splat(byte)))
        }

        /// Bytes above 127.
        #[inline(always)]
        pub fn high(self) -> Hits {
            Hits(i8x16_lt(self.0, u8x16_splat(0)))
        }
    }

    impl Hits {
        #[inline(always)]
        pub fn any(self) -> bool {
            v128_any_true(self.0)
        }

        #[inline(always)]
        pub fn bits(self) -> u64 {
            u8x16_bitmask(self.0) as u64
        }
    }

    impl BitOr for Hits {
        type Output = Hits;
        #[inline(always)]
        fn bitor(self, other: Hits) -> Hits {
            Hits(v128_or(self.0, other.0))
        }
    }

    impl BitAnd for Hits {
        type Output = Hits;
        #[inline(always)]
        fn bitand(self, other: Hits) -> Hits {
            Hits(v128_and(self.0, other.0))
        }
    }

    impl Not for Hits {
        type Output = Hits;
        #[inline(always)]
        fn not(self) -> Hits {
            Hits(v128_not(self.0))
        }
    }
}

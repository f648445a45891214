//! The Mersenne twister MT19937 of Matsumoto and Nishimura (1998), seeded as in their `init_genrand`.

/// Words of state.
pub(super) const N: usize = 624;
const M: usize = 397;
const MATRIX: u32 = 0x9908_b0df;

/// The engine. Bookkeeping is PyTorch's (`left` draws until the state is renewed, `next` word to use), because
/// saved states contain it.
#[derive(Clone, Debug)]
pub struct Mt19937 {
    pub(super) seed: u64,
    pub(super) state: [u32; N],
    pub(super) left: usize,
    pub(super) next: usize,
}

impl Mt19937 {
    /// Seeds from the lower 32 bits; all 64 are remembered.
    pub fn new(seed: u64) -> Mt19937 {
        let mut state = [0u32; N];
        state[0] = seed as u32;
        for i in 1..N {
            let previous = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(previous ^ previous >> 30).wrapping_add(i as u32);
        }
        Mt19937 { seed, state, left: 1, next: 0 }
    }

    /// Seeds from several words, each bit of which counts: `init_by_array` of Matsumoto and Nishimura.
    pub fn from_key(key: &[u32]) -> Mt19937 {
        let mut engine = Mt19937::new(19_650_218);
        let s = &mut engine.state;
        let mixed = |s: &[u32; N], i: usize| s[i - 1] ^ s[i - 1] >> 30;
        let mut i = 1;
        let next = |s: &mut [u32; N], i: usize| {
            if i + 1 < N {
                return i + 1;
            }
            s[0] = s[N - 1];
            1
        };
        for (&word, j) in key.iter().zip(0u32..).cycle().take(N.max(key.len())) {
            s[i] = (s[i] ^ mixed(s, i).wrapping_mul(1_664_525)).wrapping_add(word).wrapping_add(j);
            i = next(s, i);
        }
        for _ in 1..N {
            s[i] = (s[i] ^ mixed(s, i).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i = next(s, i);
        }
        s[0] = 0x8000_0000;
        engine
    }

    /// The seed it was made from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.left -= 1;
        if self.left == 0 {
            self.renew();
        }
        let word = self.state[self.next];
        self.next += 1;
        temper(word)
    }

    /// The next 64 random bits: the first draw is the upper half.
    pub fn next_u64(&mut self) -> u64 {
        let high = self.next_u32() as u64;
        high << 32 | self.next_u32() as u64
    }

    /// The next `out.len()` draws; the same numbers as so many calls of [`Mt19937::next_u32`], but much quicker.
    pub fn fill(&mut self, mut out: &mut [u32]) {
        while !out.is_empty() {
            if self.left == 1 {
                self.renew();
                self.left += 1;
            }
            let n = out.len().min(self.left - 1);
            let (head, rest) = out.split_at_mut(n);
            for (o, &word) in head.iter_mut().zip(&self.state[self.next..self.next + n]) {
                *o = temper(word);
            }
            self.next += n;
            self.left -= n;
            out = rest;
        }
    }

    /// Computes the next 624 words. The loop is split where its reads wrap around, so that it vectorises.
    fn renew(&mut self) {
        let s = &mut self.state;
        for i in 0..N - M {
            s[i] = s[i + M] ^ twist(s[i], s[i + 1]);
        }
        for i in N - M..N - 1 {
            s[i] = s[i + M - N] ^ twist(s[i], s[i + 1]);
        }
        s[N - 1] = s[M - 1] ^ twist(s[N - 1], s[0]);
        self.left = N;
        self.next = 0;
    }
}

fn twist(u: u32, v: u32) -> u32 {
    ((u & 0x8000_0000 | v & 0x7fff_ffff) >> 1) ^ ((v & 1).wrapping_neg() & MATRIX)
}

fn temper(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c_5680;
    y ^= y << 15 & 0xefc6_0000;
    y ^ y >> 18
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values() {
        // C++: "the 10000th consecutive invocation of a default-constructed std::mt19937 shall produce 4123659995".
        let mut engine = Mt19937::new(5489);
        let last = (0..10_000).map(|_| engine.next_u32()).last();
        assert_eq!(last, Some(4_123_659_995));
    }

    #[test]
    fn reference_values_of_a_key() {
        // The first numbers of mt19937ar.out, the reference output of the authors.
        let mut engine = Mt19937::from_key(&[0x123, 0x234, 0x345, 0x456]);
        let first: Vec<u32> = (0..4).map(|_| engine.next_u32()).collect();
        assert_eq!(first, [1_067_595_299, 955_945_823, 477_289_528, 4_107_218_783]);
    }

    #[test]
    fn filling_draws_the_same_numbers() {
        let (mut one, mut many) = (Mt19937::new(42), Mt19937::new(42));
        for n in [0, 1, 3, 622, 623, 624, 625, 2000, 7] {
            let mut filled = vec![0; n];
            many.fill(&mut filled);
            let drawn: Vec<u32> = (0..n).map(|_| one.next_u32()).collect();
            assert_eq!(filled, drawn);
            assert_eq!(one.next_u32(), many.next_u32());
        }
    }
}

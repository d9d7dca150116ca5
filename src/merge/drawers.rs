//! Digests by the million, found again with what is known by each.

use super::Digest;

/// Digests, each with a value, in drawers: none of these is large, to be moved as it grows or to be put in order, so that a million digests take
/// little more memory than they are.
pub struct Drawers<V> {
    drawers: Vec<Drawer<V>>,
}

struct Drawer<V> {
    digests: Vec<Digest>,
    values: Vec<V>,
}

/// How many: the digest's share of a byte.
const DRAWERS: usize = 256;

impl<V> Default for Drawers<V> {
    fn default() -> Drawers<V> {
        let drawers = (0..DRAWERS).map(|_| Drawer { digests: Vec::new(), values: Vec::new() });
        Drawers { drawers: drawers.collect() }
    }
}

impl<V: Copy> Drawers<V> {
    pub fn push(&mut self, digest: Digest, value: V) {
        if let Some(drawer) = self.drawers.get_mut(place(digest)) {
            push(&mut drawer.digests, digest);
            push(&mut drawer.values, value);
        }
    }

    /// All of them are here: from now on they can be found.
    pub fn settle(&mut self) {
        for drawer in &mut self.drawers {
            let order = order(&drawer.digests);
            drawer.digests = arranged(&drawer.digests, &order);
            drawer.values = arranged(&drawer.values, &order);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.drawers.iter().all(|drawer| drawer.digests.is_empty())
    }

    /// The values of a digest, in the order that they came in; none of one that is not here.
    pub fn get(&self, digest: Digest) -> Option<&[V]> {
        let drawer = self.drawers.get(place(digest))?;
        let start = drawer.digests.partition_point(|other| *other < digest);
        let same = drawer.digests.iter().skip(start).take_while(|other| **other == digest).count();
        (same > 0).then(|| drawer.values.get(start..start + same).unwrap_or_default())
    }

    pub fn has(&self, digest: Digest) -> bool {
        self.get(digest).is_some()
    }

    /// From now on digests have no values.
    pub fn forget_values(&mut self) {
        self.drawers.iter_mut().for_each(|drawer| drawer.values = Vec::new());
    }

    /// The values of each digest that has several.
    pub fn shared(&self) -> impl Iterator<Item = &[V]> {
        self.drawers.iter().flat_map(|drawer| {
            let mut start = 0;
            drawer.digests.chunk_by(|a, b| a == b).filter_map(move |same| {
                let values = drawer.values.get(start..start + same.len());
                start += same.len();
                values.filter(|values| values.len() > 1)
            })
        })
    }
}

/// Which drawer. Short values are their own digests, and alike.
fn place(digest: Digest) -> usize {
    let folded = (digest ^ (digest >> 64)) as u64;
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - DRAWERS.ilog2())) as usize
}

/// By an eighth at a time, not to have half of it empty.
fn push<T>(items: &mut Vec<T>, item: T) {
    if items.len() == items.capacity() {
        items.reserve_exact((items.len() / 8).max(8));
    }
    items.push(item);
}

/// The places of the digests, the least first, and first what came first.
fn order(digests: &[Digest]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..digests.len() as u32).collect();
    order.sort_unstable_by_key(|place| (digests.get(*place as usize).copied(), *place));
    order
}

fn arranged<T: Copy>(items: &[T], order: &[u32]) -> Vec<T> {
    let mut arranged = Vec::with_capacity(items.len());
    arranged.extend(order.iter().filter_map(|place| items.get(*place as usize).copied()));
    arranged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let mut drawers = Drawers::default();
        assert!(drawers.is_empty());
        // Multiples of one number, small ones and large ones, some of them twice or thrice.
        let digests: Vec<Digest> = (0..5000).map(|n| (n * 7 % 3000) << (n % 3 * 40)).collect();
        for (place, digest) in digests.iter().enumerate() {
            drawers.push(*digest, place);
        }
        drawers.settle();
        assert!(!drawers.is_empty());
        let places =
            |wanted: Digest| -> Vec<usize> { (0..digests.len()).filter(|place| digests[*place] == wanted).collect() };
        for digest in &digests {
            assert_eq!(drawers.get(*digest), Some(places(*digest).as_slice()));
        }
        for digest in (3000..4000).chain([Digest::MAX]) {
            assert_eq!(drawers.has(digest), digests.contains(&digest));
        }
        let mut shared: Vec<usize> = drawers.shared().flatten().copied().collect();
        shared.sort_unstable();
        let several = |place: &usize| places(digests[*place]).len() > 1;
        assert_eq!(shared, (0..digests.len()).filter(several).collect::<Vec<_>>());
        drawers.forget_values();
        assert_eq!(drawers.get(digests[0]), Some([].as_slice()));
        assert!(!drawers.has(3000));
    }

    #[test]
    fn what_is_alike_is_spread() {
        // Ids as they are written: fourteen characters of 64 kinds, their count and their kind.
        let digest = |n: u64| super::super::itself(4, format!("{n:014}").as_bytes()).unwrap();
        let mut counts = [0; DRAWERS];
        (0..100_000).for_each(|n| counts[place(digest(n))] += 1);
        assert!(counts.iter().all(|count| *count < 2_000), "{:?}", counts.iter().max());
    }
}

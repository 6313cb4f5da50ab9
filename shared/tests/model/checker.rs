//! Walks through every world that can be reached, breadth first, so that what it finds is shortest.

use std::fmt::Write;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use super::promises::{Broken, Promise, is_settled};
use super::rules::Rules;
use super::scenario::Scenario;
use super::steps::{Kind, Step, Steps};
use super::world::World;

/// A walk that has a bound is one that ends; the largest scenario has a fifth of this.
const MOST_WORLDS: usize = 20_000_000;

/// How large what was walked through is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    pub(crate) worlds: usize,
    pub(crate) steps: usize,
    /// The most executions that came of it.
    pub(crate) executions: u8,
}

/// How a promise came to be broken.
pub(crate) struct Counterexample {
    pub(crate) broken: Broken,
    pub(crate) trace: Vec<Step>,
    last: World,
}

impl Counterexample {
    pub(crate) fn tell(&self) -> String {
        let mut told = format!("{}\n", self.broken);
        for (number, step) in self.trace.iter().enumerate() {
            let _ = writeln!(told, "  {:2}. {step}", number + 1);
        }
        let _ = writeln!(told, "  before the last step: {:?}", self.last);
        told
    }
}

/// Walks through a scenario.
pub(crate) fn walk(scenario: &Scenario, rules: Rules) -> Result<Size, Box<Counterexample>> {
    let mut walk = Walk::new(!scenario.one_worker);
    walk.visit(World::new(), None);
    let mut progress: Vec<(u32, u32)> = Vec::new();
    let mut size = Size::default();
    let mut next = 0;
    while next < walk.worlds.len() {
        let world = walk.worlds[next];
        for (step, kind, led) in Steps::of(&world, rules, scenario) {
            size.steps += 1;
            match led {
                Err(broken) => return Err(walk.counterexample(next, Some(step), broken)),
                Ok(after) => {
                    size.executions = size.executions.max(after.executions);
                    let after = walk.visit(after, Some((next as u32, step)));
                    if kind == Kind::Progress {
                        progress.push((after, next as u32));
                    }
                }
            }
        }
        next += 1;
        assert!(next < MOST_WORLDS, "{}: the model has grown without bound", scenario.name);
    }
    size.worlds = walk.worlds.len();
    if let Some(stuck) = walk.stuck(progress) {
        let promise =
            if scenario.nets { Promise::NothingIsLost } else { Promise::NetsAreForFaults };
        let broken = Broken { promise, how: "from here, it never comes to its end" };
        return Err(walk.counterexample(stuck, None, broken));
    }
    Ok(size)
}

struct Walk {
    worlds: Vec<World>,
    from: Vec<Option<(u32, Step)>>,
    /// Where each world's number is, by hash; of twice as many places as there are worlds at least.
    table: Vec<u32>,
    /// Which worker is which makes no difference.
    mirrors: bool,
}

const FREE: u32 = u32::MAX;

impl Walk {
    fn new(mirrors: bool) -> Self {
        Self { worlds: Vec::new(), from: Vec::new(), table: vec![FREE; 1 << 12], mirrors }
    }

    /// The number of a world, or of its mirror image: what is true of one is true of the other.
    fn visit(&mut self, world: World, from: Option<(u32, Step)>) -> u32 {
        if self.worlds.len() * 2 >= self.table.len() {
            self.grow();
        }
        let mirrored = if self.mirrors { world.mirrored() } else { world };
        let mut place = self.place(&world);
        while self.table[place] != FREE {
            let known = self.worlds[self.table[place] as usize];
            if known == world || known == mirrored {
                return self.table[place];
            }
            place = (place + 1) % self.table.len();
        }
        let number = self.worlds.len() as u32;
        self.table[place] = number;
        self.worlds.push(world);
        self.from.push(from);
        number
    }

    /// Where to look first; the same for mirror images.
    fn place(&self, world: &World) -> usize {
        let hash = |world: &World| BuildHasherDefault::<Mixer>::default().hash_one(world);
        let mirrored = if self.mirrors { hash(&world.mirrored()) } else { 0 };
        hash(world).wrapping_add(mirrored) as usize % self.table.len()
    }

    fn grow(&mut self) {
        self.table = vec![FREE; self.table.len() * 2];
        for number in 0..self.worlds.len() {
            let mut place = self.place(&self.worlds[number]);
            while self.table[place] != FREE {
                place = (place + 1) % self.table.len();
            }
            self.table[place] = number as u32;
        }
    }

    /// The first world from which no progress leads to where all is settled. As long as there is
    /// such a way from everywhere, whoever is scheduled fairly comes to its end: nothing can take
    /// the way from him but a fault, and there are only so many.
    fn stuck(&self, mut progress: Vec<(u32, u32)>) -> Option<usize> {
        progress.sort_unstable();
        let mut settles: Vec<bool> = self.worlds.iter().map(is_settled).collect();
        let mut ahead: Vec<u32> =
            (0..self.worlds.len() as u32).filter(|world| settles[*world as usize]).collect();
        while let Some(world) = ahead.pop() {
            let first = progress.partition_point(|(to, _)| *to < world);
            for (_, from) in progress[first..].iter().take_while(|(to, _)| *to == world) {
                if !std::mem::replace(&mut settles[*from as usize], true) {
                    ahead.push(*from);
                }
            }
        }
        settles.iter().position(|settles| !settles)
    }

    fn counterexample(
        &self,
        world: usize,
        last: Option<Step>,
        broken: Broken,
    ) -> Box<Counterexample> {
        let mut trace: Vec<Step> = last.into_iter().collect();
        let mut at = world;
        while let Some((before, step)) = self.from[at] {
            trace.push(step);
            at = before as usize;
        }
        trace.reverse();
        Box::new(Counterexample { broken, trace, last: self.worlds[world] })
    }
}

/// A hasher that is quick with small fields; what it hashes is nobody's to choose.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_i32(&mut self, value: i32) {
        self.write_u64(u64::from(value as u32));
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

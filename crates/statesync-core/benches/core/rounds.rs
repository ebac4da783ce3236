//! Measuring in rounds: each round times a batch of lock-and-increment and then a batch of the work, so
//! that whatever else the machine does falls on both. Medians of the rounds are kept, single rounds lost.

use std::hint::black_box;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// One measured piece of work.
pub struct Speed {
    pub group: &'static str,
    pub name: String,
    /// Nanoseconds for one piece, the median of all rounds.
    pub nanoseconds: f64,
    /// That many lock-and-increments take as long, the median of all rounds.
    pub ratio: f64,
    /// The largest ratio this work may have.
    pub limit: Option<f64>,
}

/// All that was measured so far, and how to measure.
pub struct Rounds {
    pub speeds: Vec<Speed>,
    pub counter_nanoseconds: Vec<f64>,
    pub count: usize,
    batch: Duration,
    counter: Mutex<u64>,
}

impl Rounds {
    pub fn new(quick: bool) -> Self {
        let count = if quick { 101 } else { 401 };
        // Shorter than a time slice: most rounds are then not interrupted by another program.
        let batch = Duration::from_micros(200);
        Self { speeds: Vec::new(), counter_nanoseconds: Vec::new(), count, batch, counter: Mutex::new(0) }
    }

    /// Measures work that needs no preparation.
    pub fn work<T>(
        &mut self,
        group: &'static str,
        name: impl Into<String>,
        limit: Option<f64>,
        mut work: impl FnMut() -> T,
    ) {
        self.timed(group, name, limit, |times| {
            let start = Instant::now();
            for _ in 0..times {
                black_box(work());
            }
            start.elapsed()
        });
    }

    /// Measures work that is done the given number of times and takes the time itself, without what it
    /// has to prepare.
    pub fn timed(
        &mut self,
        group: &'static str,
        name: impl Into<String>,
        limit: Option<f64>,
        mut run: impl FnMut(u32) -> Duration,
    ) {
        let times = self.batch_size(&mut run);
        let counts = self.batch_size(&mut |counts| self.count_up(counts));
        let (mut speeds, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..self.count {
            let counter = nanoseconds_each(self.count_up(counts), counts);
            let speed = nanoseconds_each(run(times), times);
            self.counter_nanoseconds.push(counter);
            speeds.push(speed);
            ratios.push(speed / counter);
        }
        let (nanoseconds, ratio) = (median(&speeds), median(&ratios));
        self.speeds.push(Speed { group, name: name.into(), nanoseconds, ratio, limit });
    }

    /// How often the work has to be done to fill a batch; also warms it up.
    fn batch_size(&self, run: &mut impl FnMut(u32) -> Duration) -> u32 {
        let mut times = 1;
        while run(times) < self.batch {
            times *= 2;
        }
        times
    }

    fn count_up(&self, times: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..times {
            *black_box(&self.counter).lock().expect("nothing panics under it") += 1;
        }
        start.elapsed()
    }
}

fn nanoseconds_each(time: Duration, times: u32) -> f64 {
    time.as_secs_f64() * 1e9 / f64::from(times)
}

/// The middle one, the upper of two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

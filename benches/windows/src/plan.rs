//! Which windows, sizes and how many changes.

/// One set of windows that follow a state of one size.
pub struct Scene {
    pub windows: usize,
    pub bytes: usize,
    /// Changes one at a time, for each contender.
    pub singles: usize,
    /// Bursts of each contender.
    pub bursts: usize,
    /// Changes in a burst.
    pub updates: usize,
}

const KB: usize = 1_000;
const MB: usize = 1_000_000;

/// All scenes, or only those whose figures are promised.
pub fn scenes(quick: bool) -> Vec<Scene> {
    let windows: &[usize] = if quick { &[4] } else { &[1, 4, 8] };
    let sizes: &[usize] = if quick { &[128, KB, MB] } else { &[128, KB, 10 * KB, MB] };
    let scene = |windows, bytes| match (bytes >= MB, quick) {
        (false, false) => Scene { windows, bytes, singles: 300, bursts: 5, updates: 1_000 },
        (false, true) => Scene { windows, bytes, singles: 200, bursts: 5, updates: 1_000 },
        (true, false) => Scene { windows, bytes, singles: 40, bursts: 1, updates: 100 },
        (true, true) => Scene { windows, bytes, singles: 15, bursts: 1, updates: 100 },
    };
    windows.iter().flat_map(|&windows| sizes.iter().map(move |&bytes| scene(windows, bytes))).collect()
}

/// A size as people say it.
pub fn size_name(bytes: usize) -> String {
    match bytes {
        MB.. => format!("{} MB", bytes / MB),
        KB.. => format!("{} KB", bytes / KB),
        _ => format!("{bytes} B"),
    }
}

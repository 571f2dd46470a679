//! The same work in Python: numpy's sum and var, and `math.fsum`.

use std::process::Command;

/// Prints GB/s of each, medians of so many samples, on one core; and where they come from.
const PROGRAM: &str = r#"
import math, sys, time
import numpy as np
count, samples = int(sys.argv[1]) // 8, int(sys.argv[2])
values = np.sin(np.arange(count) * 0.37)
few = values[: count // 16].tolist()
def rate(work, bytes):
    times = []
    for _ in range(samples + 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return bytes / sorted(times[1:])[samples // 2] / 1e9
print(f"numpy {np.__version__}, one core:",
      f"sum {rate(values.sum, 8 * count):.1f} GB/s,",
      f"var {rate(values.var, 8 * count):.1f},",
      f"math.fsum of a list {rate(lambda: math.fsum(few), 8 * len(few)):.2f}")
"#;

pub fn report(bytes: usize, samples: usize) {
    let arguments = [bytes.to_string(), samples.to_string()];
    // Debian's own, which its python3-numpy belongs to, or whichever comes first.
    let printed = ["/usr/bin/python3", "python3"].iter().find_map(|python| {
        let mut python = Command::new(python);
        python.args(["-c", PROGRAM]).args(&arguments);
        let output = python.env("OMP_NUM_THREADS", "1").output().ok()?;
        output.status.success().then_some(output.stdout)
    });
    match printed {
        Some(printed) => print!("{}", String::from_utf8_lossy(&printed)),
        None => println!("numpy: skipped, no python3 with numpy here"),
    }
}

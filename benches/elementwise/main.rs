//! Elementwise work on a distributed array, against the plain `ndarray` loop on one rank, and numpy's.
//!
//!     cargo xtask bench elementwise
//!
//! Both do the same on the same number of elements, alternately in one run on rank 0, and what is reported
//! is the time of partita's over that of the loop: the layouts are looked at once a call, the elements are
//! `ndarray`'s. numpy works beside them where it is installed, in a process of its own.

#[path = "../common/report.rs"]
mod report;

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::Instant;

use ndarray::{Array2, Ix2, Zip};
use partita::prelude::*;
use report::{Samples, median_ratio, print_table};

/// Elementwise work against the plain loop
#[derive(clap::Parser)]
struct Arguments {
    /// Elements along each side of the square arrays
    #[arg(long, default_value_t = 2048)]
    side: usize,
    /// Samples of each figure
    #[arg(long, default_value_t = 15)]
    samples: usize,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

/// The arrays that all work is done on, twice.
struct Arrays {
    a: DistArray<f64, Ix2>,
    b: DistArray<f64, Ix2>,
    plain_a: Array2<f64>,
    plain_b: Array2<f64>,
}

/// What is measured: partita's way, the plain one, and numpy's words for it.
struct Work {
    name: &'static str,
    ours: fn(&mut Arrays) -> Result<()>,
    plain: fn(&mut Arrays),
    numpy: &'static str,
}

const WORKS: [Work; 5] = [
    Work {
        name: "map",
        ours: |arrays| {
            black_box(arrays.a.map(|value| 2.0 * value + 1.0));
            Ok(())
        },
        plain: |arrays| {
            black_box(arrays.plain_a.map(|value| 2.0 * value + 1.0));
        },
        numpy: "2.0 * a + 1.0",
    },
    Work {
        name: "map in place",
        ours: |arrays| {
            arrays.a.map_inplace(|value| 0.5 * value + 1.0);
            Ok(())
        },
        plain: |arrays| arrays.plain_a.mapv_inplace(|value| 0.5 * value + 1.0),
        numpy: "np.multiply(a, 0.5, out=a); np.add(a, 1.0, out=a)",
    },
    Work {
        name: "zip",
        ours: |arrays| {
            black_box((&arrays.a + &arrays.b)?);
            Ok(())
        },
        plain: |arrays| {
            black_box(&arrays.plain_a + &arrays.plain_b);
        },
        numpy: "a + b",
    },
    Work {
        name: "zip in place",
        ours: |arrays| arrays.a.zip_inplace(&arrays.b, |a, b| 0.5 * a + b),
        plain: |arrays| {
            let plain = Zip::from(&mut arrays.plain_a).and(&arrays.plain_b);
            plain.for_each(|a, &b| *a = 0.5 * *a + b);
        },
        numpy: "np.multiply(a, 0.5, out=a); np.add(a, b, out=a)",
    },
    Work {
        name: "slice in place",
        ours: |arrays| {
            let mut rows = arrays.a.slice_mut(ndarray::s![1..;2, ..])?;
            rows.map_inplace(|value| 0.5 * value + 1.0);
            Ok(())
        },
        plain: |arrays| {
            let mut rows = arrays.plain_a.slice_mut(ndarray::s![1..;2, ..]);
            rows.mapv_inplace(|value| 0.5 * value + 1.0);
        },
        numpy: "s = a[1::2]; np.multiply(s, 0.5, out=s); np.add(s, 1.0, out=s)",
    },
];

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        // The others wait at the end.
        let alone = world.split(world.is_root().then_some(0), 0)?;
        if let Some(alone) = alone {
            measure(&alone, &arguments)?;
        }
        Ok(())
    })
}

fn measure(alone: &Communicator, arguments: &Arguments) -> Result<()> {
    let side = arguments.side;
    let grid = ProcessGrid::balanced(alone, 2)?;
    let a = DistArray::from_fn(&grid, [side, side], |[i, j]| (i ^ j) as f64)?;
    let b = a.map(|value| value + 0.5);
    let (plain_a, plain_b) = (a.local().to_owned(), b.local().to_owned());
    let mut arrays = Arrays {
        a,
        b,
        plain_a,
        plain_b,
    };
    println!(
        "elementwise, {side} × {side} f64 on one rank, medians of {} interleaved samples",
        arguments.samples
    );
    let mut rows = vec![];
    for work in &WORKS {
        let (mut ours, mut plain) = (Samples::default(), Samples::default());
        for round in 0..=arguments.samples {
            // In turn first, so that neither always finds what the other left in the cache.
            let ours_first = round % 2 == 0;
            let mut seconds = [0.0; 2];
            for turn in [ours_first, !ours_first] {
                let clock = Instant::now();
                match turn {
                    true => (work.ours)(&mut arrays)?,
                    false => (work.plain)(&mut arrays),
                }
                seconds[usize::from(turn)] = clock.elapsed().as_secs_f64();
            }
            plain.push(seconds[0]);
            ours.push(seconds[1]);
            if round == 0 {
                // What came first warmed up pages.
                plain.clear();
                ours.clear();
            }
        }
        let numpy = numpy_seconds(work.numpy, side, arguments.samples);
        let milliseconds = |seconds: f64| format!("{:.2}", 1e3 * seconds);
        rows.push(vec![
            work.name.to_string(),
            milliseconds(ours.median()),
            milliseconds(plain.median()),
            format!("{:.3}", median_ratio(&ours, &plain)),
            numpy.map_or("–".to_string(), milliseconds),
            format!("{:.0} %", 100.0 * ours.spread()),
        ]);
    }
    let head = [
        "",
        "partita ms",
        "loop ms",
        "of the loop",
        "numpy ms",
        "spread",
    ];
    print_table(&head, &rows);
    Ok(())
}

/// The median of numpy's times; `None` where it is not installed.
fn numpy_seconds(statement: &str, side: usize, samples: usize) -> Option<f64> {
    let program = format!(
        "import time, numpy as np\n\
         i = np.arange({side}); a = (i[:, None] ^ i).astype(float); b = a + 0.5; t = []\n\
         for _ in range({samples} + 1):\n    \
             c = time.perf_counter(); r = None\n    exec({statement:?})\n    t.append(time.perf_counter() - c)\n\
         print(sorted(t[1:])[len(t) // 2 - 1])"
    );
    let output = Command::new("/usr/bin/env")
        .args(["python3", "-c", &program])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

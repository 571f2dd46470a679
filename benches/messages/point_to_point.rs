//! Messages and broadcasts by size: as buffers, beside C; as objects, beside buffers and copies in memory.

use std::cell::RefCell;
use std::hint::black_box;

use partita::prelude::*;

use crate::report::{Samples, median_ratio, print_table};
use crate::sampling::{in_turn, microseconds, slowest, timed};

/// Sizes of messages in bytes, and how many make a sample.
const MESSAGES: [(usize, usize); 5] = [
    (8, 20_000),
    (1 << 10, 20_000),
    (1 << 16, 2_000),
    (1 << 20, 100),
    (1 << 24, 6),
];

/// Bytes of a broadcast, and how many make a sample.
const BROADCASTS: [(usize, usize); 2] = [(8_000, 5_000), (80_000_000, 2)];

/// What one size takes.
struct Timing {
    name: String,
    bytes: usize,
    peer: Samples,
    buffer: Samples,
    object: Samples,
    /// Into memory that was written before.
    copy: Samples,
    /// Into memory that the system hands over on the way, as a clone is.
    clone: Samples,
}

/// Both tables. *Collective.*
pub fn compare(world: &Communicator, samples: usize) -> Result<()> {
    let mut timings = vec![];
    for (bytes, repetitions) in MESSAGES {
        timings.push(ping_pong(world, bytes, repetitions, samples)?);
    }
    for (bytes, repetitions) in BROADCASTS {
        timings.push(broadcast(world, bytes, repetitions, samples)?);
    }
    if world.is_root() {
        print_buffers(&timings);
        println!("\nobjects of f64, beside buffers and copies in memory");
        print_objects(&timings);
    }
    Ok(())
}

fn ping_pong(
    world: &Communicator,
    bytes: usize,
    repetitions: usize,
    samples: usize,
) -> Result<Timing> {
    let buffer = RefCell::new(vec![1u8; bytes]);
    let mut value = vec![1.0_f64; bytes / 8];
    let numbers = value.clone();
    let half = |seconds: f64| seconds / 2.0;
    let [peer, ours, object, copy, clone] = in_turn(
        samples,
        [
            &mut || partita_peers::ping_pong(world, &mut buffer.borrow_mut(), repetitions),
            &mut || {
                let mut buffer = buffer.borrow_mut();
                let there_and_back = || match world.rank() {
                    0 => {
                        world.send(&buffer[..], 1)?;
                        world.receive(&mut buffer[..], 1).map(|_| ())
                    }
                    1 => {
                        world.receive(&mut buffer[..], 0)?;
                        world.send(&buffer[..], 0)
                    }
                    _ => Ok(()),
                };
                timed(world, repetitions, there_and_back).map(half)
            },
            &mut || {
                let there_and_back = || {
                    match world.rank() {
                        0 => {
                            world.send_object(&value, 1)?;
                            value = world.receive_object(1)?;
                        }
                        1 => {
                            value = world.receive_object(0)?;
                            world.send_object(&value, 0)?;
                        }
                        _ => {}
                    }
                    Ok(())
                };
                timed(world, repetitions, there_and_back).map(half)
            },
            &mut || copy(world, &numbers, repetitions),
            &mut || clone(world, &numbers, repetitions),
        ],
    )?;
    Ok(Timing {
        name: format!("message {bytes} B"),
        bytes,
        peer,
        buffer: ours,
        object,
        copy,
        clone,
    })
}

fn broadcast(
    world: &Communicator,
    bytes: usize,
    repetitions: usize,
    samples: usize,
) -> Result<Timing> {
    let buffer = RefCell::new(vec![1.0_f64; bytes / 8]);
    let mut value = world.is_root().then(|| vec![1.0_f64; bytes / 8]);
    let numbers = vec![1.0_f64; bytes / 8];
    let [peer, ours, object, copy, clone] = in_turn(
        samples,
        [
            &mut || {
                let seconds =
                    partita_peers::broadcast(world, &mut buffer.borrow_mut(), repetitions)?;
                slowest(world, seconds)
            },
            &mut || {
                let mut buffer = buffer.borrow_mut();
                timed(world, repetitions, || world.broadcast(0, &mut buffer[..]))
            },
            &mut || {
                timed(world, repetitions, || {
                    let received = world.broadcast_object(0, value.take())?;
                    value = world.is_root().then_some(received);
                    Ok(())
                })
            },
            &mut || self::copy(world, &numbers, repetitions),
            &mut || self::clone(world, &numbers, repetitions),
        ],
    )?;
    Ok(Timing {
        name: format!("broadcast {bytes} B"),
        bytes,
        peer,
        buffer: ours,
        object,
        copy,
        clone,
    })
}

/// On one rank, as encoding and decoding are.
fn copy(world: &Communicator, numbers: &[f64], repetitions: usize) -> Result<f64> {
    let mut target = numbers.to_vec();
    timed(world, repetitions, || {
        if world.is_root() {
            target.copy_from_slice(black_box(numbers));
            black_box(&mut target);
        }
        Ok(())
    })
}

fn clone(world: &Communicator, numbers: &[f64], repetitions: usize) -> Result<f64> {
    timed(world, repetitions, || {
        if world.is_root() {
            drop(black_box(black_box(numbers).to_vec()));
        }
        Ok(())
    })
}

fn print_buffers(timings: &[Timing]) {
    let row = |timing: &Timing| {
        let (own, peer) = (timing.buffer.median(), timing.peer.median());
        vec![
            timing.name.clone(),
            microseconds(peer),
            microseconds(own),
            format!("{:.2}", timing.bytes as f64 / own / 1e9),
            format!("{:.3}", median_ratio(&timing.peer, &timing.buffer)),
            format!("{:+.2}", (own - peer) * 1e6),
            format!("{:.0} %", 100.0 * timing.buffer.spread()),
        ]
    };
    let head = [
        "buffers",
        "C µs",
        "µs",
        "GB/s",
        "of C's speed",
        "longer by µs",
        "spread",
    ];
    print_table(&head, &timings.iter().map(row).collect::<Vec<_>>());
}

fn print_objects(timings: &[Timing]) {
    let row = |timing: &Timing| {
        let more = timing.object.median() - timing.buffer.median();
        vec![
            timing.name.clone(),
            microseconds(timing.buffer.median()),
            microseconds(timing.object.median()),
            microseconds(timing.copy.median()),
            microseconds(timing.clone.median()),
            format!("{:.1}", more / timing.copy.median()),
            format!("{:.1}", more / timing.clone.median()),
        ]
    };
    let head = [
        "objects",
        "buffer µs",
        "object µs",
        "copy µs",
        "clone µs",
        "copies more",
        "clones more",
    ];
    print_table(&head, &timings.iter().map(row).collect::<Vec<_>>());
}

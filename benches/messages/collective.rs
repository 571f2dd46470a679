//! Small collectives, of which the fixed cost shows: beside C, and with the checker.

use partita::prelude::*;

use crate::report::{Samples, print_table};
use crate::sampling::{in_turn, microseconds, slowest, timed};

const REPETITIONS: usize = 5_000;

/// What one collective takes: in C, and with the checker off and on.
struct Timing {
    name: &'static str,
    peer: Samples,
    off: Samples,
    on: Samples,
}

/// A barrier, and sums of few numbers. *Collective.*
pub fn compare(world: &Communicator, samples: usize) -> Result<()> {
    let on = world.checked()?;
    let barrier = |ranks: &Communicator| ranks.barrier();
    let value = |ranks: &Communicator| ranks.all_reduce_value(0.0, Operation::Sum).map(drop::<f64>);
    let few = |ranks: &Communicator| ranks.all_reduce(&[0.0; 128], Operation::Sum).map(drop);
    let c_barrier = || partita_peers::barrier(world, REPETITIONS);
    let c_sum = |length| partita_peers::all_reduce(world, &mut vec![0.0; length], REPETITIONS);
    let ranks = [world, &on];
    let timings = [
        time("barrier", ranks, samples, barrier, c_barrier)?,
        time("all_reduce_value, f64", ranks, samples, value, || c_sum(1))?,
        time("all_reduce, 128 f64", ranks, samples, few, || c_sum(128))?,
    ];
    if world.is_root() {
        let head = [
            "",
            "C µs",
            "off µs",
            "longer by µs",
            "on µs",
            "longer by µs",
        ];
        print_table(&head, &timings.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

fn time(
    name: &'static str,
    [off, on]: [&Communicator; 2],
    samples: usize,
    work: impl Fn(&Communicator) -> Result<()>,
    peer: impl Fn() -> Result<f64>,
) -> Result<Timing> {
    let [peer, off, on] = in_turn(
        samples,
        [
            &mut || slowest(off, peer()?),
            &mut || timed(off, REPETITIONS, || work(off)),
            &mut || timed(off, REPETITIONS, || work(on)),
        ],
    )?;
    Ok(Timing {
        name,
        peer,
        off,
        on,
    })
}

fn row(timing: &Timing) -> Vec<String> {
    let (peer, off, on) = (
        timing.peer.median(),
        timing.off.median(),
        timing.on.median(),
    );
    vec![
        timing.name.to_owned(),
        microseconds(peer),
        microseconds(off),
        format!("{:+.2}", (off - peer) * 1e6),
        microseconds(on),
        format!("{:+.2}", (on - off) * 1e6),
    ]
}

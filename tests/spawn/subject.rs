//! A program that starts itself as its workers, and what the two say to each other.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use partita::{Communicator, Error, InterCommunicator, Operation, Result, Root, Tag, root_println};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    partita::run(move |world| match InterCommunicator::parent(world)? {
        Some(parent) => work(world, parent, &arguments),
        None => lead(world, arguments.first().map_or("", String::as_str)),
    })
}

fn lead(world: &Communicator, how: &str) -> Result<()> {
    let program = std::env::current_exe().map_err(Error::other)?;
    let number = if how == "none" { 0 } else { 2 };
    let program = if how == "missing" {
        "/nowhere/worker".into()
    } else {
        program
    };
    let workers = world.spawn(program, &["as a worker", how], number)?;
    assert_eq!(
        (workers.rank(), workers.size()),
        (world.rank(), world.size())
    );
    assert_eq!(workers.remote_size(), number);
    if world.is_root() {
        for worker in 0..number {
            workers.send_object(&format!("task {worker}"), worker)?;
            workers.send(&vec![1.5; worker + 1], (worker, Tag(7)))?;
            let (doubled, received) = workers.receive_vec::<f64>((worker, Tag(8)))?;
            assert_eq!((doubled, received.source), (vec![3.0; worker + 1], worker));
            let answer: (usize, String) = workers.receive_object(worker)?;
            println!("worker {} did {}", answer.0, answer.1);
        }
        let error = workers.send(&[1], (0, Tag::MAX)).unwrap_err();
        assert!(error.to_string().contains("the largest between two groups"));
        assert!(workers.send(&[1], number).is_err());
    }
    together(world, &workers, true)?;
    root_println!(world, "{workers:?}");
    workers.disconnect()
}

fn work(world: &Communicator, parent: InterCommunicator, arguments: &[String]) -> Result<()> {
    assert_eq!(arguments[0], "as a worker");
    assert_eq!(world.size(), 2);
    let task: String = parent.receive_object(0)?;
    let (numbers, _) = parent.receive_vec::<f64>((0, Tag(7)))?;
    let doubled: Vec<f64> = numbers.iter().map(|number| 2.0 * number).collect();
    parent.send(&doubled, (0, Tag(8)))?;
    parent.send_object(&(world.rank(), task), 0)?;
    together(world, &parent, false)?;
    parent.disconnect()?;
    match arguments[1].as_str() {
        "failing" if world.rank() == 1 => Err(Error::numerical("worker", "unstable")),
        _ => world.barrier(),
    }
}

/// What both groups do at once.
fn together(world: &Communicator, other: &InterCommunicator, leads: bool) -> Result<()> {
    other.barrier()?;
    let mut numbers = [0_i64; 3];
    if leads {
        let last = world.size() - 1;
        if world.rank() == last {
            numbers = [1, 2, 3];
        }
        other.broadcast(Root::Local(last), &mut numbers)?;
        other.broadcast(Root::Remote(1), &mut numbers)?;
        assert_eq!(numbers, [10, 20, 30]);
    } else {
        other.broadcast(Root::Remote(other.remote_size() - 1), &mut numbers)?;
        assert_eq!(numbers, [1, 2, 3]);
        numbers = numbers.map(|number| 10 * number);
        other.broadcast(Root::Local(1), &mut numbers)?;
    }
    let merged = other.merge()?;
    assert_eq!(merged.size(), world.size() + other.remote_size());
    let ranks = merged.all_gather(&[if leads { 0 } else { 100 } + world.rank()])?;
    let leaders = if leads {
        world.size()
    } else {
        other.remote_size()
    };
    let workers = merged.size() - leaders;
    let expected = (0..leaders).chain((0..workers).map(|worker| 100 + worker));
    assert_eq!(ranks, expected.collect::<Vec<_>>());
    let sum = merged.all_reduce_value(1, Operation::Sum)?;
    assert_eq!(sum, merged.size());
    let error = merged.agree(match merged.rank() == 0 {
        true => Err(Error::other("of a leader")),
        false => Ok(()),
    });
    assert_eq!(error, Err(Error::other("of a leader").on_rank(0)));
    merged.close()
}

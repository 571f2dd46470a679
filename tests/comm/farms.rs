//! Many tasks on whichever rank is free.

use std::ops::ControlFlow;

use partita::{Communicator, Error, Result};
use partita_testing::{error_of_all, spmd_test};

/// Something to compute whose cost differs by a factor of a thousand between tasks.
fn collatz(task: u64) -> u64 {
    let rounds = if task.is_multiple_of(7) { 1000 } else { 1 };
    let steps = |start: u64| {
        let mut number = start;
        let mut steps = 0;
        while number > 1 {
            number = if number.is_multiple_of(2) {
                number / 2
            } else {
                3 * number + 1
            };
            steps += 1;
        }
        steps
    };
    (0..rounds)
        .map(|_| std::hint::black_box(steps(task + 1)))
        .sum::<u64>()
        / rounds
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn results_come_in_the_order_of_the_tasks(world: &Communicator) -> Result<()> {
    for count in [0, 1, 2, 3, 100] {
        for chunk in [0, 1, 3, 1000] {
            let tasks: Vec<u64> = (0..count).collect();
            let given = world.is_root().then_some(&tasks[..]);
            let results = world
                .farm()
                .chunk(chunk)
                .map(given, |task| Ok(collatz(task)))?;
            let expected = tasks.iter().map(|&task| collatz(task)).collect::<Vec<_>>();
            assert_eq!(results, world.is_root().then_some(expected));
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn every_task_is_done_exactly_once(world: &Communicator) -> Result<()> {
    let tasks: Vec<u64> = (0..60).collect();
    let mut own = Vec::new();
    world.farm().chunk(4).for_each(
        Some(&tasks),
        |task| {
            own.push(task);
            Ok(collatz(task))
        },
        |_, _| ControlFlow::Continue(()),
    )?;
    let mut done: Vec<u64> = world.all_gather_objects(&own)?.concat();
    done.sort_unstable();
    assert_eq!(done, tasks);
    assert!(
        own.is_empty() || !world.is_root() || world.size() == 1,
        "rank 0 works"
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn each_result_is_received_once_with_its_number(world: &Communicator) -> Result<()> {
    let tasks: Vec<String> = (0..40).map(|number| "x".repeat(number)).collect();
    let mut received = vec![None; tasks.len()];
    world.farm().for_each(
        Some(&tasks),
        |task: String| Ok(task.len()),
        |task, outcome| {
            assert!(received[task].replace(outcome).is_none(), "twice");
            ControlFlow::Continue(())
        },
    )?;
    for (task, outcome) in received.into_iter().enumerate() {
        assert_eq!(outcome, world.is_root().then_some(Ok(task)));
    }
    Ok(())
}

/// Fails at two tasks, in two ways.
fn fragile(task: usize) -> Result<usize> {
    match task {
        7 => Err(Error::numerical("task", "diverges")),
        11 => panic!("no luck with {task}"),
        _ => Ok(10 * task),
    }
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_failure_is_the_outcome_of_its_task_and_the_rest_is_carried_on(
    world: &Communicator,
) -> Result<()> {
    let tasks: Vec<usize> = (0..20).collect();
    for chunk in [1, 5] {
        let outcomes = world.farm().chunk(chunk).outcomes(Some(&tasks), fragile)?;
        assert_eq!(outcomes.is_some(), world.is_root());
        for (task, outcome) in outcomes.into_iter().flatten().enumerate() {
            match (task, outcome) {
                (7, Err(error)) => assert_eq!(error.exit_code(), 5, "{error}"),
                (11, Err(error)) => {
                    let text = error.to_string();
                    assert!(text.contains("panicked at tests/comm/farms.rs:"), "{text}");
                    assert!(text.ends_with("no luck with 11"), "{text}");
                }
                (_, outcome) => assert_eq!(outcome, Ok(10 * task)),
            }
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn the_first_failure_in_the_order_of_the_tasks_is_everyones(
    world: &Communicator,
) -> Result<()> {
    for (first, code, says) in [(0, 5, "diverges"), (8, 1, "no luck with 11")] {
        for chunk in [1, 3, 100] {
            let tasks: Vec<usize> = (first..40).collect();
            let outcome = world.farm().chunk(chunk).map(Some(&tasks), fragile);
            let error = error_of_all(world, outcome)?;
            let place = if first == 0 { 7 } else { 3 };
            assert!(
                matches!(error, Error::OnTask { task, .. } if task == place),
                "{error:?}"
            );
            assert_eq!(error.exit_code(), code);
            let text = error.to_string();
            assert!(text.starts_with(&format!("task {place}: rank ")), "{text}");
            assert!(text.ends_with(says), "{text}");
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn after_a_break_no_more_tasks_are_handed_out(world: &Communicator) -> Result<()> {
    let tasks: Vec<usize> = (0..1000).collect();
    let mut received = 0;
    world.farm().for_each(
        Some(&tasks),
        |task: usize| Ok(task),
        |_, _| {
            received += 1;
            ControlFlow::Break(())
        },
    )?;
    // The first one, and what the others were doing then.
    let most = if world.is_root() {
        world.size().max(2) - 1
    } else {
        0
    };
    assert!(
        received <= most && (received > 0) == world.is_root(),
        "{received}"
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5])]
pub fn one_farm_after_another_even_a_refused_one(world: &Communicator) -> Result<()> {
    for round in 0..20 {
        let tasks: Vec<usize> = (0..round).collect();
        let sum = world.farm().map(Some(&tasks), |task: usize| Ok(task))?;
        let sum = sum.map(|results| results.iter().sum::<usize>());
        assert_eq!(
            sum,
            world.is_root().then(|| round * round.saturating_sub(1) / 2)
        );
        let refused = world.farm().map(None, |task: usize| Ok(task));
        assert_eq!(error_of_all(world, refused)?.exit_code(), 2);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
pub fn large_tasks_and_results_arrive_whole(world: &Communicator) -> Result<()> {
    let tasks: Vec<Vec<f64>> = (0..5).map(|task| vec![f64::from(task); 50_000]).collect();
    let doubled = world.farm().map(Some(&tasks), |task: Vec<f64>| {
        Ok(task
            .into_iter()
            .map(|value| 2.0 * value)
            .collect::<Vec<_>>())
    })?;
    for (task, result) in doubled.into_iter().flatten().enumerate() {
        assert_eq!(result, vec![2.0 * task as f64; 50_000]);
    }
    Ok(())
}

//! Windows: memory of each rank that the others access by themselves.

use partita::{Communicator, Element, Error, Number, Operation, Result, Window};
use partita_testing::{Sample, cases, error_of_all, part, spmd_test, with_every_number};

/// Every rank puts a part into every rank's memory, and gets its own parts back from everywhere.
fn all_to_all<T: Sample + Number>(world: &Communicator, length: usize) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let mut window = Window::zeros(world, size * length)?;
    let parts: Vec<Vec<T>> = (0..size).map(|to| part(rank, to, length)).collect();
    window.fence(|epoch| {
        for (to, part) in parts.iter().enumerate() {
            epoch.put(part, to, rank * length)?;
        }
        Ok(())
    })?;
    let expected: Vec<T> = (0..size)
        .flat_map(|from| part(from, rank, length))
        .collect();
    window.local(|own| assert_eq!(own, expected))?;

    let mut back = vec![vec![T::default(); length]; size];
    window.fence(|epoch| {
        for (from, buffer) in back.iter_mut().enumerate() {
            epoch.get(buffer, from, rank * length)?;
        }
        Ok(())
    })?;
    assert_eq!(back, parts);
    window.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn what_is_put_is_there_when_the_fence_returns(world: &Communicator) -> Result<()> {
    for length in [0, 1, 7] {
        with_every_number!(all_to_all(world, length));
    }
    all_to_all::<f64>(world, 50_000)
}

#[spmd_test(ranks = [2, 3, 5], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn windows_work_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    for length in [2, 3, 7, 20] {
        all_to_all::<i32>(world, length)?;
    }
    what_is_accumulated_is_the_sum_over_the_ranks(world)?;
    a_locked_rank_is_read_and_written_by_one_at_a_time(world)
}

/// The parts have different lengths, some none.
#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn ranges_are_checked_against_the_targets_own_length(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let mut window = Window::zeros(world, 3 * (rank % 3))?;
    let lengths: Vec<usize> = (0..size).map(|rank| 3 * (rank % 3)).collect();
    assert_eq!(window.lengths(), lengths);
    let data = [1u16; 3];
    for (target, &length) in lengths.iter().enumerate() {
        for offset in [0, 1, 3, 4, usize::MAX - 1] {
            let outcome = window.fence(|epoch| match rank == 0 {
                true => epoch.put(&data, target, offset),
                false => Ok(()),
            });
            match offset.checked_add(3) {
                Some(end) if end <= length => outcome?,
                _ => {
                    let error = error_of_all(world, outcome)?;
                    let text = format!("3 elements from {offset} are not within the {length}");
                    assert_eq!(error.exit_code(), 3, "{error:?}");
                    assert!(error.to_string().contains(&text), "{error}");
                }
            }
        }
    }
    let outcome = window.fence(|epoch| epoch.put(&data, size, 0));
    assert_eq!(error_of_all(world, outcome)?.exit_code(), 2);
    let outcome = window.passive(|open| open.lock(size, |_| Ok(())));
    assert_eq!(error_of_all(world, outcome)?.exit_code(), 2);
    window.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn what_is_accumulated_is_the_sum_over_the_ranks(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let mut window = Window::zeros(world, 11)?;
    window.local_mut(|own| own.fill(100))?;
    let data: Vec<i64> = (0..10).map(|i| (rank as i64 + 1) * i).collect();
    window.fence(|epoch| {
        for target in 0..size {
            epoch.accumulate(&data, target, 1, Operation::Sum)?;
        }
        Ok(())
    })?;
    let ranks = (size * (size + 1) / 2) as i64;
    window.local(|own| {
        assert_eq!(own[0], 100);
        for (i, value) in own[1..].iter().enumerate() {
            assert_eq!(*value, 100 + ranks * i as i64);
        }
    })?;
    window.close()
}

/// A read, then a write that depends on it, many times by all ranks: lost updates would show.
#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_locked_rank_is_read_and_written_by_one_at_a_time(world: &Communicator) -> Result<()> {
    const TIMES: usize = 50;
    let size = world.size();
    let mut window = Window::<u64>::zeros(world, 4)?;
    window.passive(|open| {
        for number in 0..TIMES {
            let target = (world.rank() + number) % size;
            let before = open.lock(target, |target| target.fetch_and_op(0, 1, Operation::Sum))?;
            assert!(before < (TIMES * size) as u64);
        }
        Ok(())
    })?;
    let sum = window.local(|own| own[0])?;
    let total = world.all_reduce_value(sum, Operation::Sum)?;
    assert_eq!(total, (TIMES * size) as u64);

    // Two accesses in one epoch, of which nobody sees the middle.
    window.passive(|open| {
        for _ in 0..TIMES {
            open.lock(0, |target| {
                let a = target.fetch_and_op(1, 1, Operation::Sum)?;
                let b = target.fetch_and_op(2, 1, Operation::Sum)?;
                assert_eq!(a, b);
                Ok(())
            })?;
        }
        Ok(())
    })?;
    if world.is_root() {
        window.local(|own| assert_eq!(own[1..3], [(TIMES * size) as u64; 2]))?;
    }
    window.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn every_ticket_of_a_counter_is_drawn_once(world: &Communicator) -> Result<()> {
    const EACH: usize = 40;
    let mut counter = Window::<u32>::zeros(world, usize::from(world.is_root()))?;
    let tickets: Vec<u32> = counter.passive(|open| {
        open.lock_all(|all| {
            (0..EACH)
                .map(|_| all.target(0)?.fetch_and_op(0, 1, Operation::Sum))
                .collect()
        })
    })?;
    let mut all: Vec<u32> = world.all_gather(&tickets)?;
    all.sort_unstable();
    let expected: Vec<u32> = (0..(EACH * world.size()) as u32).collect();
    assert_eq!(all, expected);
    counter.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn of_those_who_compare_and_swap_one_wins(world: &Communicator) -> Result<()> {
    let rank = world.rank() as i32;
    let mut window = Window::<i32>::zeros(world, 1)?;
    window.local_mut(|own| own[0] = -1)?;
    for last in (0..world.size()).rev() {
        let before = window
            .passive(|open| open.lock_all(|all| all.target(last)?.compare_and_swap(0, -1, rank)))?;
        let winners: Vec<i32> = world.all_gather(&[before])?;
        assert_eq!(winners.iter().filter(|before| **before == -1).count(), 1);
        let winner = winners.iter().position(|before| *before == -1);
        if world.rank() == last {
            window.local(|own| assert_eq!(Some(own[0] as usize), winner))?;
        }
    }
    window.close()
}

/// In a passive scope everybody writes to everybody, and afterwards the owner sees it; then the owner
/// writes, and in the next scope everybody sees that.
#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn owners_and_others_take_turns(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let mut window = Window::<f64>::zeros(world, size)?;
    for (number, round) in cases(20, 0..1000u32).into_iter().enumerate() {
        let own = [f64::from(round) + rank as f64];
        window.passive(|open| {
            // One rank comes late, every time another one.
            if number % size == rank {
                let roots = (0..1_000_000u32).map(|i| f64::from(i).sqrt());
                assert!(std::hint::black_box(roots.sum::<f64>()) > 0.0);
            }
            open.lock_all(|all| {
                for target in 0..size {
                    all.target(target)?.put(&own, rank)?;
                }
                Ok(())
            })
        })?;
        let sum = window.local_mut(|part| {
            for (from, value) in part.iter_mut().enumerate() {
                assert_eq!(*value, f64::from(round) + from as f64);
                *value += rank as f64;
            }
            part.iter().sum::<f64>()
        })?;
        let mut seen = vec![0.0; size];
        let left = (rank + size - 1) % size;
        window.passive(|open| open.lock(left, |target| target.get(&mut seen, 0)))?;
        let difference = (rank as f64 - left as f64) * size as f64;
        assert_eq!(seen.iter().sum::<f64>() + difference, sum);
    }
    window.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn an_error_in_an_epoch_is_everyones_and_the_window_goes_on(world: &Communicator) -> Result<()> {
    let last = world.size() - 1;
    let mut window = Window::<i16>::zeros(world, 2)?;
    let fails = || match world.rank() == last {
        true => Err(Error::numerical("step", "unstable")),
        false => Ok(()),
    };
    let expected = Error::numerical("step", "unstable").on_rank(last);
    let outcome = window.fence(|epoch| epoch.put(&[7, 8], last, 0).and_then(|()| fails()));
    assert_eq!(error_of_all(world, outcome)?, expected);
    let outcome = window.passive(|open| open.lock_all(|_| fails()));
    assert_eq!(error_of_all(world, outcome)?, expected);
    let outcome = window.passive(|open| open.lock(0, |_| fails()));
    assert_eq!(error_of_all(world, outcome)?, expected);
    if world.rank() == last {
        window.local(|own| assert_eq!(own, [7, 8]))?;
    }
    window.close()
}

fn undefined<T: Element + Number>(world: &Communicator, operation: Operation) -> Result<()> {
    let mut window = Window::<T>::zeros(world, 1)?;
    let data = [T::default()];
    let outcome = window.fence(|epoch| epoch.accumulate(&data, 0, 0, operation));
    let error = error_of_all(world, outcome)?;
    assert!(error.to_string().contains("MPI_Accumulate"), "{error}");
    window.close()
}

#[spmd_test(ranks = [1, 2, 3])]
fn operations_that_mpi_has_not_are_everyones_error(world: &Communicator) -> Result<()> {
    undefined::<f64>(world, Operation::BitwiseXor)?;
    undefined::<num_complex::Complex<f64>>(world, Operation::Max)
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn windows_that_cannot_be_had_are_everyones_error(world: &Communicator) -> Result<()> {
    let last = world.rank() + 1 == world.size();
    for length in [usize::MAX, 1 << 50] {
        let outcome = Window::<f64>::zeros(world, if last { length } else { 1 });
        let error = error_of_all(world, outcome)?;
        assert!(error.to_string().contains("cannot allocate"), "{error}");
    }
    if world.size() > 1 {
        let outcome = match last {
            true => Window::<f64>::zeros(world, 2).map(|_| ()),
            false => Window::<u64>::zeros(world, 2).map(|_| ()),
        };
        let error = error_of_all(world, outcome)?;
        assert!(
            error.to_string().contains("of f64 here, a window of u64"),
            "{error}"
        );
    }
    // Nor does one that is dropped do any harm.
    Window::<f64>::zeros(world, 3).map(|_| ())?;
    all_to_all::<f64>(world, 3)
}

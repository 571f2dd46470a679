//! Messages between two ranks.

use partita::{Communicator, Error, Result};
use partita_testing::{Sample, cases, error_of_all, part, spmd_test, with_every_element_type};

/// Sends to the next rank what came from the previous one, starting and ending on rank 0: no two
/// ranks ever wait for each other, whether sends are buffered or not.
fn around_the_ring<A: Sample>(world: &Communicator, length: usize) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
    let mut buffer = vec![A::default(); length];
    if rank == 0 {
        world.send(&part::<A>(0, next, length), next)?;
    }
    world.receive(&mut buffer, previous)?;
    assert_eq!(buffer, part::<A>(previous, rank, length));
    if rank != 0 {
        world.send(&part::<A>(rank, next, length), next)?;
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
pub fn messages_go_around_a_ring(world: &Communicator) -> Result<()> {
    for length in cases(10, 0..30usize) {
        with_every_element_type!(around_the_ring(world, length));
    }
    // Long enough that no MPI buffers it.
    around_the_ring::<f64>(world, 300_000)
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn messages_between_two_ranks_arrive_in_their_order(world: &Communicator) -> Result<()> {
    for number in 0..100 {
        let length = number % 5;
        match world.rank() {
            0 => world.send(&part::<i32>(0, number, length), 1)?,
            1 => {
                let mut buffer = vec![0; length];
                world.receive(&mut buffer, 0)?;
                assert_eq!(buffer, part::<i32>(0, number, length));
            }
            _ => {}
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn a_message_longer_than_the_buffer_is_mpis_truncation_error(
    world: &Communicator,
) -> Result<()> {
    match world.rank() {
        0 => world.send(&[1.0, 2.0, 3.0, 4.0, 5.0], 1)?,
        1 => {
            let error = world.receive(&mut [0.0; 2], 0).expect_err("too long");
            assert!(
                matches!(&error, Error::Mpi { call, class, .. } if call == "MPI_Recv" && class == "MPI_ERR_TRUNCATE"),
                "{error:?}"
            );
        }
        _ => {}
    }
    the_next_message_arrives(world)
}

#[spmd_test(ranks = [2, 3])]
fn a_message_that_is_too_long_leaves_what_lies_behind_the_buffer(
    world: &Communicator,
) -> Result<()> {
    for length in [100, 1_000, 10_000, 1_000_000] {
        match world.rank() {
            0 => world.send(&vec![1.0; length], 1)?,
            1 => {
                let mut memory = vec![7.0; length];
                let (buffer, behind) = memory.split_at_mut(length / 2);
                world.receive(buffer, 0).expect_err("too long");
                let written = behind.iter().filter(|&&value| value != 7.0).count();
                assert_eq!(written, 0, "of {length} elements");
            }
            _ => {}
        }
    }
    the_next_message_arrives(world)
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn a_message_shorter_than_the_buffer_is_a_shape_error(world: &Communicator) -> Result<()> {
    for (sent, expected) in [(0, 1), (2, 5), (4, 5)] {
        match world.rank() {
            0 => world.send(&vec![1u16; sent], 1)?,
            1 => {
                let mut buffer = vec![0u16; expected];
                let error = world.receive(&mut buffer, 0).expect_err("too short");
                let text = format!("expected {expected} elements, the message has {sent}");
                assert!(matches!(error, Error::Shape { .. }), "{error:?}");
                assert!(error.to_string().contains(&text), "{error}");
            }
            _ => {}
        }
    }
    the_next_message_arrives(world)
}

/// What went wrong with one message leaves the communicator as good as it was.
fn the_next_message_arrives(world: &Communicator) -> Result<()> {
    match world.rank() {
        0 => world.send(&[7i64, 8], 1)?,
        1 => {
            let mut buffer = [0i64; 2];
            world.receive(&mut buffer, 0)?;
            assert_eq!(buffer, [7, 8]);
        }
        _ => {}
    }
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_partner_that_is_no_rank_is_a_usage_error(world: &Communicator) -> Result<()> {
    let nobody = world.size();
    for outcome in [
        world.send(&[1.0], nobody),
        world.receive(&mut [1.0], nobody).map(drop),
    ] {
        let error = error_of_all(world, outcome)?;
        assert!(matches!(error, Error::Usage(_)), "{error:?}");
    }
    Ok(())
}

//! Messages told apart by tags, from any source, of any length.

use partita::{Communicator, Error, Received, Result, Source, Tag};
use partita_testing::{Sample, cases, error_of_all, part, spmd_test, with_every_element_type};

#[spmd_test(ranks = [1, 2, 3, 5])]
pub fn tags_tell_messages_apart_whatever_their_order(world: &Communicator) -> Result<()> {
    let (rank, last) = (world.rank(), world.size() - 1);
    if rank == 0 {
        // Three bytes, which every MPI buffers.
        for tag in [Tag(0), Tag(7), Tag::MAX] {
            world.send(&[tag.0 as u8], (last, tag))?;
        }
    }
    if rank == last {
        let mut buffer = [0_u8];
        for tag in [Tag::MAX, Tag(0), Tag(7)] {
            let received = world.receive(&mut buffer, (0, tag))?;
            assert_eq!(buffer, [tag.0 as u8]);
            let expected = Received {
                source: 0,
                tag,
                count: 1,
            };
            assert_eq!(received, expected);
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
pub fn a_message_of_any_source_and_tag_says_whose_it_is(world: &Communicator) -> Result<()> {
    let tag_of = |rank: usize| Tag(100 + rank as u16);
    if !world.is_root() {
        return world.send(&vec![1.5; world.rank()], (0, tag_of(world.rank())));
    }
    let mut seen = vec![false; world.size()];
    for _ in 1..world.size() {
        let (values, received) = world.receive_vec::<f64>(Source::any().any_tag())?;
        assert_eq!(values, vec![1.5; received.source]);
        assert_eq!(received.count, received.source);
        assert_eq!(received.tag, tag_of(received.source));
        assert!(!std::mem::replace(&mut seen[received.source], true));
    }
    assert_eq!(world.try_probe::<f64>(Source::any().any_tag())?, None);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_message_of_any_length_is_received_as_a_vector(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, length: usize) -> Result<()> {
        let (rank, size) = (world.rank(), world.size());
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
        let length_from = |rank: usize| length * (rank % 3);
        let sent = part::<A>(rank, next, length_from(rank));
        // Short, so that every MPI buffers it.
        world.send(&sent, (next, Tag(3)))?;
        let (values, received) = world.receive_vec::<A>(Source::any().tag(Tag(3)))?;
        assert_eq!(values, part::<A>(previous, rank, length_from(previous)));
        assert_eq!((received.source, received.count), (previous, values.len()));
        Ok(())
    }
    for length in cases(6, 0..30usize) {
        with_every_element_type!(check(world, length));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn ranks_exchange_messages_without_taking_turns(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
    // The longest is one that no MPI buffers; the lengths of what comes and goes differ.
    for length in [0, 1, 10, 100_000] {
        let mut buffer = vec![0_i64; length + previous];
        let sent = part::<i64>(rank, next, length + rank);
        let received =
            world.send_receive(&sent, (next, Tag(1)), &mut buffer, Source::any().any_tag())?;
        assert_eq!(buffer, part::<i64>(previous, rank, length + previous));
        assert_eq!((received.source, received.tag), (previous, Tag(1)));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_probe_tells_of_a_message_and_leaves_it_there(world: &Communicator) -> Result<()> {
    // No messages but this one: those of other tests are received on both sides of it.
    world.barrier()?;
    let last = world.size() - 1;
    if world.rank() == 0 {
        world.send(&[1_u16, 2, 3, 4, 5], (last, Tag(9)))?;
    }
    if world.rank() == last {
        let told = world.probe::<u16>(Source::any().any_tag())?;
        assert_eq!((told.source, told.tag, told.count), (0, Tag(9), 5));
        assert_eq!(world.try_probe::<u16>((0, Tag(9)))?, Some(told));
        assert_eq!(world.try_probe::<u16>((0, Tag(8)))?, None);
        let error = world
            .probe::<u32>((0, Tag(9)))
            .expect_err("10 bytes of 4 each");
        assert!(matches!(error, Error::Shape { .. }), "{error:?}");
        assert_eq!(
            world.receive_vec::<u16>((0, Tag(9)))?,
            (vec![1, 2, 3, 4, 5], told)
        );
        assert_eq!(world.try_probe::<u16>(Source::any().any_tag())?, None);
    }
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 5])]
pub fn a_message_of_no_whole_number_of_elements_is_a_shape_error(
    world: &Communicator,
) -> Result<()> {
    let last = world.size() - 1;
    if world.rank() == 0 {
        world.send(&[1_u8, 2, 3], last)?;
        world.send(&[1_u8, 2, 3], last)?;
        world.send(&[4.0], last)?;
    }
    if world.rank() == last {
        for outcome in [
            world.receive(&mut [0_u16; 2], 0).map(drop),
            world.receive_vec::<u16>(0).map(drop),
        ] {
            let error = outcome.expect_err("3 bytes are no whole number of u16");
            assert!(matches!(error, Error::Shape { .. }), "{error:?}");
        }
        // Both messages are gone.
        assert_eq!(world.receive_vec::<f64>(0)?.0, [4.0]);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
pub fn a_tag_that_not_every_mpi_has_is_a_usage_error(world: &Communicator) -> Result<()> {
    let tag = Tag(Tag::MAX.0 + 1);
    let outcomes = [
        ("send:", world.send(&[1.0], (0, tag))),
        ("receive:", world.receive(&mut [1.0], (0, tag)).map(drop)),
        ("receive_vec:", world.receive_vec::<f64>((0, tag)).map(drop)),
        ("probe:", world.probe::<f64>((0, tag)).map(drop)),
        ("try_probe:", world.try_probe::<f64>((0, tag)).map(drop)),
        (
            "send_receive:",
            world.send_receive(&[1], 0, &mut [1], (0, tag)).map(drop),
        ),
    ];
    for (operation, outcome) in outcomes {
        let error = error_of_all(world, outcome)?;
        assert!(matches!(error, Error::Usage(_)), "{error:?}");
        let text = error.to_string();
        assert!(
            text.starts_with(operation) && text.contains("32768"),
            "{text}"
        );
    }
    Ok(())
}

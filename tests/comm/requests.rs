//! Messages under way, with their buffers borrowed or owned.

use ndarray::{Array2, Axis};
use partita::{Communicator, Error, Request, Result, ScopedRequest, Source, Tag};
use partita_testing::{Sample, cases, part, spmd_test, with_every_element_type};

fn neighbours(world: &Communicator) -> (usize, usize) {
    let (rank, size) = (world.rank(), world.size());
    ((rank + 1) % size, (rank + size - 1) % size)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn scoped_messages_go_around_a_ring(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, length: usize) -> Result<()> {
        let (rank, (next, previous)) = (world.rank(), neighbours(world));
        let sent = part::<A>(rank, next, length);
        let (mut waited, mut left) = (vec![A::default(); length], vec![A::default(); length]);
        let received = world.scope(|scope| {
            let first = scope.start_receive(&mut waited, previous)?;
            // For these two nobody waits: the end of the scope does.
            let _ = scope.start_receive(&mut left, (previous, Tag(5)))?;
            let _ = scope.start_send(&sent, (next, Tag(5)))?;
            scope.start_send(&sent, next)?.wait()?;
            first.wait()
        })?;
        let expected = part::<A>(previous, rank, length);
        assert_eq!((received.source, received.count), (previous, length));
        assert_eq!((&waited, &left), (&expected, &expected));
        Ok(())
    }
    for length in cases(6, 0..30usize) {
        with_every_element_type!(check(world, length));
    }
    // Long enough that no MPI buffers it.
    check::<f64>(world, 300_000)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn views_of_any_strides_are_sent_and_received_in_a_scope(world: &Communicator) -> Result<()> {
    let (rank, (next, previous)) = (world.rank(), neighbours(world));
    let matrix =
        |rank: usize| Array2::from_shape_fn((3, 4), |(i, j)| (100 * rank + 10 * i + j) as i64);
    for waits in [true, false] {
        let sent = matrix(rank);
        let transposed = sent.t();
        let mut received = Array2::<i64>::zeros((4, 3));
        let mut reversed = received.view_mut();
        reversed.invert_axis(Axis(0));
        world.scope(|scope| {
            let request = scope.start_receive(&mut reversed, previous)?;
            let _ = scope.start_send(&transposed, next)?;
            if waits {
                request.wait()?;
            }
            Ok(())
        })?;
        assert_eq!(reversed, matrix(previous).t());
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
pub fn whichever_request_is_complete_is_taken_out(world: &Communicator) -> Result<()> {
    if !world.is_root() {
        // Each sends once it is told to, so that their order is known.
        let go = world.start_receive(vec![0_u8], 0)?;
        go.wait()?;
        return world.send(&[world.rank()], 0);
    }
    let mut buffers = vec![[0_usize]; world.size() - 1];
    world.scope(|scope| {
        let mut requests = Vec::new();
        for (place, buffer) in buffers.iter_mut().enumerate() {
            let mut request = scope.start_receive(buffer, place + 1)?;
            assert!(!request.test(), "nobody was told to send");
            requests.push(request);
        }
        for rank in (1..world.size()).rev() {
            world.send(&[1_u8], rank)?;
            let (place, received) = ScopedRequest::wait_any(&mut requests)?.expect("some are left");
            assert_eq!((place, received.source), (rank - 1, rank));
        }
        assert!(ScopedRequest::wait_any(&mut requests)?.is_none());
        Ok(())
    })?;
    let expected: Vec<[usize; 1]> = (1..world.size()).map(|rank| [rank]).collect();
    assert_eq!(buffers, expected);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn owning_requests_give_their_buffers_back(world: &Communicator) -> Result<()> {
    let (rank, (next, previous)) = (world.rank(), neighbours(world));
    for length in cases(6, 0..30usize) {
        let sent = |from: usize, to: usize, number: usize| part::<i32>(from, to, length + number);
        let mut receives = Vec::new();
        for number in 0..3 {
            let tag = Tag(number as u16);
            receives.push(world.start_receive(vec![0; length + number], (previous, tag))?);
        }
        let mut sends = Vec::new();
        for number in 0..3 {
            sends.push(world.start_send(sent(rank, next, number), (next, Tag(number as u16)))?);
        }
        let (place, first) = Request::wait_any(&mut receives)?.expect("there are three");
        assert_eq!(first, sent(previous, rank, place));
        let rest: Vec<_> = (0..3).filter(|&number| number != place).collect();
        let expected: Vec<_> = rest
            .iter()
            .map(|&number| sent(previous, rank, number))
            .collect();
        assert_eq!(Request::wait_all(receives)?, expected);
        while !sends[0].test() {
            std::thread::yield_now();
        }
        let expected: Vec<_> = (0..3).map(|number| sent(rank, next, number)).collect();
        assert_eq!(Request::wait_all(sends)?, expected);
    }
    assert!(Request::<f64>::wait_any(&mut Vec::new())?.is_none());
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_persistent_message_is_sent_again_and_again(world: &Communicator) -> Result<()> {
    let (rank, (next, previous)) = (world.rank(), neighbours(world));
    let mut right = world.persistent_send(vec![0_usize; 10], (next, Tag(2)))?;
    let mut left = world.persistent_receive(vec![0_usize; 10], Source::any().any_tag())?;
    assert!(
        matches!(left.wait(), Err(Error::Usage(_))),
        "it was not started"
    );
    for step in 0..20 {
        right.buffer()?.copy_from_slice(&part(rank, step, 10));
        left.start()?;
        right.start()?;
        assert!(matches!(left.start(), Err(Error::Usage(_))));
        assert!(matches!(right.buffer(), Err(Error::Usage(_))));
        left.wait()?;
        right.wait()?;
        assert_eq!(left.buffer()?, part::<usize>(previous, step, 10));
    }
    // Dropped under way, it takes no message from anybody.
    world.barrier()?;
    left.start()?;
    drop(left);
    world.barrier()?;
    world.send_receive(&[rank], next, &mut [0], previous)?;
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_persistent_exchange_is_made_again_and_again(world: &Communicator) -> Result<()> {
    let (rank, (next, previous)) = (world.rank(), neighbours(world));
    for length in [0, 1, 7] {
        let (own, other) = (vec![0_i64; length], vec![0_i64; length]);
        let mut ring = world.persistent_exchange(own, (next, Tag(3)), other, (previous, Tag(3)))?;
        for step in 0..10 {
            ring.to_send()?.copy_from_slice(&part(rank, step, length));
            ring.start()?;
            assert!(matches!(ring.start(), Err(Error::Usage(_))));
            assert!(matches!(ring.received(), Err(Error::Usage(_))));
            ring.wait()?;
            assert_eq!(ring.received()?, part::<i64>(previous, step, length));
        }
        assert!(matches!(ring.wait(), Err(Error::Usage(_))));
    }
    let nobody = world.persistent_exchange(vec![1.0], world.size(), vec![1.0], 0);
    assert!(matches!(nobody, Err(Error::Usage(_))));
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn after_an_error_in_a_scope_its_receives_take_no_message(world: &Communicator) -> Result<()> {
    let mut buffer = [7.5];
    if world.rank() == 1 {
        let error = world
            .scope(|scope| {
                let _ = scope.start_receive(&mut buffer, 0)?;
                Err::<(), _>(Error::numerical("step", "unstable"))
            })
            .expect_err("it failed");
        assert_eq!(error, Error::numerical("step", "unstable"));
        assert_eq!(buffer, [7.5]);
    }
    world.barrier()?;
    match world.rank() {
        0 => world.send(&[1.5], 1)?,
        1 => {
            world.receive(&mut buffer, 0)?;
            assert_eq!(buffer, [1.5]);
        }
        _ => {}
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
pub fn a_message_of_the_wrong_length_is_an_error_of_the_scope(world: &Communicator) -> Result<()> {
    // Whether somebody waits for it or not; too short, then too long.
    for waits in [true, false] {
        for length in [1, 3] {
            match world.rank() {
                0 => world.send(&vec![1.5; length], 1)?,
                1 => {
                    let mut buffer = [0.0; 2];
                    let outcome = world.scope(|scope| {
                        let request = scope.start_receive(&mut buffer, 0)?;
                        if waits {
                            request.wait()?;
                        }
                        Ok(())
                    });
                    match outcome.expect_err("a wrong length") {
                        Error::Shape { .. } => assert_eq!(length, 1),
                        Error::Mpi { class, .. } => {
                            assert_eq!((length, &class[..]), (3, "MPI_ERR_TRUNCATE"));
                        }
                        error => panic!("{error:?}"),
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

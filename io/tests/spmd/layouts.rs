//! Arrays of any layout: what is written does not tell how it was dealt out.

use ndarray::{Ix2, s};
use partita::layout::Distribution::{self, *};
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_io::hdf5::{File, Storage, Verdict};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{numbered, write_one};

const SHAPE: [usize; 2] = [11, 9];

fn number([row, column]: [usize; 2]) -> f64 {
    (row * SHAPE[1] + column) as f64
}

/// Every pair of distributions over a grid in two axes; over one axis where the other is not cut.
fn placements(world: &Communicator) -> Result<Vec<(ProcessGrid, [Distribution; 2])>> {
    let size = world.size();
    let parts = |length: usize, parts: usize| {
        // All to the last part but one element to the first, where there are two.
        let mut lengths = vec![0; parts];
        lengths[parts - 1] = length;
        if parts > 1 {
            (lengths[0], lengths[parts - 1]) = (1, length - 1);
        }
        Parts(lengths)
    };
    let mut placements = Vec::new();
    let square = ProcessGrid::balanced(world, 2)?;
    let [over, under] = [square.shape().parts()[0], square.shape().parts()[1]];
    let rows = [Block, Cyclic, BlockCyclic(2), parts(SHAPE[0], over)];
    let columns = [Block, Cyclic, BlockCyclic(4), parts(SHAPE[1], under)];
    for row in &rows {
        for column in &columns {
            placements.push((square.clone(), [row.clone(), column.clone()]));
        }
    }
    let line = ProcessGrid::new(world, &[size])?;
    placements.push((line.clone(), [Replicated, Cyclic]));
    placements.push((line, [BlockCyclic(3), Replicated]));
    placements.push((square.clone(), [Replicated, Block]));
    placements.push((square, [Replicated, Replicated]));
    Ok(placements)
}

#[spmd_test(ranks = [1, 2, 3, 4, 6])]
fn every_layout_writes_the_same_file_and_reads_it(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (blocks, path) = (directory.join("blocks.h5"), directory.join("out.h5"));
    let grid = ProcessGrid::balanced(world, 2)?;
    write_one(
        world,
        &blocks,
        "u",
        &numbered(&grid, Ix2(SHAPE[0], SHAPE[1]))?,
    )?;
    let expected = std::fs::read(&blocks).unwrap();
    for (grid, distributions) in placements(world)? {
        let layout = grid.layout(SHAPE, &distributions)?;
        let array = DistArray::from_fn(&grid, &layout, number)?;
        // Few elements a call: the pieces begin and end within runs.
        let mut file = File::create(world, &path)?.with_transfer_limit(7 * 8);
        file.write("u", &array)?;
        let transfer = file.last_transfer().unwrap();
        assert!(transfer.mode.is_collective(), "{layout}: {transfer:?}");
        file.close()?;
        assert!(std::fs::read(&path).unwrap() == expected, "{layout}");
        let file = File::open(world, &path)?;
        let read: DistArray<f64, Ix2> = file.read("u", (&grid, &distributions))?;
        assert_eq!(read.layout(), array.layout());
        assert_eq!(read.local(), array.local(), "{layout}");
        world.barrier()?;
    }
    Ok(())
}

#[spmd_test(ranks = [2, 4])]
fn slices_of_every_layout_lie_where_they_belong(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    for (grid, distributions) in placements(world)? {
        let layout = grid.layout(SHAPE, &distributions)?;
        let array = DistArray::from_fn(&grid, &layout, number)?;
        let mut file = File::create(world, &path)?;
        file.create_dataset("u", [3, 40, 9], -1.0, &Storage::chunks(&[2, 7, 9]).gzip(1))?;
        file.write_slice("u", s![1, 2..35;3, ..], &array)?;
        file.close()?;
        let file = File::open(world, &path)?;
        let read: DistArray<f64, Ix2> =
            file.read_slice("u", s![1, 2..35;3, ..], (&grid, &distributions))?;
        assert_eq!(read.local(), array.local(), "{layout}");
        let between: DistArray<f64, Ix2> =
            file.read_slice("u", s![1, 3..35;3, ..], &ProcessGrid::balanced(world, 2)?)?;
        assert!(
            between.local().iter().all(|&value| value == -1.0),
            "{layout}"
        );
        assert_eq!(file.verify("u")?, Verdict::Intact, "{layout}");
        world.barrier()?;
    }
    Ok(())
}

//! Stencils against neighbourhoods that are looked up one by one.

use ndarray::{IntoDimension, Ix0, Ix1, Ix2, Ix3, Ix5, Ix6};
use partita::layout::Axes;
use partita::{Boundary, Communicator, DistArray, Halo, ProcessGrid, Reductions, Result};
use partita_testing::{cases, error_of_all, spmd_test};

use crate::halo_cases::{Case, in_layouts_of_boxes, on_every_grid, starts};

/// Three offsets within the halo that differ from case to case.
fn offsets<D: Axes>(case: &Case<D>, number: usize) -> [D::Offset; 3] {
    std::array::from_fn(|place| {
        let mut offset = D::no_offset();
        let mut turned = false;
        for (axis, margin) in case.margins.iter().enumerate() {
            let widths = margin.lower + margin.upper + 1;
            let chosen = (number + 5 * place + 3 * axis) % widths;
            // A star reaches along one axis at a time.
            let along = case.corners || !turned && (place + axis + number).is_multiple_of(2);
            if along {
                offset.as_mut()[axis] = chosen as isize - margin.lower as isize;
                turned |= offset.as_ref()[axis] != 0;
            }
        }
        offset
    })
}

/// Order and place of each value count.
fn mix([one, two, three]: [u32; 3]) -> u32 {
    one.wrapping_mul(3)
        .wrapping_add(two.wrapping_mul(5))
        .rotate_left(7)
        ^ three
}

/// What `mix` gives for every cell of the block, from the oracle of the padded block.
fn from_oracle<D: Axes>(
    case: &Case<D>,
    array: &DistArray<u32, D>,
    step: usize,
    offsets: [D::Offset; 3],
) -> Vec<u32> {
    let (starts, shape) = (starts(array), array.local_shape());
    let local = array.local();
    let cells = local
        .indexed_iter()
        .map(|(index, _)| index.into_dimension());
    cells
        .map(|index| {
            mix(offsets.map(|offset| {
                let axes = index.slice().iter().zip(offset.as_ref()).zip(&case.margins);
                let cell: Vec<usize> = axes
                    .map(|((&index, &offset), margin)| {
                        (index + margin.lower).wrapping_add_signed(offset)
                    })
                    .collect();
                case.expected(step, &starts, shape.slice(), &cell)
                    .expect("promised")
            }))
        })
        .collect()
}

#[track_caller]
fn check<D: Axes>(case: &Case<D>, found: &DistArray<u32, D>, expected: &[u32], form: &str) {
    let found: Vec<u32> = found.local().iter().copied().collect();
    assert_eq!(found, expected, "{form}: {case:?}");
}

fn all_forms_agree<D: Axes>(case: &Case<D>) -> Result<()> {
    let mut array = case.array::<u32>()?;
    // One that has a margin of its own, and one whose local part lies in memory in another order.
    let mut next = array.clone();
    let reversed = array.local().t().to_owned().reversed_axes();
    let mut plain = DistArray::from_local(&case.grid, &case.layout, reversed)?;
    for step in 0..3 {
        case.set(&mut array, step);
        let offsets = offsets(case, step);
        let expected = from_oracle(case, &array, step, offsets);
        array.stencil(&mut next, offsets, mix)?;
        check(case, &next, &expected, "stencil");

        plain.map_inplace(|_| 7);
        array.stencil_rows(&mut plain, offsets, |row| {
            for (place, next) in row.next.iter_mut().enumerate() {
                assert_eq!(*next, 7, "each cell is visited once");
                *next = mix(row.cells.map(|cells| cells[place]));
            }
        })?;
        check(case, &plain, &expected, "stencil_rows");

        // Whoever looked at the halo too early would see the values of the exchange before.
        case.set(&mut array, 50 + step);
        let expected = from_oracle(case, &array, 50 + step, offsets);
        next.map_inplace(|_| 7);
        let exchange = array.start_halo_exchange()?;
        exchange.stencil(&mut next, offsets, mix)?;
        let haloed = exchange.finish()?;
        haloed.stencil_border(&mut next, offsets, mix)?;
        check(case, &next, &expected, "interior and border");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_stencil_sees_the_neighbourhood_of_every_cell(world: &Communicator) -> Result<()> {
    on_every_grid::<Ix1>(world, 15, all_forms_agree)?;
    on_every_grid::<Ix2>(world, 15, all_forms_agree)?;
    on_every_grid::<Ix3>(world, 4, all_forms_agree)?;
    in_layouts_of_boxes::<Ix0>(world, 1, all_forms_agree)?;
    in_layouts_of_boxes::<Ix2>(world, 15, all_forms_agree)?;
    in_layouts_of_boxes::<Ix5>(world, 2, all_forms_agree)?;
    in_layouts_of_boxes::<Ix6>(world, 1, all_forms_agree)
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn rows_know_their_global_index(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    for shape in cases(10, [0..9usize, 0..9usize]) {
        let halo = Halo::uniform(2, 1, Boundary::Open);
        let number = |[i, j]: [usize; 2]| (100 * i + j) as u64;
        let mut numbers = DistArray::from_fn(&grid, shape, number)?.with_halo(halo)?;
        let mut next = DistArray::full(&grid, shape, 0u64)?;
        numbers.stencil_rows(&mut next, [[0, 0]], |row| {
            let [i, j] = row.start;
            for (place, next) in row.next.iter_mut().enumerate() {
                assert_eq!(row.cells[0][place], (100 * i + j + place) as u64);
                *next = 1;
            }
        })?;
        assert_eq!(next.sum()?, (shape[0] * shape[1]) as u64);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn neighbourhoods_beyond_the_halo_are_refused_on_every_rank(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let halo = Halo::uniform(2, 1, Boundary::Periodic).axis(1, 0, 2, Boundary::Reflecting);
    let plain = DistArray::full(&grid, [7, 5], 1.0)?;
    let mut star = plain.clone().with_halo(halo.clone())?;
    let mut corners = plain.clone().with_halo(halo.with_corners())?;
    let mut next = plain.clone();
    let first = |[value]: [f64; 1]| value;
    for offset in [[2, 0], [-2, 0], [0, -1], [0, 3], [1, 1], [isize::MIN, 0]] {
        let error = error_of_all(world, star.stencil(&mut next, [offset], first))?;
        assert!(error.to_string().contains("is beyond a halo"), "{error}");
    }
    corners.stencil(&mut next, [[1, 1]], first)?;
    star.stencil(&mut next, [[-1, 0]], first)?;
    assert_eq!(next.local(), plain.local());

    let error = error_of_all(world, plain.clone().stencil(&mut next, [[0, 0]], first))?;
    assert!(error.to_string().contains("has no halo"), "{error}");
    let mut other = DistArray::full(&grid, [6, 5], 1.0)?;
    let error = error_of_all(world, star.stencil(&mut other, [[0, 0]], first))?;
    assert!(
        error.to_string().contains("7×5") && error.to_string().contains("6×5"),
        "{error}"
    );
    Ok(())
}

//! Plans: what they say, for more ranks than there are.

use ndarray::Ix2;
use partita::layout::{Distribution, GridShape, Layout};
use partita_kernels::matmul::{Algorithm, Mode, Operands, Plan};
use proptest::prelude::*;

fn operands([m, n, k]: [usize; 3], ranks: usize, dealt: &[Distribution; 2]) -> Operands {
    let layout = |shape: [usize; 2]| -> Layout<Ix2> {
        Layout::new(shape, GridShape::balanced(ranks, 2), dealt).expect("fits")
    };
    Operands {
        a: layout([m, k]),
        b: layout([k, n]),
        c: layout([m, n]),
    }
}

fn distribution() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        Just(Distribution::Block),
        Just(Distribution::Cyclic),
        (1usize..5).prop_map(Distribution::BlockCyclic),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_the_busiest_rank_receives_is_what_the_schedule_brings_it(
        lengths in [0usize..40, 0usize..40, 0usize..40],
        ranks in 1usize..13,
        dealt in [distribution(), distribution()],
        algorithm in prop::sample::select(Algorithm::NAMED.to_vec()),
    ) {
        let operands = operands(lengths, ranks, &dealt);
        let plan = Plan::new(&operands, algorithm, Mode::Fast, None).expect("a plan");
        let most = |of: fn(&partita_kernels::matmul::Traffic) -> usize| {
            let traffic = (0..ranks).map(|rank| plan.traffic(rank).expect("counts"));
            traffic.map(|traffic| of(&traffic)).max().unwrap_or(0)
        };
        let words = plan.words();
        prop_assert_eq!(most(|traffic| traffic.words.a), words.a, "{}", plan);
        prop_assert_eq!(most(|traffic| traffic.words.b), words.b, "{}", plan);
        prop_assert_eq!(most(|traffic| traffic.words.c), words.c, "{}", plan);
    }

    #[test]
    fn ranges_along_k_follow_each_other_within_the_limit(
        lengths in [1usize..400, 1usize..400, 0usize..5000],
        ranks in 1usize..9,
        dealt in [distribution(), distribution()],
        limit in prop::option::of(1usize << 18..1 << 20),
    ) {
        let operands = operands(lengths, ranks, &dealt);
        for mode in [Mode::Fast, Mode::Reproducible] {
            let plan = Plan::new(&operands, Algorithm::Automatic, mode, limit).expect("a plan");
            let mut next = 0;
            for range in plan.ranges() {
                prop_assert_eq!(range.start, next);
                prop_assert!(mode == Mode::Fast || range.start % 256 == 0);
                next = range.end;
            }
            prop_assert_eq!(next, lengths[2]);
            prop_assert!(limit.is_none_or(|limit| plan.memory() <= limit));
        }
    }

    #[test]
    fn no_plan_of_even_blocks_is_below_the_bound(
        powers in [3u32..7, 3u32..7, 3u32..7],
        ranks in prop::sample::select(vec![1usize, 2, 4, 8, 16, 64]),
    ) {
        let operands = operands(powers.map(|power| 1 << power), ranks, &[Distribution::Block, Distribution::Block]);
        let plan = Plan::new(&operands, Algorithm::Automatic, Mode::Fast, None).expect("a plan");
        let received = plan.words().total() as f64;
        let bound = plan.problem().least_received(ranks);
        prop_assert!(received >= 0.999 * bound, "{} below {}: {}", received, bound, plan);
    }
}

/// Of 16384³ in blocks: the figures of `cargo xtask bench matmul -- --volume`, on some of the ranks.
#[test]
fn the_schedules_of_thousands_of_ranks_bring_what_was_counted() {
    let blocks = [Distribution::Block, Distribution::Block];
    let millions = [(64, 48), (512, 12), (4096, 3)];
    for (ranks, expected) in millions {
        let operands = operands([1 << 14; 3], ranks, &blocks);
        let plan = |algorithm| Plan::new(&operands, algorithm, Mode::Fast, None).expect("a plan");
        let busiest = |plan: &Plan| {
            let some = (0..ranks).step_by(if ranks > 1000 { 37 } else { 1 });
            let received = some.map(|rank| plan.traffic(rank).expect("counts").words.total());
            received.max().unwrap_or(0)
        };
        let chosen = plan(Algorithm::Automatic);
        assert_eq!(busiest(&chosen), expected << 20, "{chosen}");
        assert_eq!(chosen.words().total(), expected << 20, "{chosen}");
        let summa = plan(Algorithm::Summa);
        assert!(busiest(&summa) > expected << 20, "{summa}");
        let least = chosen.problem().least_received(ranks);
        assert!((expected << 20) as f64 >= least, "{chosen}");
    }
}

#[test]
fn long_sums_are_cut_along_k_and_wide_results_are_not() {
    let blocks = [Distribution::Block, Distribution::Block];
    let plan = |lengths| {
        let operands = operands(lengths, 16, &blocks);
        Plan::new(&operands, Algorithm::Automatic, Mode::Fast, None).expect("a plan")
    };
    assert_eq!(plan([64, 64, 1_000_000]).grid()[2], 16);
    assert_eq!(plan([8000, 8000, 64]).grid()[2], 1);
}

#[test]
fn a_plan_explains_what_it_chose_and_what_others_would_move() {
    let blocks = [Distribution::Block, Distribution::Block];
    let operands = operands([512, 512, 512], 8, &blocks);
    let plan = Plan::new(&operands, Algorithm::Automatic, Mode::Fast, None).expect("a plan");
    let text = plan.explain();
    for family in &Algorithm::NAMED[1..] {
        assert!(text.contains(&family.to_string()), "{family}:\n{text}");
    }
    assert!(text.contains(" *"), "{text}");
}

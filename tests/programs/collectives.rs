use super::lines;

/// The cells of a line, which start where the head's do: in letters, not bytes.
fn cells(line: &str, starts: [usize; 3]) -> [String; 4] {
    let letters: Vec<char> = line.chars().collect();
    let between = |from: usize, to: usize| {
        let cell = letters.get(from..to.min(letters.len())).unwrap_or_default();
        cell.iter().collect::<String>().trim().to_owned()
    };
    let [rank, had, got] = starts;
    [
        between(0, rank),
        between(rank, had),
        between(had, got),
        between(got, usize::MAX),
    ]
}

/// The rows of one collective, each rank's "had" and "got".
fn rows(ranks: usize) -> Vec<(String, Vec<[String; 2]>)> {
    let printed = lines("collectives", ranks, &[]);
    let head = &printed[0];
    let start = |name: &str| head.find(name).expect("a column");
    let starts = [start("rank"), start("had"), start("got")];
    let mut rows: Vec<(String, Vec<[String; 2]>)> = vec![];
    for line in &printed[1..] {
        let [collective, rank, had, got] = cells(line, starts);
        if !collective.is_empty() {
            rows.push((collective, vec![]));
        }
        let of_ranks = &mut rows.last_mut().expect("a collective").1;
        assert_eq!(rank, of_ranks.len().to_string(), "{line}");
        of_ranks.push([had, got]);
    }
    rows
}

#[test]
fn the_tour_shows_what_every_rank_had_and_got() {
    for ranks in [1, 3, 5] {
        let rows = rows(ranks);
        assert!(rows.iter().all(|(_, of_ranks)| of_ranks.len() == ranks));
        let got = |name: &str| {
            let row = rows.iter().find(|(collective, _)| collective == name);
            let (_, of_ranks) = row.expect("the collective is in the tour");
            of_ranks
                .iter()
                .map(|[_, got]| got.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(got("broadcast from rank 0"), vec!["[0.5, 1.5]"; ranks]);
        assert!(got("gather on rank 0")[1..].iter().all(|got| *got == "-"));
        let letters: Vec<String> = (0..ranks).map(|rank| format!("[{}]", 65 + rank)).collect();
        assert_eq!(got("scatter from rank 0"), letters);
        let sums: Vec<String> = (1..=ranks)
            .map(|n| format!("[{}]", n * (n + 1) / 2))
            .collect();
        assert_eq!(got("scan, sum"), sums);
        let joined: String = ('a'..='z').take(ranks).collect();
        assert_eq!(
            got("all_reduce_objects"),
            vec![format!("{joined:?}"); ranks]
        );
        // 2ⁿ, and the maps' constants in the order of the ranks.
        let constant = (0..ranks).fold(0, |before, rank| 2 * before + rank);
        let composed = format!("[({:?}, {:?})]", f64::from(1 << ranks), constant as f64);
        assert_eq!(got("all_reduce_with, composition"), vec![composed; ranks]);
    }
}

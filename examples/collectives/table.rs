//! What every rank had and got, in aligned columns on rank 0.

use std::fmt::Debug;

use partita::prelude::*;

const HEAD: [&str; 4] = ["collective", "rank", "had", "got"];

pub struct Table<'a> {
    world: &'a Communicator,
    /// On rank 0; elsewhere there are none.
    rows: Vec<[String; 4]>,
}

impl<'a> Table<'a> {
    pub fn of(world: &'a Communicator) -> Self {
        let rows = vec![];
        Table { world, rows }
    }

    /// A row for each rank. *Collective.*
    pub fn add(&mut self, collective: &str, had: impl Debug, got: impl Debug) -> Result<()> {
        let own = (words(&had), words(&got));
        let all = self.world.gather_objects(0, &own)?;
        for (rank, (had, got)) in all.unwrap_or_default().into_iter().enumerate() {
            let name = if rank == 0 { collective } else { "" };
            self.rows
                .push([name.to_owned(), rank.to_string(), had, got]);
        }
        Ok(())
    }

    pub fn print(&self) {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([HEAD[column].len()]).max().unwrap_or(0)
        };
        let (first, second, third) = (width(0), width(1), width(2));
        let head = HEAD.map(str::to_owned);
        for [collective, rank, had, got] in [&head].into_iter().chain(&self.rows) {
            root_println!(
                self.world,
                "{collective:<first$}  {rank:>second$}  {had:<third$}  {got}"
            );
        }
    }
}

/// As a reader wants it: what is there or not as itself or a dash.
fn words(value: &impl Debug) -> String {
    let words = format!("{value:?}");
    match words.strip_prefix("Some(") {
        Some(inner) => inner.strip_suffix(')').unwrap_or(inner).to_owned(),
        None if words == "None" => "-".to_owned(),
        None => words,
    }
}

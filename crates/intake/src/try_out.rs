//! One check over a small table: what a pack's test cases ask.

use roaring::RoaringBitmap;
use yizheng_eval::{Evaluator, Frame};
use yizheng_pack::dataset::{Cell, Check};
use yizheng_pack::testcase::{Outcome, Table};

use crate::check::environment;
use crate::finding::FileFinding;
use crate::read::{self, Opened};
use crate::run::{self, Run};
use crate::{Context, Earlier};

/// How a check came out for one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The outcome.
    pub outcome: Outcome,
    /// The cells that its findings point at.
    pub at: Vec<Cell>,
    /// Why it is not evaluable; empty otherwise.
    pub reasons: Vec<String>,
}

/// A table written as the file that it stands for. The column before the others keeps rows without
/// any value from being taken for blank lines.
fn as_text(table: &Table) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(&table.header).chain(&table.rows) {
        // Writing to memory does not fail, and the rows are as long as the header.
        let _ = writer.write_record(std::iter::once("#").chain(row.iter().map(String::as_str)));
    }
    writer.into_inner().unwrap_or_default()
}

/// The rows of a table, typed as those of a file are. Columns that are required in files may be
/// left out.
///
/// # Errors
/// When the table could not be read as a file.
pub fn frame_of(table: &Table, context: &Context<'_>) -> Result<Frame, FileFinding> {
    Ok(typed(table, context)?.0)
}

fn typed(table: &Table, context: &Context<'_>) -> Result<(Frame, run::Present), FileFinding> {
    if table.rows.is_empty() {
        return Ok((Frame::empty(context.dataset.clone()), run::Present::new()));
    }
    let bytes = as_text(table);
    let mut opened = Opened::open(&bytes, context.dataset, &context.limits)?;
    let (typed, _, _) = read::typed(&mut opened, context.dataset, context.pack, &context.limits, context.progress)?;
    Ok((typed.frame, read::present(&opened.header)))
}

/// Decides one check for each row of a table, whatever the check's status. `earlier` are the rows
/// stored already; an empty table means that there are none, not that they are unknown.
///
/// # Errors
/// When a table could not be read as a file.
pub fn try_out(
    check: &Check,
    table: &Table,
    earlier: &Table,
    context: &Context<'_>,
) -> Result<Vec<Tried>, FileFinding> {
    let earlier = frame_of(earlier, context)?;
    let (frame, present) = typed(table, context)?;
    let context = Context { earlier: Some(&earlier as &dyn Earlier), ..*context };
    let period = context.period.or_else(|| run::main_month(context.dataset, &frame));
    let environment = environment(&context, period);
    let run = Run { context: &context, environment: &environment, present: &present };
    let evaluator = Evaluator::new(&frame, &environment);
    let verdicts = run.verdicts(check, &frame, &evaluator, 0);
    let holds = |rows: &RoaringBitmap, row: usize| u32::try_from(row).is_ok_and(|row| rows.contains(row));
    Ok((0..frame.len)
        .map(|row| {
            let outcome = verdicts.outcome(row);
            let at = verdicts.at.iter().filter(|(_, rows)| holds(rows, row)).filter_map(|(cell, _)| *cell).collect();
            let reasons =
                if outcome == Outcome::NotEvaluable { verdicts.reasons.iter().cloned().collect() } else { Vec::new() };
            Tried { outcome, at, reasons }
        })
        .collect())
}

//! Checks that a row decides by itself.

use std::collections::BTreeMap;

use arrow::array::{Array, BooleanArray};
use arrow::buffer::BooleanBuffer;
use roaring::RoaringBitmap;
use yizheng_eval::{EvalError, Evaluator, Frame};
use yizheng_pack::dataset::{At, Cell, GroupIx, MemberIx, RowCase};
use yizheng_pack::expr::{Expr, Node};

use super::{NULL_REASON, Run, Verdicts, positions};

/// Where a condition applies and what is known of it.
struct Decision {
    passed: BooleanBuffer,
    violated: BooleanBuffer,
    unknown: BooleanBuffer,
    reason: Option<String>,
}

/// Values that are known to be true, and places that are not known.
pub(super) fn known(of: &BooleanArray) -> (BooleanBuffer, BooleanBuffer) {
    match of.nulls() {
        None => (of.values().clone(), BooleanBuffer::new_unset(of.len())),
        Some(nulls) => (of.values() & nulls.inner(), !nulls.inner()),
    }
}

/// How the conditions of one check come out over a frame whose first row stands at `start`.
pub(super) fn decide(
    run: &Run<'_>,
    cases: &[RowCase],
    frame: &Frame,
    evaluator: &Evaluator<'_>,
    start: usize,
) -> Result<Verdicts, EvalError> {
    let mut all = Verdicts::nothing(frame.len);
    // A rule over several columns is about those that the file has; a rule over none of them is
    // about nothing, whatever its applicability would say of cells that are not there.
    let somewhere = cases.iter().any(|case| match case.at {
        At::Cell(cell) => run.present.contains_key(&cell),
        At::Each(..) => true,
    });
    for case in cases {
        all.take_in(match case.at {
            At::Cell(cell) => of_row(run, case, cell, somewhere, frame, evaluator, start)?,
            At::Each(group, member) => of_elements(run, case, group, member, frame, evaluator, start)?,
        });
    }
    Ok(all)
}

/// Why the cell that a condition points at is not there.
struct Absent {
    reason: String,
    /// Whether the rule points at no cell that is there.
    everywhere: bool,
}

/// Whether an expression speaks of the cell that a finding would point at.
fn asks(expr: &Expr, at: At) -> bool {
    let mut found = false;
    expr.walk(&mut |expr| {
        found |= match (&expr.node, at) {
            (Node::Field(field), At::Cell(Cell::Field(pointed))) => *field == pointed,
            (Node::Member(group, member), At::Each(g, m)) => (*group, *member) == (g, m),
            _ => false,
        }
    });
    found
}

/// One condition over `places` rows or elements.
fn decision(
    run: &Run<'_>,
    case: &RowCase,
    places: usize,
    absent: Option<Absent>,
    evaluate: impl Fn(&Expr) -> Result<BooleanArray, EvalError>,
) -> Result<Decision, EvalError> {
    let none = BooleanBuffer::new_unset(places);
    let (applies, when_unknown) = match &case.when {
        None => (BooleanBuffer::new_set(places), none.clone()),
        Some(when) => match run.lacks(when) {
            Some(reason) => {
                let unknown = BooleanBuffer::new_set(places);
                return Ok(Decision { passed: none.clone(), violated: none, unknown, reason: Some(reason) });
            }
            None => known(&evaluate(when)?),
        },
    };
    // Whether the check applies cannot be read from a column that is not there.
    if let (Some(Absent { reason, everywhere: true }), Some(when)) = (&absent, &case.when)
        && asks(when, case.at)
    {
        let unknown = BooleanBuffer::new_set(places);
        return Ok(Decision { passed: none.clone(), violated: none, unknown, reason: Some(reason.clone()) });
    }
    let null_reason = |unknown: &BooleanBuffer| unknown.has_true().then(|| NULL_REASON.to_owned());
    if !applies.has_true() {
        let reason = null_reason(&when_unknown);
        return Ok(Decision { passed: none.clone(), violated: none, unknown: when_unknown, reason });
    }
    if let Some(reason) = absent.map(|absent| absent.reason).or_else(|| run.lacks(&case.require)) {
        let unknown = &applies | &when_unknown;
        return Ok(Decision { passed: none.clone(), violated: none, unknown, reason: Some(reason) });
    }
    let (holds, require_unknown) = known(&evaluate(&case.require)?);
    let unknown = &when_unknown | &(&applies & &require_unknown);
    let passed = &applies & &holds;
    let violated = &(&applies & &!&holds) & &!&unknown;
    let reason = null_reason(&unknown);
    Ok(Decision { passed, violated, unknown, reason })
}

fn of_row(
    run: &Run<'_>,
    case: &RowCase,
    cell: Cell,
    somewhere: bool,
    frame: &Frame,
    evaluator: &Evaluator<'_>,
    start: usize,
) -> Result<Verdicts, EvalError> {
    let there = run.present.contains_key(&cell);
    let absent = (!there).then(|| Absent { reason: run.absent(cell), everywhere: !somewhere });
    let Decision { passed, violated, unknown, reason } =
        decision(run, case, frame.len, absent, |expr| evaluator.condition(expr))?;
    let found = positions(&violated, start);
    Ok(Verdicts {
        passed,
        violated,
        unknown,
        at: if found.is_empty() { Vec::new() } else { vec![(Some(cell), found)] },
        reasons: reason.into_iter().collect(),
        ..Verdicts::nothing(frame.len)
    })
}

fn of_elements(
    run: &Run<'_>,
    case: &RowCase,
    group: GroupIx,
    member: MemberIx,
    frame: &Frame,
    evaluator: &Evaluator<'_>,
    start: usize,
) -> Result<Verdicts, EvalError> {
    let main = run
        .dataset()
        .groups
        .get(group.0)
        .and_then(|group| group.members.get(member.0))
        .and_then(|member| member.main);
    let cell = |slot: i32| match (slot, main) {
        (0, Some(main)) => Cell::Field(main),
        _ => Cell::Member(group, member, u16::try_from(slot).unwrap_or_default()),
    };
    let Some(elements) = frame.group(group) else {
        return Ok(Verdicts::not_evaluable(frame.len, run.absent(cell(1))));
    };
    // Files have columns for some slots of a member, or for none.
    let mut columns: BTreeMap<i32, bool> = BTreeMap::new();
    for slot in elements.slots.values() {
        columns.entry(*slot).or_insert_with(|| run.present.contains_key(&cell(*slot)));
    }
    let nowhere = columns.values().all(|there| !there);
    let nowhere = nowhere.then(|| Absent { reason: run.absent(cell(1)), everywhere: true });
    let Decision { passed, mut violated, mut unknown, mut reason } =
        decision(run, case, elements.elements(), nowhere, |expr| evaluator.condition_each(expr, group))?;
    let somewhere_not = columns.values().any(|there| !there);
    let passed = if reason.is_none() && somewhere_not {
        let there = |slot: &i32| columns.get(slot).copied().unwrap_or_default();
        let there = BooleanBuffer::from_iter(elements.slots.values().iter().map(there));
        let lost = &(&passed | &violated) & &!&there;
        if lost.has_true() {
            let slot = columns.iter().find(|(_, there)| !**there).map_or(1, |(slot, _)| *slot);
            reason = Some(run.absent(cell(slot)));
            unknown = &unknown | &lost;
            violated = &violated & &there;
        }
        &passed & &there
    } else {
        passed
    };
    // From elements to rows.
    let rows = evaluator.rows_of(group)?;
    let fold = |elements: &BooleanBuffer| {
        let mut bits = vec![false; frame.len];
        for element in elements.set_indices() {
            if let Some(bit) = rows.values().get(element).and_then(|row| bits.get_mut(*row as usize)) {
                *bit = true;
            }
        }
        BooleanBuffer::from(bits)
    };
    let mut at: BTreeMap<Cell, RoaringBitmap> = BTreeMap::new();
    for element in violated.set_indices() {
        if let (Some(row), Some(slot)) = (rows.values().get(element), elements.slots.values().get(element)) {
            at.entry(cell(*slot)).or_default().insert(start as u32 + row);
        }
    }
    let violated = fold(&violated);
    let unknown = &fold(&unknown) & &!&violated;
    let passed = &(&fold(&passed) & &!&violated) & &!&unknown;
    Ok(Verdicts {
        passed,
        violated,
        unknown,
        at: at.into_iter().map(|(cell, rows)| (Some(cell), rows)).collect(),
        reasons: reason.into_iter().collect(),
        ..Verdicts::nothing(frame.len)
    })
}

//! Layouts: header patterns expanded to columns.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::{RawLayout, Text};
use super::{Loader, not_blank, read};
use crate::dataset::{Cell, Dataset, GroupIx, Layout, MemberIx, Part, Target, ValueMap, header_key};
use crate::types::Type;

impl Loader {
    pub(super) fn layout(&mut self, source: &Source, stem: &str, dataset: &Dataset) -> Option<Layout> {
        let raw: RawLayout = read(source, &mut self.report)?;
        if raw.id.get_ref() != stem {
            self.report.at(source, &raw.id.span(), format!("编号“{}”应与文件名一致：{stem}", raw.id.get_ref()));
        }
        if stem == Layout::OFFICIAL {
            self.report.at(source, &raw.id.span(), "official 是官方数据项编码的版式，不必也不能另写");
        }
        if stem == Layout::NAMES {
            self.report.at(source, &raw.id.span(), "names 是数据项名称的版式，不必也不能另写");
        }
        let mut columns = HashMap::new();
        for (header, target) in &raw.columns {
            let expanded = expand(header).and_then(|headers| {
                headers.into_iter().map(|(header, n)| Ok((header, resolve(target.get_ref(), n, dataset)?))).collect()
            });
            let expanded: Vec<(String, Target)> = match expanded {
                Ok(expanded) => expanded,
                Err(message) => {
                    self.report.at(source, &target.span(), message);
                    continue;
                }
            };
            for (header, target_of) in expanded {
                if columns.insert(header_key(&header), target_of).is_some() {
                    self.report.at(source, &target.span(), format!("列名“{header}”重复"));
                }
            }
        }
        let mut ignored = HashMap::new();
        for (header, reason) in &raw.ignored {
            not_blank(reason, header, source, &mut self.report);
            match expand(header) {
                Ok(headers) => {
                    for (header, _) in headers {
                        let key = header_key(&header);
                        if columns.contains_key(&key) || ignored.insert(key, reason.get_ref().clone()).is_some() {
                            self.report.at(source, &reason.span(), format!("列名“{header}”重复"));
                        }
                    }
                }
                Err(message) => self.report.at(source, &reason.span(), message),
            }
        }
        let values = self.values(source, &raw, &columns, dataset);
        Some(Layout { id: stem.to_owned(), name: raw.name, columns, compact_dates: raw.compact_dates, ignored, values })
    }

    /// What the layout's own spellings stand for, by header. Of a code they must stand for a code of
    /// its list.
    fn values(
        &mut self,
        source: &Source,
        raw: &RawLayout,
        columns: &HashMap<String, Target>,
        dataset: &Dataset,
    ) -> HashMap<String, Arc<ValueMap>> {
        let mut values = HashMap::new();
        for (header, spellings) in &raw.values {
            let headers = match expand(header) {
                Ok(headers) => headers,
                Err(message) => {
                    self.report.at(source, &spellings.span(), message);
                    continue;
                }
            };
            let mut seen = HashSet::new();
            let mut in_order: Vec<(&String, &Text)> = spellings.get_ref().iter().collect();
            in_order.sort_by_key(|(_, value)| value.span().start);
            for (spelling, value) in in_order {
                if !seen.insert(header_key(spelling)) {
                    self.report.at(source, &value.span(), format!("“{spelling}”重复：不分大小写和全角半角"));
                }
            }
            let map = spellings.get_ref().iter().map(|(spelling, value)| (spelling.clone(), value.get_ref().clone()));
            let map = Arc::new(ValueMap::new(map));
            for (header, _) in headers {
                let key = header_key(&header);
                let Some(target) = columns.get(&key) else {
                    let known = raw.columns.keys().map(String::as_str);
                    self.unknown(source, &spellings.span(), "列", &header, known);
                    break;
                };
                if let Some(Type::Code(list)) = type_of(target.cell, dataset)
                    && let Some(list) = self.pack.codelists.get(list).map(Arc::clone)
                {
                    for value in spellings.get_ref().values().filter(|value| {
                        // The official missing value stands for itself.
                        value.get_ref() != "-" && !list.has(value.get_ref())
                    }) {
                        let known = list.entries.iter().map(|entry| entry.code.as_str());
                        let noun = format!("代码表 {} 的代码", list.meta.id);
                        self.unknown(source, &value.span(), &noun, value.get_ref(), known);
                    }
                }
                values.insert(key, Arc::clone(&map));
            }
        }
        values
    }
}

/// `JBDM{1..15}` to its fifteen headers, each with its number; a header without a run to itself.
/// `{01..15}` writes numbers with as many digits as the first.
fn expand(header: &str) -> Result<Vec<(String, Option<i32>)>, String> {
    let Some((before, rest)) = header.split_once('{') else {
        return Ok(vec![(header.to_owned(), None)]);
    };
    let bad = || format!("列名“{header}”的序号应写作 {{1..15}}");
    let (run, after) = rest.split_once('}').ok_or_else(bad)?;
    let (first, last) = run.split_once("..").ok_or_else(bad)?;
    let width = if first.starts_with('0') { first.len() } else { 0 };
    let number = |text: &str| text.parse::<i32>().ok().filter(|n| (0..=999).contains(n));
    let (first, last) = number(first).zip(number(last)).ok_or_else(bad)?;
    if last < first || after.contains(['{', '}']) {
        return Err(bad());
    }
    Ok((first..=last).map(|n| (format!("{before}{n:0width$}{after}"), Some(n))).collect())
}

/// Where the column with number `n` goes.
fn resolve(text: &str, n: Option<i32>, dataset: &Dataset) -> Result<Target, String> {
    let (element, part) = match text.rsplit_once('.') {
        None => (text, Part::Whole),
        Some((element, "date")) => (element, Part::Date),
        Some((element, "hour")) => (element, Part::Hour),
        Some((element, "incision")) => (element, Part::IncisionClass),
        Some((element, "healing")) => (element, Part::Healing),
        Some((_, other)) => return Err(format!("不认识的部分“.{other}”：可以写 .date、.hour、.incision、.healing")),
    };
    let cell = match element.split_once('{') {
        None => match n {
            Some(_) => return Err(format!("列名有序号，“{text}”却没有 {{}}")),
            None => dataset.cell(element).ok_or_else(|| format!("没有数据项“{element}”"))?,
        },
        Some((before, rest)) => {
            let bad = || format!("“{text}”的序号应写作 {{}}、{{-1}} 或 {{+1}}");
            let (shift, after) = rest.split_once('}').ok_or_else(bad)?;
            let shift = if shift.is_empty() { 0 } else { shift.parse::<i32>().map_err(|_| bad())? };
            let n = n.ok_or_else(|| format!("“{text}”有序号，列名却没有 {{1..15}}"))?;
            slot(dataset, &format!("{before}{{}}{after}"), n + shift)?
        }
    };
    let ty = type_of(cell, dataset);
    let month = matches!(cell, Cell::Field(ix) if dataset.fields.get(ix.0).is_some_and(|field| field.month));
    let fits = match part {
        Part::Whole => true,
        Part::Date | Part::Hour => matches!(ty, Some(Type::Date | Type::DateTime)) && !month,
        Part::IncisionClass | Part::Healing => ty.is_some_and(Type::is_textual),
    };
    if fits {
        Ok(Target { cell, part })
    } else {
        Err(format!("“{element}”的类型没有“{text}”所说的部分"))
    }
}

fn type_of(cell: Cell, dataset: &Dataset) -> Option<&Type> {
    match cell {
        Cell::Field(ix) => dataset.fields.get(ix.0).map(|field| &field.ty),
        Cell::Member(g, m, _) => dataset.groups.get(g.0).and_then(|g| g.members.get(m.0)).map(|member| &member.ty),
    }
}

/// The cell of an element pattern in a slot; slot 0 is the main field.
fn slot(dataset: &Dataset, pattern: &str, slot: i32) -> Result<Cell, String> {
    for (g, group) in dataset.groups.iter().enumerate() {
        for (m, member) in group.members.iter().enumerate() {
            if member.element != pattern {
                continue;
            }
            let found = match (slot, member.main) {
                (0, Some(main)) => Some(Cell::Field(main)),
                (0, None) => None,
                _ => u16::try_from(slot)
                    .ok()
                    .filter(|slot| *slot <= group.last_slot)
                    .map(|slot| Cell::Member(GroupIx(g), MemberIx(m), slot)),
            };
            return found.ok_or_else(|| format!("“{pattern}”没有第 {slot} 项（最多 {} 项）", group.last_slot));
        }
    }
    Err(format!("没有数据项“{pattern}”"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn headers_with_a_run_expand() {
        let names = |header: &str| expand(header).unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("BAH"), ["BAH"]);
        assert_eq!(names("JBDM{1..3}"), ["JBDM1", "JBDM2", "JBDM3"]);
        assert_eq!(names("P{09..11}_X"), ["P09_X", "P10_X", "P11_X"]);
        for bad in ["A{1..", "A{1-3}", "A{3..1}", "A{1..2}{1..2}", "A{}", "A{a..b}", "A{0..100000}"] {
            assert!(expand(bad).is_err(), "{bad}");
        }
    }
}

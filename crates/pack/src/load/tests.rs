//! Test cases beside checks and indicators.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDateTime;

use super::diagnostic::Source;
use super::raw::{RawTestCase, RawTests, Text};
use super::{Loader, Place, Status, not_blank, read};
use crate::Pack;
use crate::codelist::Entry;
use crate::dataset::{Cell, Check, CheckKind, Dataset};
use crate::expr::{Expr, Function, Node, did_you_mean};
use crate::indicator::{Indicator, Reported};
use crate::period::{Grain, Period};
use crate::testcase::{Cases, CheckCase, DueRow, Expect, IndicatorCase, Outcome, Table, TestFile};
use crate::types::{Type, Value, parse_decimal};

const OUTCOMES: [(&str, Outcome); 4] = [
    ("passed", Outcome::Passed),
    ("violated", Outcome::Violated),
    ("not_applicable", Outcome::NotApplicable),
    ("not_evaluable", Outcome::NotEvaluable),
];

const STANDINGS: [(&str, Reported); 4] = [
    ("timely", Reported::Timely),
    ("late", Reported::Late),
    ("missing", Reported::Missing),
    ("open", Reported::Open),
];

impl Loader {
    pub(super) fn tests(&mut self, sources: &BTreeMap<String, Source>) {
        for source in sources.values() {
            match Place::of(&source.path) {
                Some(Place::CheckTests { dataset, id }) => {
                    if !sources.contains_key(&source.path.replace(".test.toml", ".toml")) {
                        self.report.file(source, format!("没有规则 {id}，测试无所依附"));
                    } else if let Some(dataset) = self.pack.table(dataset).map(Arc::clone) {
                        self.check_tests(source, id, &dataset);
                    }
                }
                Some(Place::IndicatorTests(id)) => {
                    if !sources.contains_key(&format!("indicators/{id}.toml")) {
                        self.report.file(source, format!("没有指标 {id}，测试无所依附"));
                    } else if let Some(indicator) = self.pack.indicators.get(id).map(Arc::clone) {
                        self.indicator_tests(source, &indicator);
                    }
                }
                _ => {}
            }
        }
        self.untested(sources);
    }

    /// An active definition has test cases.
    fn untested(&mut self, sources: &BTreeMap<String, Source>) {
        for source in sources.values() {
            let status = match Place::of(&source.path) {
                Some(Place::Check { dataset, id }) => self
                    .pack
                    .datasets
                    .get(dataset)
                    .and_then(|dataset| dataset.checks.iter().find(|check| &*check.meta.id == id))
                    .map(|check| check.meta.status),
                Some(Place::Indicator(id)) => self.pack.indicators.get(id).map(|indicator| indicator.meta.status),
                _ => None,
            };
            let beside = source.path.strip_suffix(".toml").map(|stem| format!("{stem}.test.toml"));
            if status == Some(Status::Active) && !beside.is_some_and(|path| sources.contains_key(&path)) {
                self.report.file(source, "启用（active）的定义旁边要有测试文件（.test.toml）");
            }
        }
    }

    fn check_tests(&mut self, source: &Source, id: &str, dataset: &Dataset) {
        let Some(raw) = read::<RawTests>(source, &mut self.report) else { return };
        let before = self.report.diagnostics.len();
        let mut cases = Vec::new();
        let check = dataset.checks.iter().find(|check| &*check.meta.id == id);
        for case in raw.case {
            for (key, text) in
                [("numerator", &case.numerator), ("denominator", &case.denominator), ("value", &case.value)]
            {
                if let Some(text) = text {
                    self.report.at(source, &text.span(), format!("校验规则的测试不写“{key}”，写在 expect 列"));
                }
            }
            for (key, text) in [("denominator_rows", &case.denominator_rows), ("due", &case.due), ("institutions", &case.institutions)] {
                if let Some(text) = text {
                    self.report.at(source, &text.span(), format!("校验规则的测试不写“{key}”"));
                }
            }
            not_blank(&case.name, "name", source, &mut self.report);
            let Some(text) = self.rows_of(source, &case, "rows", case.rows.as_ref()) else { continue };
            let Some((rows, expect)) = self.table(source, dataset, text, true) else { continue };
            let earlier = match &case.earlier {
                Some(text) => match self.table(source, dataset, text, false) {
                    Some((earlier, _)) => earlier,
                    None => continue,
                },
                None => Table::default(),
            };
            if let Some(text) = &case.known
                && !matches!(check.and_then(|check| check.kind.as_ref()), Some(CheckKind::Against { .. }) | None)
            {
                self.report.at(source, &text.span(), "只有“against”规则的测试写“known”（指标的值）");
            }
            let known = self.figure(source, case.known.as_ref(), false).and_then(|text| {
                let scale = u8::try_from(text.split_once('.').map_or(0, |(_, digits)| digits.len())).ok()?;
                Some(Value::Number { units: parse_decimal(&text, scale)?, scale })
            });
            let received_at = case.received_at.as_ref().and_then(|text| self.moment(source, text));
            let period = self.period(source, &case);
            let codelists = self.case_lists(source, case.codelists.as_ref());
            cases.push(CheckCase {
                codelists,
                line: first_row(source, text),
                name: case.name.get_ref().clone(),
                institution: case.institution,
                received_at,
                period,
                earlier,
                known,
                rows,
                expect,
            });
        }
        if let Some(check) = check {
            let has = |outcome| cases.iter().flat_map(|case| &case.expect).any(|expect| expect.outcome == outcome);
            if check.meta.status == Status::Active && self.report.diagnostics.len() == before {
                // Without the code list that a region supplies there is only one outcome to show.
                let needed: &[(&str, Outcome)] = if self.awaits(check) {
                    &[("not_evaluable", Outcome::NotEvaluable)]
                } else {
                    &[("passed", Outcome::Passed), ("violated", Outcome::Violated)]
                };
                for (name, _) in needed.iter().filter(|(_, outcome)| !has(*outcome)) {
                    self.report.file(source, format!("启用（active）的规则至少要有一行 {name}"));
                }
            }
            self.pack.tests.push(TestFile {
                file: source.file.clone(),
                dataset: Some(Arc::clone(&dataset.meta.id)),
                id: Arc::clone(&check.meta.id),
                cases: Cases::Check(cases),
            });
        }
    }

    /// Whether a check asks a code list that is not there yet.
    fn awaits(&self, check: &Check) -> bool {
        let Some(CheckKind::Row(cases)) = &check.kind else { return false };
        let mut found = false;
        let mut look = |expr: &Expr| {
            if let Node::Call(
                Function::Listed(list) | Function::ListedAll(list, _) | Function::ListAttribute(list, _),
                _,
            ) = &expr.node
            {
                found |= self.pack.awaited.contains_key(list);
            }
        };
        for case in cases {
            case.require.walk(&mut look);
            if let Some(when) = &case.when {
                when.walk(&mut look);
            }
        }
        found
    }

    fn indicator_tests(&mut self, source: &Source, indicator: &Indicator) {
        let Some(raw) = read::<RawTests>(source, &mut self.report) else { return };
        if raw.case.is_empty() {
            self.report.file(source, "至少要有一个 [[case]]");
        }
        let of = |pack: &Pack, id: Option<&Arc<str>>| id.and_then(|id| pack.table(id)).map(Arc::clone);
        let dataset = of(&self.pack, indicator.dataset.as_ref());
        let datasets = self.pack.datasets_of(indicator);
        let other = datasets.iter().find(|id| Some(*id) != indicator.dataset.as_ref());
        let other = of(&self.pack, other);
        let mut cases = Vec::new();
        for case in raw.case {
            cases.extend(self.indicator_case(source, case, dataset.as_deref(), other.as_deref()));
        }
        self.pack.tests.push(TestFile {
            file: source.file.clone(),
            dataset: indicator.dataset.clone(),
            id: Arc::clone(&indicator.meta.id),
            cases: Cases::Indicator(cases),
        });
    }

    /// `dataset` is that of the rows, none for an indicator of reporting; `other` that of the
    /// denominator, where it is another one.
    fn indicator_case(
        &mut self,
        source: &Source,
        case: RawTestCase,
        dataset: Option<&Dataset>,
        other: Option<&Dataset>,
    ) -> Option<IndicatorCase> {
        not_blank(&case.name, "name", source, &mut self.report);
        let unused = [
            ("received_at", &case.received_at, true),
            ("earlier", &case.earlier, true),
            ("known", &case.known, true),
            ("rows", &case.rows, dataset.is_none()),
            ("denominator_rows", &case.denominator_rows, other.is_none()),
            ("due", &case.due, dataset.is_some()),
        ];
        for (key, text, unused) in unused {
            if let Some(text) = text.as_ref().filter(|_| unused) {
                self.report.at(source, &text.span(), format!("这个指标的测试不写“{key}”"));
            }
        }
        let (rows, due, line) = if let Some(dataset) = dataset {
            let text = self.rows_of(source, &case, "rows", case.rows.as_ref())?;
            (self.table(source, dataset, text, false)?.0, Vec::new(), first_row(source, text))
        } else {
            let text = self.rows_of(source, &case, "due", case.due.as_ref())?;
            (Table::default(), self.due_rows(source, text)?, first_row(source, text))
        };
        let denominator_rows = match other {
            Some(other) => {
                let text = self.rows_of(source, &case, "denominator_rows", case.denominator_rows.as_ref())?;
                Some(self.table(source, other, text, false)?.0)
            }
            None => None,
        };
        let period = self.period(source, &case);
        let codelists = self.case_lists(source, case.codelists.as_ref());
        let institutions = self.case_institutions(source, case.institutions.as_ref());
        let numerator = self.figure(source, case.numerator.as_ref(), false);
        let denominator = self.figure(source, case.denominator.as_ref(), false);
        if case.value.is_none() {
            self.report.at(source, &case.name.span(), "缺少“value”（没有值时写 \"null\"）");
        }
        let value = self.figure(source, case.value.as_ref(), true).unwrap_or_default();
        let name = case.name.into_inner();
        Some(IndicatorCase {
            name,
            line,
            rows,
            denominator_rows,
            due,
            institutions,
            codelists,
            period,
            numerator,
            denominator,
            value,
        })
    }

    /// A small table of texts with these columns first: the rest of the header, and the rows.
    fn small_table(&mut self, source: &Source, text: &Text, first: &[&str]) -> Option<(Vec<String>, Vec<Vec<String>>)> {
        let mut lines = lines(text.get_ref());
        let header = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
        if header.iter().map(String::as_str).take(first.len()).ne(first.iter().copied()) {
            self.report.at(source, &text.span(), format!("表头应以 {} 开始", first.join(" | ")));
            return None;
        }
        let mut rows = Vec::new();
        for (offset, line) in lines {
            let row = cells(line);
            if row.len() != header.len() {
                let place = source.within(&text.span(), text.get_ref(), offset);
                self.report.push(source, place, format!("这一行应有 {} 格", header.len()), None);
                return None;
            }
            rows.push(row);
        }
        Some((header.into_iter().skip(first.len()).collect(), rows))
    }

    /// Codes that a case lays on, as a region's pack would: `list | code`, then the attributes.
    fn case_lists(&mut self, source: &Source, text: Option<&Text>) -> BTreeMap<String, Vec<Entry>> {
        let mut lists: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let Some((attributes, rows)) = text.and_then(|text| self.small_table(source, text, &["list", "code"])) else {
            return lists;
        };
        for row in rows {
            let mut cells = row.into_iter();
            let (Some(list), Some(code)) = (cells.next(), cells.next()) else { continue };
            if !self.codelist_ids.contains(&list) {
                self.report.file(source, format!("测试中的代码表“{list}”没有声明"));
            }
            let given = attributes.iter().cloned().zip(cells).filter(|(_, value)| !value.is_empty());
            let entry = Entry { name: code.clone(), code, attributes: given.collect(), also: Vec::new() };
            lists.entry(list).or_default().push(entry);
        }
        lists
    }

    /// The class and level of the institutions of a case: `institution | class | level`.
    fn case_institutions(&mut self, source: &Source, text: Option<&Text>) -> BTreeMap<String, (String, String)> {
        let table = text.and_then(|text| self.small_table(source, text, &["institution", "class", "level"]));
        let rows = table.map(|(_, rows)| rows).unwrap_or_default();
        rows.into_iter()
            .filter_map(|row| <[String; 3]>::try_from(row).ok())
            .map(|[institution, class, level]| (institution, (class, level)))
            .collect()
    }

    /// A table that a case must have.
    fn rows_of<'a>(&mut self, source: &Source, case: &RawTestCase, key: &str, text: Option<&'a Text>) -> Option<&'a Text> {
        if text.is_none() {
            self.report.at(source, &case.name.span(), format!("缺少“{key}”"));
        }
        text
    }

    /// What institutions owed and sent: `institution | month | standing`, and where it matters
    /// `dataset`, `rows` and `held`.
    fn due_rows(&mut self, source: &Source, text: &Text) -> Option<Vec<DueRow>> {
        const COLUMNS: [&str; 6] = ["institution", "month", "standing", "dataset", "rows", "held"];
        let span = text.span();
        let before = self.report.diagnostics.len();
        let mut lines = lines(text.get_ref());
        let header = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
        for name in header.iter().filter(|name| !COLUMNS.contains(&name.as_str())) {
            self.unknown(source, &span, "列", name, COLUMNS.into_iter());
        }
        for name in COLUMNS.iter().take(3).filter(|name| !header.iter().any(|column| column == *name)) {
            self.report.at(source, &span, format!("缺少列“{name}”"));
        }
        let mut due = Vec::new();
        for (offset, line) in lines {
            let place = source.within(&span, text.get_ref(), offset);
            let row = cells(line);
            let cell = |name: &str| {
                let at = header.iter().position(|column| column == name)?;
                row.get(at).map(String::as_str).filter(|cell| !cell.is_empty())
            };
            let count = |name: &str| cell(name).map_or(Some(0), |cell| cell.parse().ok());
            let month = cell("month").and_then(|cell| cell.parse::<Period>().ok()).filter(|p| p.grain() == Some(Grain::Month));
            let standing = cell("standing").and_then(|word| STANDINGS.iter().find(|(name, _)| *name == word));
            let (Some(institution), Some(month), Some((_, standing)), Some(rows), Some(held)) =
                (cell("institution"), month, standing, count("rows"), count("held"))
            else {
                let words: Vec<&str> = STANDINGS.iter().map(|(name, _)| *name).collect();
                let help = format!("month 写作 2024-03；standing 可以写：{}；rows、held 为整数", words.join("、"));
                self.report.push(source, place, "这一行写得不对", Some(help));
                continue;
            };
            if let Some(dataset) = cell("dataset").filter(|id| !self.dataset_ids.contains(*id)) {
                self.report.push(source, place, format!("没有数据集“{dataset}”"), None);
            }
            due.push(DueRow {
                dataset: cell("dataset").map(str::to_owned),
                institution: institution.to_owned(),
                month: month.first(),
                standing: *standing,
                rows,
                held,
            });
        }
        (self.report.diagnostics.len() == before).then_some(due)
    }

    /// An expected figure: a decimal, or `null` where that may be.
    fn figure(&mut self, source: &Source, text: Option<&Text>, may_be_null: bool) -> Option<String> {
        let text = text?;
        let figure = text.get_ref().as_str();
        if parse_decimal(figure, Type::MAX_SCALE).is_none() && !(may_be_null && figure == "null") {
            self.report.at(source, &text.span(), format!("“{figure}”不是数字"));
        }
        Some(figure.to_owned())
    }

    fn moment(&mut self, source: &Source, text: &Text) -> Option<NaiveDateTime> {
        let moment = NaiveDateTime::parse_from_str(text.get_ref(), "%Y-%m-%d %H:%M:%S").ok();
        if moment.is_none() {
            self.report.at(source, &text.span(), "应为日期时间，写作 2024-04-05 00:00:00");
        }
        moment
    }

    fn period(&mut self, source: &Source, case: &RawTestCase) -> Option<Period> {
        let text = case.period.as_ref()?;
        let period = text.get_ref().parse().ok();
        if period.is_none() {
            self.report.at(source, &text.span(), "应为报告期，写作 2024-03、2024-Q1 或 2024");
        }
        period
    }

    /// A table written as text: cells parted by `|`, the header first; with `expect` its last
    /// column says what is expected. Every row that is not right is one diagnostic.
    fn table(&mut self, source: &Source, dataset: &Dataset, text: &Text, expect: bool) -> Option<(Table, Vec<Expect>)> {
        let span = text.span();
        let before = self.report.diagnostics.len();
        let mut lines = lines(text.get_ref());
        let Some((offset, first)) = lines.next() else {
            self.report.at(source, &span, "表格为空");
            return None;
        };
        let mut header = cells(first);
        let place = source.within(&span, text.get_ref(), offset);
        if expect && header.pop().as_deref() != Some("expect") {
            self.report.push(source, place, "最后一列应为 expect", None);
            return None;
        }
        let mut columns: Vec<String> = Vec::new();
        for name in &header {
            let Some(cell) = dataset.cell(name) else {
                let known: Vec<String> = dataset
                    .layouts
                    .first()
                    .map(|official| official.columns.values().map(|target| dataset.element(target.cell)).collect())
                    .unwrap_or_default();
                let help = did_you_mean(name, known.iter().map(String::as_str));
                self.report.push(source, place, format!("没有数据项“{name}”"), help);
                continue;
            };
            let element = dataset.element(cell);
            if columns.contains(&element) {
                self.report.push(source, place, format!("列“{name}”重复"), None);
            }
            columns.push(element);
        }
        let mut rows = Vec::new();
        let mut expected = Vec::new();
        for (offset, line) in lines {
            let place = source.within(&span, text.get_ref(), offset);
            let mut row = cells(line);
            if expect {
                match row.pop().map(|word| outcome(&word, dataset)) {
                    Some(Ok(expect)) => expected.push(expect),
                    Some(Err((message, help))) => self.report.push(source, place, message, help),
                    None => {}
                }
            }
            if row.len() != header.len() {
                let message = format!("这一行有 {} 格，表头有 {} 格", row.len(), header.len());
                self.report.push(source, place, message, None);
            }
            rows.push(row);
        }
        (self.report.diagnostics.len() == before).then_some((Table { header: columns, rows }, expected))
    }
}

/// The lines that are not blank, each with its byte offset.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n')
        .scan(0, |offset, line| {
            let start = *offset;
            *offset += line.len();
            Some((start, line))
        })
        .filter(|(_, line)| !line.trim().is_empty())
}

pub(super) fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// `violated`, or `violated@C06x02C` where the cell matters.
fn outcome(word: &str, dataset: &Dataset) -> Result<Expect, (String, Option<String>)> {
    let (word, element) = match word.split_once('@') {
        Some((word, element)) => (word, Some(element)),
        None => (word, None),
    };
    let names = || OUTCOMES.iter().map(|(name, _)| *name);
    let Some((_, outcome)) = OUTCOMES.iter().find(|(name, _)| *name == word) else {
        let help = did_you_mean(word, names())
            .unwrap_or_else(|| format!("可以写：{}", names().collect::<Vec<_>>().join("、")));
        return Err((format!("不认识的预期结果“{word}”"), Some(help)));
    };
    let at: Option<Cell> = match element {
        Some(element) => match dataset.cell(element) {
            Some(cell) => Some(cell),
            None => return Err((format!("没有数据项“{element}”"), None)),
        },
        None => None,
    };
    Ok(Expect { outcome: *outcome, at })
}

/// The line of a table's first row.
fn first_row(source: &Source, text: &Text) -> u32 {
    let offset = lines(text.get_ref()).nth(1).map_or(0, |(offset, _)| offset);
    source.within(&text.span(), text.get_ref(), offset).line
}

//! A small dataset, rows written as text tables, and expressions built by hand.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

pub mod made;
pub mod manual;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, StringArray, TimestampSecondArray,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer};
use arrow::datatypes::Date32Type;
use chrono::{NaiveDate, NaiveDateTime};
use yizheng_eval::{CellStates, Environment, Evaluator, Frame, GroupFrame, value_at};
use yizheng_pack::codelist::{CodeList, Entry};
use yizheng_pack::dataset::{
    Cell, Dataset, Due, Field, FieldIx, Group, GroupIx, Member, MemberIx, Over, Privacy, Required, Subject,
};
use yizheng_pack::expr::reference;
use yizheng_pack::expr::{
    Arithmetic, Comparison, Context, Expr, ExprError, Fact, Function, Mode, Node, Quantifier, expression,
};
use yizheng_pack::link::{Across, Link, Other, Reach};
use yizheng_pack::load::{Meta, Status};
use yizheng_pack::parameter::Parameter;
use yizheng_pack::types::{Type, Value, parse_decimal};

pub const OPERATION: GroupIx = GroupIx(0);
pub const STAY: GroupIx = GroupIx(1);

pub fn meta(id: &str) -> Meta {
    Meta {
        id: id.into(),
        name: id.to_owned(),
        status: Status::Active,
        purpose: String::new(),
        legal_basis: String::new(),
        limits: String::new(),
        example: String::new(),
        file: String::new(),
    }
}

fn field(id: &str, ty: Type, privacy: Privacy) -> Field {
    Field {
        id: id.into(),
        name: id.to_owned(),
        ty,
        month: false,
        max_length: 0,
        required: Required::Optional,
        column_required: false,
        privacy,
        over: Over::Sum,
        unit: String::new(),
        section: String::new(),
        hint: String::new(),
        main_of: None,
    }
}

fn member(id: &str, ty: Type, main: Option<usize>, privacy: Privacy) -> Member {
    Member {
        id: id.into(),
        name: id.to_owned(),
        ty,
        max_length: 0,
        main: main.map(FieldIx),
        element: format!("{id}{{}}"),
        privacy,
    }
}

/// Fields `t u` text, `c` code of SEX, `n k` whole numbers, `m` money, `d e` dates, `s z` times,
/// `ward` text, `name` text (personal), `main` text: the main operation's code, `p` percent. Groups `operation`
/// (slots 0–9: code, level, day, cost, surgeon (personal)) and `stay` (slots 1–5: hours).
pub fn dataset() -> Arc<Dataset> {
    let plain = Privacy::Plain;
    let fields = vec![
        field("t", Type::Text, plain),
        field("u", Type::Text, plain),
        field("c", Type::Code("SEX".into()), plain),
        field("n", Type::INTEGER, plain),
        field("k", Type::INTEGER, plain),
        field("m", Type::MONEY, plain),
        field("d", Type::Date, plain),
        field("e", Type::Date, plain),
        field("s", Type::DateTime, plain),
        field("z", Type::DateTime, plain),
        field("ward", Type::Text, plain),
        field("name", Type::Text, Privacy::Personal),
        field("main", Type::Text, plain),
        field("p", Type::PERCENT, plain),
    ];
    let groups = vec![
        Group {
            id: "operation".into(),
            name: "手术".to_owned(),
            members: vec![
                member("code", Type::Text, Some(12), plain),
                member("level", Type::Text, None, plain),
                member("day", Type::Date, None, plain),
                member("cost", Type::MONEY, None, plain),
                member("surgeon", Type::Text, None, Privacy::Personal),
            ],
            last_slot: 9,
        },
        Group {
            id: "stay".into(),
            name: "监护".to_owned(),
            members: vec![member("hours", Type::INTEGER, None, plain)],
            last_slot: 5,
        },
    ];
    Arc::new(Dataset {
        meta: meta("test"),
        fields,
        groups,
        layouts: Vec::new(),
        checks: Vec::new(),
        institution: FieldIx(0),
        period: FieldIx(8),
        subject: Subject::Institution,
        department: Some(FieldIx(10)),
        key: vec![FieldIx(0)],
        person: None,
        links: vec![again()],
        listed: Vec::new(),
        due: Due { days: 10, ..Due::default() },
        form: false,
    })
}

/// A row of the same ward within 30 days. Rows of a table say themselves whether there is one.
fn again() -> Link {
    let [day, ward] = [(6, Type::Date), (10, Type::Text)].map(|(at, ty)| e(Node::Field(FieldIx(at)), ty));
    let reach = Reach { from: day.clone(), to: day, within: int(30) };
    Link {
        id: "again".into(),
        name: "再来".to_owned(),
        other: Other::Later(reach),
        person: false,
        across: Across::Institution,
        same: vec![ward],
        filter: None,
    }
}

/// Rows from a table: `|` between columns, the first line names fields or groups. A cell is empty,
/// `-`, `?…` (malformed) or a value. The elements of a group are separated by `;`, each with its
/// slot and its members in order, `.` for an empty one: `0 36.06 4; 1 . 2`. The column `again` says what
/// the link of that name says of the row.
pub fn frame(table: &str) -> Frame {
    let dataset = dataset();
    let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let split = |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().to_owned()).collect() };
    let header = split(lines.next().unwrap());
    let rows: Vec<Vec<String>> = lines.map(split).collect();
    assert!(rows.iter().all(|row| row.len() == header.len()), "ragged table: {table}");
    let column = |id: &str| -> Option<Vec<String>> {
        let at = header.iter().position(|h| h == id)?;
        Some(rows.iter().map(|row| row[at].clone()).collect())
    };
    let known: Vec<&str> =
        dataset.fields.iter().map(|f| &*f.id).chain(dataset.groups.iter().map(|g| &*g.id)).chain(["again"]).collect();
    for h in &header {
        assert!(known.contains(&h.as_str()), "no field or group {h}");
    }
    let mut states = CellStates::default();
    let columns = dataset
        .fields
        .iter()
        .enumerate()
        .map(|(ix, field)| {
            let cells = column(&field.id)?;
            mark(&mut states, Cell::Field(FieldIx(ix)), &cells);
            Some(array(&field.ty, &cells))
        })
        .collect();
    let groups = dataset
        .groups
        .iter()
        .enumerate()
        .map(|(ix, group)| Some(group_frame(GroupIx(ix), group, &column(&group.id)?, &mut states)))
        .collect();
    let row = Int64Array::from_iter_values(1..=rows.len() as i64);
    let again = column("again").unwrap_or_else(|| vec![String::new(); rows.len()]);
    let again = again.iter().map(|cell| cell.parse::<std::primitive::bool>().ok()).collect::<BooleanArray>();
    Frame::new(dataset, row, columns, groups, states).unwrap().with_links(vec![again]).unwrap()
}

fn mark(states: &mut CellStates, cell: Cell, cells: &[String]) {
    let bits = |is: &dyn Fn(&str) -> bool| cells.iter().map(|c| is(c)).collect::<BooleanBuffer>();
    for (map, bits) in [
        (&mut states.dash, bits(&|c| c == "-")),
        (&mut states.malformed, bits(&|c| c.starts_with('?'))),
    ] {
        if bits.has_true() {
            map.insert(cell, bits);
        }
    }
}

fn group_frame(ix: GroupIx, group: &Group, cells: &[String], states: &mut CellStates) -> GroupFrame {
    let elements: Vec<Vec<Vec<String>>> = cells
        .iter()
        .map(|cell| {
            let elements = cell.split(';').map(str::trim).filter(|e| !e.is_empty());
            elements.map(|e| e.split_whitespace().map(str::to_owned).collect()).collect()
        })
        .collect();
    let part = |element: &[String], at: usize| match element.get(at).map(String::as_str) {
        None | Some(".") => String::new(),
        Some(text) => text.to_owned(),
    };
    let slots: Vec<i32> = elements.iter().flatten().map(|e| e[0].parse().unwrap()).collect();
    let mut members = Vec::new();
    for (at, member) in group.members.iter().enumerate() {
        let flat: Vec<String> = elements.iter().flatten().map(|e| part(e, at + 1)).collect();
        members.push(flat.iter().any(|c| !c.is_empty()).then(|| array(&member.ty, &flat)));
        for slot in 0..=group.last_slot {
            let of_slot = |row: &Vec<Vec<String>>| {
                row.iter().find(|e| e[0] == slot.to_string()).map_or(String::new(), |e| part(e, at + 1))
            };
            let by_row: Vec<String> = elements.iter().map(of_slot).collect();
            match (slot, member.main) {
                (0, Some(main)) => mark(states, Cell::Field(main), &by_row),
                (0, None) => {}
                _ => mark(states, Cell::Member(ix, MemberIx(at), slot), &by_row),
            }
        }
    }
    GroupFrame {
        offsets: OffsetBuffer::from_lengths(elements.iter().map(Vec::len)),
        slots: Int32Array::from(slots),
        members,
    }
}

fn array(ty: &Type, cells: &[String]) -> ArrayRef {
    let known = cells.iter().map(|c| Some(c.as_str()).filter(|c| !c.is_empty() && *c != "-" && !c.starts_with('?')));
    match ty {
        Type::Text | Type::Code(_) => Arc::new(known.collect::<StringArray>()),
        Type::Number { scale: 0, .. } => Arc::new(known.map(|c| c.map(|c| c.parse().expect(c))).collect::<Int64Array>()),
        Type::Number { scale, .. } => {
            Arc::new(known.map(|c| c.map(|c| parse_decimal(c, *scale).expect(c))).collect::<Int64Array>())
        }
        Type::Date => {
            let days = known.map(|c| c.map(|c| Date32Type::from_naive_date(day(c))));
            Arc::new(days.collect::<Date32Array>())
        }
        Type::DateTime => {
            Arc::new(known.map(|c| c.map(|c| moment(c).and_utc().timestamp())).collect::<TimestampSecondArray>())
        }
        Type::Bool | Type::TextSet => panic!("no such column"),
    }
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

pub fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect(text)
}

/// Code list SEX with a second spelling and an attribute, and CITY without either.
pub fn environment() -> Environment {
    let entry = |code: &str, also: &[&str], side: Option<&str>| Entry {
        code: code.to_owned(),
        name: code.to_owned(),
        attributes: side.map(|s| ("side".to_owned(), s.to_owned())).into_iter().collect(),
        also: also.iter().map(|s| (*s).to_owned()).collect(),
    };
    let sex = vec![entry("1", &["M"], Some("left")), entry("2", &[], None)];
    let city = vec![entry("a", &[], None), entry("b", &[], None)];
    let list = |id: &str, entries| (Arc::from(id), Arc::new(CodeList::new(meta(id), String::new(), entries)));
    Environment {
        codelists: BTreeMap::from([list("SEX", sex), list("CITY", city)]),
        parameters: BTreeMap::from([("long".into(), Value::integer(30))]),
        facts: BTreeMap::new(),
    }
}

pub fn set(texts: &[&str]) -> Value {
    Value::TextSet(Arc::new(texts.iter().map(|t| (*t).to_owned()).collect()))
}

// Expressions.

fn e(node: Node, ty: Type) -> Expr {
    Expr { node, ty }
}

pub fn bool(node: Node) -> Expr {
    e(node, Type::Bool)
}

pub fn f(id: &str) -> Expr {
    let dataset = dataset();
    let (ix, field) = dataset.field(id).expect(id);
    e(Node::Field(ix), field.ty.clone())
}

/// A member, as `operation.code`; `operation.slot` is the slot.
pub fn of(path: &str) -> Expr {
    let dataset = dataset();
    let (group, member) = path.split_once('.').unwrap();
    let (group_ix, group) = dataset.group(group).expect(path);
    if member == "slot" {
        return e(Node::Slot(group_ix), Type::INTEGER);
    }
    let at = group.members.iter().position(|m| &*m.id == member).expect(path);
    e(Node::Member(group_ix, MemberIx(at)), group.members[at].ty.clone())
}

pub fn int(n: i64) -> Expr {
    e(Node::Literal(Value::integer(n)), Type::INTEGER)
}

pub fn yuan(fen: i64) -> Expr {
    e(Node::Literal(Value::fen(fen)), Type::MONEY)
}

pub fn text(text: &str) -> Expr {
    e(Node::Literal(Value::text(text)), Type::Text)
}

pub fn date(text: &str) -> Expr {
    e(Node::Literal(Value::Date(day(text))), Type::Date)
}

pub fn truth(value: bool) -> Expr {
    bool(Node::Literal(Value::Bool(value)))
}

pub fn null(ty: Type) -> Expr {
    e(Node::Literal(Value::Null), ty)
}

pub fn fact(fact: Fact) -> Expr {
    e(Node::Fact(fact), fact.ty())
}

pub fn parameter(id: &str) -> Expr {
    e(Node::Parameter(id.into()), Type::INTEGER)
}

pub fn not(x: Expr) -> Expr {
    bool(Node::Not(Box::new(x)))
}

pub fn and(xs: impl Into<Vec<Expr>>) -> Expr {
    bool(Node::And(xs.into()))
}

pub fn or(xs: impl Into<Vec<Expr>>) -> Expr {
    bool(Node::Or(xs.into()))
}

pub fn cmp(by: Comparison, l: Expr, r: Expr) -> Expr {
    bool(Node::Compare(by, Box::new(l), Box::new(r)))
}

pub fn eq(l: Expr, r: Expr) -> Expr {
    cmp(Comparison::Equal, l, r)
}

pub fn gt(l: Expr, r: Expr) -> Expr {
    cmp(Comparison::Greater, l, r)
}

pub fn is_null(x: Expr) -> Expr {
    bool(Node::IsNull(Box::new(x)))
}

pub fn is_in(x: Expr, values: &[Value]) -> Expr {
    bool(Node::In(Box::new(x), values.to_vec()))
}

pub fn case(branches: Vec<(Expr, Expr)>, otherwise: Option<Expr>, ty: Type) -> Expr {
    e(Node::Case(branches, otherwise.map(Box::new)), ty)
}

pub fn calc(operator: Arithmetic, l: Expr, r: Expr) -> Expr {
    let ty = match (operator, &l.ty, &r.ty) {
        (Arithmetic::Multiply, Type::Number { scale: a, of }, Type::Number { scale: b, .. }) => {
            Type::Number { scale: a + b, of: *of }
        }
        (_, ty, _) => ty.clone(),
    };
    e(Node::Arithmetic(operator, Box::new(l), Box::new(r)), ty)
}

pub fn call(function: Function, arguments: Vec<Expr>, ty: Type) -> Expr {
    e(Node::Call(function, arguments), ty)
}

pub fn test(function: Function, arguments: Vec<Expr>) -> Expr {
    call(function, arguments, Type::Bool)
}

pub fn pair(a: Expr, b: Expr) -> Expr {
    call(Function::Pair, vec![a, b], Type::Text)
}

pub fn over(quantifier: Quantifier, group: GroupIx, body: Expr) -> Expr {
    let ty = match quantifier {
        Quantifier::Any | Quantifier::All | Quantifier::Repeats => Type::Bool,
        Quantifier::Count => Type::INTEGER,
        Quantifier::Sum | Quantifier::Max | Quantifier::Min => body.ty.clone(),
    };
    e(Node::Over(quantifier, group, Box::new(body)), ty)
}

// Answers.

/// The value of an expression for each row, as text.
pub fn values(expr: &Expr, frame: &Frame, environment: &Environment) -> Vec<String> {
    let column = Evaluator::new(frame, environment).evaluate(expr).unwrap();
    assert_eq!(column.len(), frame.len, "{expr:?}");
    (0..frame.len).map(|row| value_at(&column, &expr.ty, row).to_string()).collect()
}

/// `T`, `F` or `?` for each entry.
pub fn letters(mask: &BooleanArray) -> String {
    mask.iter().map(|b| b.map_or('?', |b| if b { 'T' } else { 'F' })).collect()
}

/// A condition for each row, as [`letters`].
pub fn truths(expr: &Expr, frame: &Frame, environment: &Environment) -> String {
    let mask = Evaluator::new(frame, environment).condition(expr).unwrap();
    assert_eq!(mask.len(), frame.len, "{expr:?}");
    letters(&mask)
}

/// Every cell, state and element of a frame, as text; absent columns read as null.
pub fn cells(frame: &Frame) -> Vec<String> {
    let dataset = &frame.dataset;
    let marked = |states: &std::collections::HashMap<Cell, BooleanBuffer>, cell: Cell, row: usize| {
        states.get(&cell).is_some_and(|bits| bits.value(row))
    };
    let one = |row: usize| {
        let mut text = format!("{}:", frame.row.value(row));
        for ix in 0..dataset.fields.len() {
            let cell = Cell::Field(FieldIx(ix));
            let dash = if marked(&frame.states.dash, cell, row) { "-" } else { "" };
            let malformed = if marked(&frame.states.malformed, cell, row) { "?" } else { "" };
            text += &format!(" {}{dash}{malformed}", frame.value(row, cell));
        }
        for (g, group) in dataset.groups.iter().enumerate() {
            let Some(elements) = frame.group(GroupIx(g)) else { continue };
            let (start, end) = (elements.offsets[row] as usize, elements.offsets[row + 1] as usize);
            for at in start..end {
                let slot = elements.slots.value(at) as u16;
                text += &format!(" {}{slot}", group.id);
                for m in 0..group.members.len() {
                    let cell = Cell::Member(GroupIx(g), MemberIx(m), slot);
                    let dash = if marked(&frame.states.dash, cell, row) { "-" } else { "" };
                    let malformed = if marked(&frame.states.malformed, cell, row) { "?" } else { "" };
                    text += &format!(" {}{dash}{malformed}", frame.value(row, cell));
                }
            }
        }
        text
    };
    (0..frame.len).map(one).collect()
}

/// What expressions as text may name: the dataset, the code lists and the parameters `long` (whole)
/// and `share` (two digits).
pub struct Language {
    pub dataset: Arc<Dataset>,
    declared: std::collections::BTreeSet<String>,
    parameters: BTreeMap<Arc<str>, Arc<Parameter>>,
    pub environment: Environment,
}

impl Language {
    pub fn new() -> Self {
        let parameter = |id: &str, ty: Type| {
            let parameter = Parameter { meta: meta(id), ty, unit: String::new(), values: Vec::new() };
            (Arc::from(id), Arc::new(parameter))
        };
        let mut environment = environment();
        environment.parameters.insert("share".into(), Value::fen(25));
        for (fact, value) in [
            (Fact::ReceivedAt, Value::DateTime(moment("2024-04-10 09:30:00"))),
            (Fact::PeriodStart, Value::Date(day("2024-03-01"))),
            (Fact::PeriodEnd, Value::Date(day("2024-04-01"))),
            (Fact::InstitutionCodes, set(&["A1", "B22"])),
            (Fact::InstitutionNames, set(&["甲医院", "乙医院"])),
            (Fact::InstitutionClass, Value::text("A100")),
            (Fact::InstitutionLevel, Value::text("32")),
            (Fact::InstitutionSubjects, set(&["03", "0401"])),
            (Fact::RegisteredBeds, Value::integer(100)),
        ] {
            environment = environment.with(fact, value);
        }
        Self {
            dataset: dataset(),
            declared: ["SEX", "CITY"].map(str::to_owned).into(),
            parameters: BTreeMap::from([parameter("long", Type::INTEGER), parameter("share", Type::decimal(2))]),
            environment,
        }
    }

    /// As the loader reads it in a check.
    pub fn read(&self, text: &str) -> Result<Expr, ExprError> {
        let context = Context {
            dataset: &self.dataset,
            codelists: &self.environment.codelists,
            declared: &self.declared,
            parameters: &self.parameters,
            // The state of a cell is asked in checks alone, links in indicators alone.
            mode: if text.contains("linked(") { Mode::Indicator } else { Mode::Check },
            it: None,
        };
        expression(text, &context)
    }

    /// The answer of the fast evaluator for each row.
    pub fn fast(&self, expr: &Expr, frame: &Frame) -> Vec<Value> {
        let column = Evaluator::new(frame, &self.environment).evaluate(expr).unwrap();
        assert_eq!(column.len(), frame.len);
        (0..frame.len).map(|row| value_at(&column, &expr.ty, row)).collect()
    }

    /// The answer of the reference evaluator for each row.
    pub fn plain(&self, expr: &Expr, rows: &[reference::Row]) -> Vec<Value> {
        rows.iter().map(|row| reference::value(expr, row, &self.environment).unwrap()).collect()
    }
}

/// The rows of a frame as the reference evaluator reads them.
pub fn rows(frame: &Frame) -> Vec<reference::Row> {
    (0..frame.len).map(|row| frame.plain(row)).collect()
}

/// What a node is called when operators and functions are counted.
pub fn kind(expr: &Expr) -> &'static str {
    match &expr.node {
        Node::Literal(_) => "constant",
        Node::Field(_) => "field",
        Node::Member(..) => "member",
        Node::Slot(_) => "slot",
        Node::Linked(_) => "linked",
        Node::Fact(fact) => fact.name(),
        Node::Parameter(_) => "param",
        Node::Not(_) => "not",
        Node::And(_) => "and",
        Node::Or(_) => "or",
        Node::Compare(by, ..) => by.sign(),
        Node::Arithmetic(by, ..) => by.sign(),
        Node::In(..) => "in",
        Node::IsNull(_) => "is null",
        Node::Case(..) => "case",
        Node::Call(function, _) => function.name(),
        Node::Over(quantifier, ..) => match quantifier {
            Quantifier::Any => "any",
            Quantifier::All => "all",
            Quantifier::Count => "count",
            Quantifier::Sum => "sum",
            Quantifier::Max => "max",
            Quantifier::Min => "min",
            Quantifier::Repeats => "repeats",
        },
    }
}

/// Every operator, fact and function of the language.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds = vec![
        "constant", "field", "member", "slot", "not", "and", "or", "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "in",
        "is null", "case",
    ];
    kinds.extend(Fact::ALL.map(Fact::name));
    kinds.extend(yizheng_pack::expr::call::FUNCTIONS.map(|(name, _)| name));
    kinds
}

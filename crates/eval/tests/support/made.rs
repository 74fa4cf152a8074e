//! Random typed expressions and rows, as text that the loader reads.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use yizheng_eval::Frame;
use yizheng_pack::expr::reference::Row;
use yizheng_pack::expr::{Expr, Node};
use yizheng_pack::types::Type;

use super::{Language, frame, rows};

/// Rows on which an expression is tried.
pub const ROWS: usize = 12;
const DEPTH: u32 = 4;

/// The types that are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Bool,
    Whole,
    /// Plain, with digits after the point.
    Decimal,
    Money,
    Percent,
    Text,
    Date,
    Time,
}

/// Where an expression stands: among a row's fields or an element's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum In {
    Row,
    Operation,
    Stay,
}

pub struct Maker {
    rng: ChaCha8Rng,
}

const TEXTS: [&str; 12] =
    ["", "a", "b", "36.0600", "I10.x00", "M", "1", "a,b", "甲乙丙", "11010519491231002X", "A1", "990001199003070010"];
const DAYS: [&str; 6] = ["2024-02-29", "2023-12-31", "2024-03-01", "1949-12-31", "2000-02-29", "2023-02-28"];

impl Maker {
    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.rng.random_range(0..of.len())]
    }

    fn chance(&mut self, of: u32) -> bool {
        self.rng.random_range(0..of) == 0
    }

    /// A leaf or, while `depth` lasts, something made of others.
    fn make(&mut self, what: Made, place: In, depth: u32) -> String {
        if depth == 0 || self.chance(6) {
            return self.leaf(what, place);
        }
        let d = depth - 1;
        match what {
            Made::Bool => self.condition(place, d),
            Made::Whole => self.whole(place, d),
            Made::Decimal | Made::Money | Made::Percent => self.amount(what, place, d),
            Made::Text => self.text(place, d),
            Made::Date => self.date(place, d),
            Made::Time => match self.rng.random_range(0..2) {
                0 => format!("coalesce({}, {})", self.make(Made::Time, place, d), self.make(Made::Time, place, d)),
                _ => self.case(Made::Time, place, d),
            },
        }
    }

    fn leaf(&mut self, what: Made, place: In) -> String {
        let number = self.rng.random_range(-3..40_i64);
        let text = format!("'{}'", self.one(&TEXTS[1..]));
        let day = format!("date '{}'", self.one(&DAYS));
        match what {
            // Links are asked in indicators alone, where neither facts nor the state of a cell are.
            Made::Bool if self.chance(30) => "linked('again')".to_owned(),
            Made::Bool => self.one(&["true", "false", "t is null", "n > k"]).to_owned(),
            Made::Whole => match place {
                In::Stay if self.chance(2) => self.one(&["hours", "slot"]).to_owned(),
                In::Operation if self.chance(3) => "slot".to_owned(),
                _ if self.chance(3) => number.to_string(),
                _ => self.one(&["n", "k", "n", "k", "param('long')", "institution.registered_beds"]).to_owned(),
            },
            Made::Decimal if self.chance(2) => format!("{number}.25"),
            Made::Decimal => "param('share')".to_owned(),
            // A number as written is money or a percent only beside one: see `beside`.
            Made::Money => match place {
                In::Operation if self.chance(2) => "cost".to_owned(),
                _ => "m".to_owned(),
            },
            Made::Percent => "p".to_owned(),
            Made::Text => match place {
                In::Operation if self.chance(2) => self.one(&["code", "level", "surgeon"]).to_owned(),
                _ if self.chance(3) => text,
                _ => self.one(&["t", "u", "c", "ward", "main", "institution.class", "institution.level"]).to_owned(),
            },
            Made::Date => match place {
                In::Operation if self.chance(2) => "day".to_owned(),
                _ if self.chance(3) => day,
                _ => self.one(&["d", "e", "submission.period_start", "submission.period_end"]).to_owned(),
            },
            Made::Time if self.chance(4) => format!("timestamp '{} 08:30:00'", self.one(&DAYS)),
            Made::Time => self.one(&["s", "z", "submission.received_at"]).to_owned(),
        }
    }

    fn any_type(&mut self) -> Made {
        let types = [Made::Whole, Made::Decimal, Made::Money, Made::Percent, Made::Text, Made::Date, Made::Time];
        types[self.rng.random_range(0..types.len())]
    }

    /// What may stand beside an expression of that type.
    fn beside(&mut self, what: Made, place: In, d: u32) -> String {
        match what {
            Made::Money | Made::Percent if self.chance(3) => format!("{}.5", self.rng.random_range(-3..40_i64)),
            Made::Decimal if self.chance(2) => self.make(Made::Whole, place, d),
            _ => self.make(what, place, d),
        }
    }

    fn case(&mut self, what: Made, place: In, d: u32) -> String {
        let mut text = "case".to_owned();
        for _ in 0..self.rng.random_range(1..3) {
            let (when, then) = (self.make(Made::Bool, place, d), self.make(what, place, d));
            text += &format!(" when {when} then {then}");
        }
        if !self.chance(3) {
            text += &format!(" else {}", self.make(what, place, d));
        }
        text + " end"
    }

    fn condition(&mut self, place: In, d: u32) -> String {
        let quantified = place == In::Row;
        match self.rng.random_range(0..22) {
            0..4 => {
                let of = self.any_type();
                let by = self.one(&["=", "<>", "<", "<=", ">", ">="]);
                format!("({} {by} {})", self.make(of, place, d), self.beside(of, place, d))
            }
            4 => format!("({} and {})", self.make(Made::Bool, place, d), self.make(Made::Bool, place, d)),
            5 => format!("({} or {})", self.make(Made::Bool, place, d), self.make(Made::Bool, place, d)),
            6 => format!("(not {})", self.make(Made::Bool, place, d)),
            7 => {
                let of = self.any_type();
                let is = self.one(&["is null", "is not null"]);
                format!("({} {is})", self.make(of, place, d))
            }
            8 => {
                let x = self.make(Made::Text, place, d);
                format!("({x} in ('{}', '{}'))", self.one(&TEXTS[1..]), self.one(&TEXTS[1..]))
            }
            9 => {
                let x = self.make(Made::Whole, place, d);
                format!("({x} not in (1, {}, 30))", self.rng.random_range(-3..40))
            }
            10 => {
                let x = self.make(Made::Date, place, d);
                let (low, high) = (self.make(Made::Date, place, d), self.make(Made::Date, place, d));
                format!("({x} between {low} and {high})")
            }
            11 => self.case(Made::Bool, place, d),
            12..15 if quantified => {
                let (group, inner) = self.group();
                match self.one(&["any", "all", "repeats"]) {
                    "repeats" => match (group, self.rng.random_range(0..3)) {
                        ("operation", 0) => "repeats(operation, pair(code, day))".to_owned(),
                        _ => {
                            let of = self.any_type();
                            format!("repeats({group}, {})", self.make(of, inner, d))
                        }
                    },
                    name => format!("{name}({group}, {})", self.make(Made::Bool, inner, d)),
                }
            }
            12..15 => "(slot > 0)".to_owned(),
            15 => {
                let cell = match place {
                    In::Operation => self.one(&["code", "cost", "surgeon", "t"]),
                    In::Stay => self.one(&["hours", "n"]),
                    In::Row => self.one(&["t", "n", "d", "m", "p", "main", "s"]),
                };
                format!("{}({cell})", self.one(&["empty", "dash", "malformed"]))
            }
            16 => {
                let x = self.make(Made::Text, place, d);
                self.one(&["icd(X, 'I10-I15', 'C50')", "icd(X, 'I10.x')", "operation(X, '36', '60-64')", "operation(X, '36.06-36.07')"])
                    .replace('X', &x)
            }
            17 => {
                let x = self.make(Made::Text, place, d);
                self.one(&["matches(X, '[a-z]+')", "matches(X, 'I.*|.*甲.*')", "starts_with(X, 'a', 'I1')", "starts_with(X, '甲')"])
                    .replace('X', &x)
            }
            18 => {
                let x = self.make(Made::Text, place, d);
                self.one(&["listed(c)", "listed(X, 'SEX')", "listed(X, 'CITY')", "listed_all(X, 'CITY', ',')"]).replace('X', &x)
            }
            19 => {
                let x = self.make(Made::Text, place, d);
                let set = self.one(&["institution.codes", "institution.names", "institution.subjects"]);
                if self.chance(2) { format!("contains({set}, {x})") } else { format!("contains_prefix({set}, {x}, 2)") }
            }
            20 => format!("id_valid({})", self.make(Made::Text, place, d)),
            _ => self.leaf(Made::Bool, place),
        }
    }

    fn group(&mut self) -> (&'static str, In) {
        if self.chance(3) { ("stay", In::Stay) } else { ("operation", In::Operation) }
    }

    fn whole(&mut self, place: In, d: u32) -> String {
        let two = |maker: &mut Self, of| (maker.make(of, place, d), maker.make(of, place, d));
        match self.rng.random_range(0..13) {
            0..3 => {
                let by = self.one(&["+", "-", "*"]);
                let (a, b) = two(self, Made::Whole);
                format!("({a} {by} {b})")
            }
            3 if place == In::Row => {
                let (group, inner) = self.group();
                if self.chance(3) { format!("count({group})") } else { format!("count({group}, {})", self.make(Made::Bool, inner, d)) }
            }
            4 if place == In::Row => {
                let (group, inner) = self.group();
                let name = self.one(&["sum", "max", "min"]);
                format!("{name}({group}, {})", self.make(Made::Whole, inner, d))
            }
            5 => format!("length({})", self.make(Made::Text, place, d)),
            6 => {
                let (a, b) = two(self, Made::Date);
                format!("{}({a}, {b})", self.one(&["days", "full_years"]))
            }
            7 if self.chance(2) => {
                let (a, b) = two(self, Made::Time);
                format!("minutes({a}, {b})")
            }
            7 => format!("year({})", self.make(Made::Date, place, d)),
            8 => format!("abs({})", self.make(Made::Whole, place, d)),
            9 => {
                let name = self.one(&["greatest", "least"]);
                let (a, b) = two(self, Made::Whole);
                format!("{name}({a}, {b})")
            }
            10 => {
                let (a, b) = two(self, Made::Whole);
                format!("coalesce({a}, {b})")
            }
            11 => self.case(Made::Whole, place, d),
            _ => self.leaf(Made::Whole, place),
        }
    }

    /// A decimal, money or a percent.
    fn amount(&mut self, what: Made, place: In, d: u32) -> String {
        match self.rng.random_range(0..8) {
            0 => {
                let by = self.one(&["+", "-"]);
                format!("({} {by} {})", self.make(what, place, d), self.beside(what, place, d))
            }
            1 if what == Made::Decimal && self.chance(2) => format!("({} * 0.01)", self.make(Made::Percent, place, d.min(1))),
            1 if what != Made::Percent => {
                let factor = if self.chance(3) { Made::Decimal } else { Made::Whole };
                format!("({} * {})", self.make(what, place, d.min(1)), self.make(factor, place, 0))
            }
            2 if place == In::Row => {
                let name = self.one(&["sum", "max", "min"]);
                format!("{name}(operation, {})", self.make(what, In::Operation, d))
            }
            3 if what == Made::Decimal => {
                format!("hours({}, {})", self.make(Made::Time, place, d), self.make(Made::Time, place, d))
            }
            4 => self.case(what, place, d),
            5 => format!("least({}, {})", self.make(what, place, d), self.beside(what, place, d)),
            6 => format!("coalesce({}, {})", self.make(what, place, d), self.beside(what, place, d)),
            7 => format!("abs({})", self.make(what, place, d)),
            _ => self.leaf(what, place),
        }
    }

    fn text(&mut self, place: In, d: u32) -> String {
        match self.rng.random_range(0..6) {
            0 => {
                let (from, length) = (self.rng.random_range(1..4), self.rng.random_range(1..3));
                format!("substring({}, {from}, {length})", self.make(Made::Text, place, d))
            }
            1 => format!("list_attribute({}, 'SEX', 'side')", self.make(Made::Text, place, d)),
            2 => format!("coalesce({}, {})", self.make(Made::Text, place, d), self.make(Made::Text, place, d)),
            3 => format!("id_sex({})", self.make(Made::Text, place, d)),
            4 => self.case(Made::Text, place, d),
            _ => self.leaf(Made::Text, place),
        }
    }

    fn date(&mut self, place: In, d: u32) -> String {
        match self.rng.random_range(0..6) {
            0 => format!("date({})", self.make(Made::Time, place, d)),
            1 => format!("id_birth({})", self.make(Made::Text, place, d)),
            2 if place == In::Row => format!("{}(operation, {})", self.one(&["max", "min"]), self.make(Made::Date, In::Operation, d)),
            3 => format!("coalesce({}, {})", self.make(Made::Date, place, d), self.make(Made::Date, place, d)),
            4 => self.case(Made::Date, place, d),
            _ => self.leaf(Made::Date, place),
        }
    }

    /// A cell as a file holds it: a value, blank, `-` or unreadable.
    fn cell(&mut self, known: String) -> String {
        match self.rng.random_range(0..10) {
            0 => String::new(),
            1 => "-".to_owned(),
            2 => "?".to_owned(),
            _ => known,
        }
    }

    /// As text of an element: without blanks, `.` for none.
    fn part(&mut self, known: String) -> String {
        Some(self.cell(known)).filter(|cell| !cell.is_empty()).unwrap_or_else(|| ".".to_owned())
    }

    /// A table of rows, as [`super::frame`] reads it.
    pub fn rows(&mut self) -> String {
        const NEAR_THE_END: i64 = i64::MAX - 3;
        let mut table = "t | u | c | n | k | m | p | d | e | s | z | ward | main | operation | stay | again\n".to_owned();
        for _ in 0..ROWS {
            let text = |maker: &mut Self| { let text = maker.one(&TEXTS).to_owned(); maker.cell(text) };
            let whole = |maker: &mut Self| {
                let number = if maker.chance(12) { NEAR_THE_END } else { maker.rng.random_range(-3..40) };
                maker.cell(number.to_string())
            };
            let day = |maker: &mut Self| { let day = maker.one(&DAYS).to_owned(); maker.cell(day) };
            let time = |maker: &mut Self| {
                let time = format!("{} {:02}:{:02}:{:02}", maker.one(&DAYS), maker.rng.random_range(0..24), maker.rng.random_range(0..60), maker.rng.random_range(0..60));
                maker.cell(time)
            };
            let mut cells = vec![text(self), text(self)];
            let sex = self.one(&["1", "2", "M", "9"]).to_owned();
            cells.push(self.cell(sex));
            cells.extend([whole(self), whole(self)]);
            let money = format!("{}.{:02}", self.rng.random_range(-5..50), self.rng.random_range(0..100));
            cells.push(self.cell(money.replace("-0.", "0.")));
            let percent = format!("{}.{:02}", self.rng.random_range(0..101), self.rng.random_range(0..100));
            cells.push(self.cell(percent));
            cells.extend([day(self), day(self), time(self), time(self), text(self)]);
            let mut elements = Vec::new();
            // The main operation's code is also a field of its own.
            let mut main = String::new();
            for slot in 0..self.rng.random_range(0..4) {
                let code = self.one(&["36.0600", "a", "甲乙丙", "M"]).to_owned();
                let level = self.one(&["1", "4", "a"]).to_owned();
                let day = self.one(&DAYS).to_owned();
                let cost = format!("{}.50", self.rng.random_range(0..9));
                let parts = [self.part(code), self.part(level), self.part(day), self.part(cost), self.part("b".to_owned())];
                if slot == 0 && parts[0] != "." {
                    main.clone_from(&parts[0]);
                }
                elements.push(format!("{slot} {}", parts.join(" ")));
            }
            cells.push(main);
            cells.push(elements.join("; "));
            let stays: Vec<String> = (1..=self.rng.random_range(0..4))
                .map(|slot: i32| {
                    let hours = self.rng.random_range(0..5).to_string();
                    format!("{slot} {}", self.part(hours))
                })
                .collect();
            cells.push(stays.join("; "));
            cells.push(self.one(&["true", "false", ""]).to_owned());
            table += &(cells.join(" | ") + "\n");
        }
        table
    }
}

pub fn maker(seed: u64) -> Maker {
    Maker { rng: ChaCha8Rng::seed_from_u64(seed) }
}

impl Maker {
    /// An expression that the loader takes, with its text; `None` where it does not.
    pub fn expression(&mut self, language: &Language) -> Option<(String, Expr)> {
        let types = [
            Made::Bool, Made::Bool, Made::Whole, Made::Decimal, Made::Money, Made::Percent, Made::Text, Made::Date, Made::Time,
        ];
        let what = types[self.rng.random_range(0..types.len())];
        let text = self.make(what, In::Row, DEPTH);
        let expr = language.read(&text).ok()?;
        Some((text, expr))
    }
}

/// An expression that the loader takes, with the rows on which it is tried.
pub fn made(language: &Language, seed: u64) -> Option<(String, Expr, Frame, Vec<Row>)> {
    let mut maker = maker(seed);
    let (text, expr) = maker.expression(language)?;
    let frame = frame(&maker.rows());
    let rows = rows(&frame);
    Some((text, expr, frame, rows))
}

/// Parts that do not stand inside a quantifier, parents first.
pub fn alone<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    let mut inside: Vec<*const Expr> = Vec::new();
    expr.walk(&mut |part| {
        if let Node::Over(_, _, body) = &part.node {
            body.walk(&mut |below| inside.push(below));
        }
        if !inside.iter().any(|seen| std::ptr::eq(*seen, part)) && part.ty != Type::TextSet {
            parts.push(part);
        }
    });
}

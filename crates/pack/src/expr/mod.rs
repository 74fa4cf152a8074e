//! The expression language of checks, indicators and population filters: closed, typed, small.
//!
//! Familiar SQL expression syntax, cut down to a closed subset. Every expression is typed against
//! a dataset when it is loaded, so an evaluator never meets an unknown name or a wrong type. There
//! is no statement, no subquery and no way to reach rows other than the one at hand.
//!
//! | form | meaning |
//! | --- | --- |
//! | `A14`, `B12` | the field of the row; in a quantifier's body a member (`code`, `level`, `slot`) first |
//! | `submission.received_at`, `institution.class` | facts about the submission ([`Fact`]) |
//! | `and or not`, `= <> < <= > >=`, `in (…)`, `between`, `is [not] null`, `case when` | as in SQL, three-valued |
//! | `+ - *` | exact decimals; no division: a ratio is an indicator, not an expression |
//! | `any(operation, level = '4')`, `all(…)`, `count(…)` | over a repeated group |
//! | `max(diagnosis, slot)`, `min(…)`, `sum(…)`, `repeats(diagnosis, code)` | over a repeated group |
//! | `repeats(operation, pair(code, date))` | two elements share both values |
//! | `count(operation)` | how many elements the group has |
//! | `icd(code, 'C00-C97', 'D00-D48')` | the code lies in one of the ranges of categories |
//! | `listed(A12C)` | the code is in the code list that its field names |
//! | `it` | in a check over several fields or over a group: the one at hand |
//! | `date '2024-01-01'` | a date |
//! | `param('long_stay_days')` | a dated parameter, taken for the period of the row |

pub mod ast;
pub mod call;
pub mod check;
pub mod environment;
pub mod error;
pub mod functions;
pub mod mutate;
pub mod parse;
pub mod print;
pub mod reference;
pub mod sql;

pub use ast::{Arithmetic, Comparison, Expr, Fact, Node, Quantifier, Span};
pub use check::{Context, Mode, condition, expression, number};
pub use environment::{Environment, Missing, missing};
pub use error::{ExprError, did_you_mean};
pub use functions::Function;

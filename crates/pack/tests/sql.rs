//! Expressions and indicators as SQL text: the forms as the manual lists them. That they mean what
//! the evaluators mean is tested where there is an engine.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use yizheng_pack::Pack;
use yizheng_pack::expr::sql::{Dialect, SqlError, duckdb_view, expression, indicator, sums};
use yizheng_pack::expr::{Context, Environment, Expr, Fact, Mode, expression as read};
use yizheng_pack::types::Value;

fn small() -> Pack {
    common::loaded(&[common::with(&[])])
}

fn environment(pack: &Pack) -> Environment {
    let day = NaiveDate::from_ymd_opt(2024, 3, 31).unwrap();
    let codes = ["A1", "B22"].map(str::to_owned).into();
    Environment::on(pack, day).with(Fact::InstitutionCodes, Value::TextSet(std::sync::Arc::new(codes)))
}

fn typed(pack: &Pack, text: &str) -> Expr {
    let declared: BTreeSet<String> = pack.codelists.keys().chain(pack.awaited.keys()).map(ToString::to_string).collect();
    let context = Context {
        dataset: &pack.datasets["stays"],
        codelists: &pack.codelists,
        declared: &declared,
        parameters: &pack.parameters,
        mode: Mode::Check,
        it: None,
    };
    read(text, &context).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn printed(dialect: Dialect, table: &[(&str, &str)]) {
    let pack = small();
    let environment = environment(&pack);
    let told = |text: &str| match expression(&typed(&pack, text), &pack.datasets["stays"], &environment, dialect) {
        Ok(sql) => sql,
        Err(error) => format!("error: {error}"),
    };
    let wrong: Vec<String> = table
        .iter()
        .filter(|(text, expected)| told(text) != *expected)
        .map(|(text, expected)| format!("{text}\n  expected {expected}\n  got      {}", told(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_sql_says_too_stands_as_it_is() {
    printed(
        Dialect::DataFusion,
        &[
            ("A14 > 30 and C03C = 'I10'", "((\"A14\" > 30) AND (\"C03C\" = 'I10'))"),
            ("not (A14 <= -1 or A48 <> 'it''s')", "(NOT ((\"A14\" <= (-1)) OR (\"A48\" <> 'it''s')))"),
            ("A14 is not null", "(\"A14\" IS NOT NULL)"),
            ("A14 between 1 and 3", "((\"A14\" >= 1) AND (\"A14\" <= 3))"),
            ("A12C in ('1', '2')", "(\"A12C\" IN ('1', '2'))"),
            ("case when A14 > 1 then 'a' else null end", "CASE WHEN (\"A14\" > 1) THEN 'a' ELSE CAST(NULL AS VARCHAR) END"),
            ("coalesce(A14, 0)", "coalesce(\"A14\", 0)"),
            ("date(B15) >= date '2024-03-01'", "(CAST(\"B15\" AS DATE) >= DATE '2024-03-01')"),
            // Money in 分.
            ("D01 >= 10.5", "(\"D01\" >= 1050)"),
        ],
    );
}

#[test]
fn numbers_that_do_not_fit_are_null() {
    let wide = |x: &str| format!("CAST({x} AS DECIMAL(19, 0))");
    let (d, n) = (wide("\"D01\""), wide("\"A14\""));
    printed(
        Dialect::DataFusion,
        &[
            ("D01 - D11", &format!("nullif(TRY_CAST({d} - {} AS BIGINT), NULL)", wide("\"D11\""))),
            ("A14 * 2", &format!("nullif(TRY_CAST({n} * 2 AS BIGINT), NULL)")),
            ("2 * 3", "nullif(TRY_CAST(CAST(2 AS DECIMAL(19, 0)) * 3 AS BIGINT), NULL)"),
            ("abs(A14)", &format!("nullif(TRY_CAST(abs({n}) AS BIGINT), NULL)")),
        ],
    );
    printed(Dialect::DuckDb, &[("D01 - D11", &format!("TRY_CAST({d} - {} AS BIGINT)", wide("\"D11\"")))]);
}

#[test]
fn what_is_the_same_for_all_rows_is_written_out() {
    printed(
        Dialect::DataFusion,
        &[
            // 60 days from 2024 on.
            ("B20 > param('long_stay_days')", "(\"B20\" > 60)"),
            ("contains(institution.codes, A01)", "(\"A01\" IN ('A1', 'B22'))"),
            ("contains_prefix(institution.codes, A01, 3)", "(substr(\"A01\", 1, 3) IN ('B22'))"),
            ("listed(A12C)", "(\"A12C\" IN ('01', '02', '1', '2'))"),
            ("listed_all(A48, 'RC001', '|')", "regexp_like(\"A48\", '^(?:01|02|1|2)(?:\\|(?:01|02|1|2))*$')"),
            ("list_attribute(C14x01C, 'GRADES', 'level')", "CASE \"C14x01C\" WHEN '47.0100' THEN '2' END"),
            // Nobody has imported the list.
            ("listed(C03C, 'ICD10')", "CAST(NULL AS BOOLEAN)"),
            ("institution.class = 'A100'", "(CAST(NULL AS VARCHAR) = 'A100')"),
        ],
    );
}

#[test]
fn codes_and_texts() {
    let capital = "translate(\"C03C\", 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')";
    printed(
        Dialect::DataFusion,
        &[
            (
                "icd(C03C, 'C00-C97', 'D25')",
                &format!("(({capital} >= 'C00' AND substr({capital}, 1, 3) <= 'C97') OR starts_with({capital}, 'D25'))"),
            ),
            ("matches(C03C, 'I|J')", "regexp_like(\"C03C\", '^(?:I|J)$')"),
            ("starts_with(C03C, 'I', 'J')", "(starts_with(\"C03C\", 'I') OR starts_with(\"C03C\", 'J'))"),
            ("substring(C03C, 2, 3)", "CASE WHEN length(\"C03C\") >= 4 THEN substr(\"C03C\", 2, 3) END"),
        ],
    );
    printed(Dialect::DuckDb, &[("matches(C03C, 'I|J')", "regexp_matches(\"C03C\", '^(?:I|J)$')")]);
}

#[test]
fn groups_are_lists_of_structs() {
    printed(
        Dialect::DataFusion,
        &[
            ("any(operation, level = 4)", "array_any_match(\"operation\", lambda it: (it['level'] = 4))"),
            ("all(operation, level = 4)", "(NOT array_any_match(\"operation\", lambda it: (NOT (it['level'] = 4))))"),
            ("count(operation)", "CAST(cardinality(\"operation\") AS BIGINT)"),
            ("count(operation, slot > 0)", "CAST(cardinality(array_filter(\"operation\", lambda it: (it['slot'] > 0))) AS BIGINT)"),
            ("max(operation, slot)", "array_max(array_transform(\"operation\", lambda it: it['slot']))"),
        ],
    );
    printed(
        Dialect::DuckDb,
        &[
            (
                "any(operation, level = 4)",
                "CASE WHEN array_has(array_transform(\"operation\", lambda it: (it['level'] = 4)), TRUE) THEN TRUE \
                 WHEN array_position(array_transform(\"operation\", lambda it: (it['level'] = 4)), NULL) IS NULL THEN FALSE END",
            ),
            ("max(operation, slot)", "list_max(array_transform(\"operation\", lambda it: it['slot']))"),
        ],
    );
}

#[test]
fn what_stored_rows_do_not_keep_is_refused() {
    printed(
        Dialect::DataFusion,
        &[
            ("A14 > 1 or dash(A14)", "error: `dash` asks how a cell was written, which stored rows do not keep"),
            ("empty(A14)", "error: `empty` asks how a cell was written, which stored rows do not keep"),
        ],
    );
}

fn with_indicator(unit: &str, rest: &str) -> Pack {
    let head = common::head("X1", "trial");
    let text = format!("{head}domain = \"领域\"\ndataset = \"stays\"\nunit = \"{unit}\"\ndigits = 2\ndirection = \"down\"\n{rest}\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n");
    common::loaded(&[common::with(&[("indicators/X1.toml", &text)])])
}

#[test]
fn an_indicator_is_one_statement() {
    let pack = with_indicator("%", "kind = \"proportion\"\npopulation = \"A14 >= 18\"\nnumerator = \"B20 > param('long_stay_days')\"");
    let sql = indicator(&pack.indicators["X1"], &pack, &environment(&pack), Dialect::DataFusion).unwrap();
    assert_eq!(
        sql,
        "-- X1 名（%）
-- numerator：分子
-- denominator：分母
SELECT
  \"A01\" AS institution,
  CAST(date_trunc('month', \"B15\") AS DATE) AS month,
  coalesce(\"B16C\", '') AS department,
  count(*) FILTER (WHERE (\"A14\" >= 18) AND (\"B20\" > 60)) AS numerator,
  count(*) FILTER (WHERE (\"A14\" >= 18)) AS denominator
FROM \"stays\"
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3"
    );
}

#[test]
fn sums_are_exact_and_squares_are_watched() {
    let pack = with_indicator("元", "kind = \"mean\"\nvalue = \"D01\"");
    let parts = pack.indicators["X1"].parts();
    let sql = sums(&parts, &pack.datasets["stays"], &environment(&pack), Dialect::DataFusion).unwrap();
    let square = "CAST(\"D01\" AS DECIMAL(19, 0)) * CAST(\"D01\" AS DECIMAL(19, 0))";
    for line in [
        "coalesce(\"B16C\", '') AS department".to_owned(),
        "count(*) AS rows".to_owned(),
        "coalesce(sum(CAST(\"D01\" AS DECIMAL(38, 0))), 0) AS p0".to_owned(),
        "count(*) FILTER (WHERE (\"D01\" IS NOT NULL)) AS p1".to_owned(),
        format!("coalesce(sum({square}), 0) AS p2"),
        "coalesce(sum(power(CAST(\"D01\" AS DOUBLE), 2)), 0) AS a2".to_owned(),
        "GROUP BY coalesce(\"B16C\", '')".to_owned(),
    ] {
        assert!(sql.contains(&line), "{line}\nis not in\n{sql}");
    }
}

#[test]
fn different_values_are_counted_once() {
    let pack = with_indicator("种", "kind = \"distinct\"\nvalue = \"C03C\"");
    let sql = indicator(&pack.indicators["X1"], &pack, &environment(&pack), Dialect::DataFusion).unwrap();
    assert!(sql.contains("  count(DISTINCT \"C03C\") FILTER (WHERE (\"C03C\" IS NOT NULL)) AS total\n"), "{sql}");
}

#[test]
fn what_is_lacking_is_said() {
    let pack = with_indicator("%", "kind = \"proportion\"\nnumerator = \"listed(C03C, 'ICD10')\"");
    let indicator_of = |environment: &Environment| indicator(&pack.indicators["X1"], &pack, environment, Dialect::DataFusion);
    let Err(SqlError::Missing { missing, .. }) = indicator_of(&environment(&pack)) else { panic!("nothing is missing") };
    let told: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["没有值域代码表 ICD10"]);
    let growth = with_indicator("%", "kind = \"proportion\"\nnumerator = \"B20 > 1\"");
    assert!(indicator(&growth.indicators["X1"], &Pack::default(), &Environment::default(), Dialect::DataFusion).is_err());
}

#[test]
fn duckdb_gets_its_tables() {
    let pack = with_indicator("%", "kind = \"proportion\"\nnumerator = \"any(operation, level = 4)\"");
    let parts = pack.indicators["X1"].parts();
    let view = duckdb_view(&parts, &pack.datasets["stays"], "stays", &["lake/data/stays/*/*.parquet".to_owned()]).unwrap();
    assert_eq!(
        view,
        "CREATE OR REPLACE VIEW \"stays\" AS
SELECT \"A01\", CAST(make_timestamp(\"B15\" * 1000000) AS TIMESTAMP(0)) AS \"B15\", \"B16C\", \
coalesce(\"operation\", []) AS \"operation\", coalesce(violates, []) AS violates
FROM (
  SELECT CAST(NULL AS VARCHAR) AS \"A01\", CAST(NULL AS BIGINT) AS \"B15\", CAST(NULL AS VARCHAR) AS \"B16C\", \
CAST([] AS STRUCT(\"slot\" INTEGER, \"code\" VARCHAR, \"date\" DATE, \"level\" BIGINT)[]) AS \"operation\", \
CAST([] AS VARCHAR[]) AS violates WHERE FALSE
  UNION ALL BY NAME
  SELECT * FROM read_parquet(['lake/data/stays/*/*.parquet'], union_by_name = TRUE)
)"
    );
}

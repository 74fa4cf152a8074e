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
-- 数值：numerator ÷ denominator × 100
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
    // They do not add up over departments.
    assert!(!sql.contains("department"), "{sql}");
}

#[test]
fn a_quantile_is_two_places_in_an_order() {
    let pack = with_indicator("元", "kind = \"quantile\"\npercent = 90\nvalue = \"D01\"");
    let sql = indicator(&pack.indicators["X1"], &pack, &environment(&pack), Dialect::DataFusion).unwrap();
    assert_eq!(
        sql,
        "-- X1 名（元）
-- count：数据行数
-- low：由小到大排列，所求分位两侧的值，以0.01为单位
-- high：由小到大排列，所求分位两侧的值，以0.01为单位
-- 数值：（low + high）÷ 2
SELECT institution, month, n AS count, min(value) AS low, max(value) AS high
FROM (
  SELECT institution, month, value,
    count(*) OVER (PARTITION BY institution, month) AS n,
    CAST(row_number() OVER (PARTITION BY institution, month ORDER BY value) AS BIGINT) AS place
  FROM (
    SELECT \"A01\" AS institution, CAST(date_trunc('month', \"B15\") AS DATE) AS month, \"D01\" AS value
    FROM \"stays\"
    WHERE (\"D01\" IS NOT NULL)
  ) AS counted
) AS in_order
WHERE 100 * place BETWEEN 90 * n AND 90 * n + 100
GROUP BY 1, 2, 3
ORDER BY 1, 2"
    );
}

/// The `FROM` of an indicator that asks for a link.
fn from_linked(link: &str) -> String {
    let dataset = format!("{}\n[[link]]\nid = \"again\"\nname = \"再来\"\n{link}\n", common::stays());
    let head = common::head("X1", "trial");
    let text = format!("{head}domain = \"领域\"\ndataset = \"stays\"\nunit = \"%\"\ndigits = 2\ndirection = \"down\"\nkind = \"proportion\"\nnumerator = \"linked('again')\"\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n");
    let pack = common::loaded(&[common::with(&[("datasets/stays/dataset.toml", &dataset), ("indicators/X1.toml", &text)])]);
    let sql = indicator(&pack.indicators["X1"], &pack, &environment(&pack), Dialect::DataFusion).unwrap();
    assert!(sql.contains("count(*) FILTER (WHERE \"linked again\") AS numerator"), "{sql}");
    // The sums of a file look for other rows among those of all.
    let parts = pack.indicators["X1"].parts();
    let sums = sums(&parts, &pack.datasets["stays"], &environment(&pack), Dialect::DataFusion).unwrap();
    assert!(sums.contains("FROM \"stays_linked\"") && !sql.contains("stays_linked"), "{sums}");
    let view = duckdb_view(&parts, &pack.datasets["stays"], "stays", &["a.parquet".to_owned()]).unwrap();
    assert!(view.contains("file_row_number AS place") && view.contains("union_by_name = TRUE, file_row_number = TRUE"), "{view}");
    let from = sql.split_once("\nFROM ").unwrap().1;
    from.split_once("\nGROUP BY").unwrap().0.to_owned()
}

#[test]
fn a_link_joins_the_dataset_with_itself() {
    let side = "submission, \"row\", person AS k0, coalesce(\"A01\", '') AS k1, \"B16C\" AS k2, \"B15\" AS begins, \"B12\" AS ends FROM \"stays\"";
    assert_eq!(
        from_linked("other = \"later\"\nfrom = \"B15\"\nto = \"B12\"\nwithin = \"31\"\nsame = [\"B16C\"]\nwhere = \"B20 > 1\""),
        format!(
            "(
  SELECT asked.*,
    CASE WHEN person IS NOT NULL AND \"B16C\" IS NOT NULL AND \"B15\" IS NOT NULL THEN \"again\".submission IS NOT NULL END AS \"linked again\"
  FROM \"stays\" AS asked
  LEFT JOIN (
    SELECT this.submission, this.\"row\"
    FROM (SELECT {side}) AS this
    WHERE EXISTS (
      SELECT 1 FROM (SELECT {side} WHERE (\"B20\" > 1)) AS other
      WHERE other.k0 = this.k0
        AND other.k1 = this.k1
        AND other.k2 = this.k2
        AND NOT (other.submission = this.submission AND other.\"row\" = this.\"row\")
        AND other.ends >= this.begins
        AND CAST(other.ends AS DATE) - CAST(this.begins AS DATE) <= 31
    )
  ) AS \"again\"
    ON \"again\".submission = asked.submission AND \"again\".\"row\" = asked.\"row\"
) AS linked"
        )
    );
}

#[test]
fn of_two_rows_of_one_moment_one_is_the_first() {
    let from = from_linked("other = \"earlier\"\nacross = \"region\"\nfrom = \"B15\"\nto = \"B15\"\nwithin = \"31\"");
    for line in [
        "person AS k0, \"B15\" AS begins, \"B15\" AS ends, coalesce(\"A01\", '') AS institution, CAST(date_trunc('month', \"B15\") AS DATE) AS month, place FROM",
        "AND (other.ends < this.begins OR other.ends = this.begins AND (other.institution < this.institution OR other.institution = this.institution AND (other.month < this.month OR other.month = this.month AND other.place < this.place)))\n",
        "AND CAST(this.begins AS DATE) - CAST(other.ends AS DATE) <= 31\n",
    ] {
        assert!(from.contains(line), "{line}\nis not in\n{from}");
    }
}

#[test]
fn rows_at_the_same_time_have_a_moment_in_common() {
    let from = from_linked("other = \"overlapping\"\nperson = false\nfrom = \"B12\"\nto = \"B15\"\nsame = [\"B16C\"]");
    for line in [
        "\"B12\" IS NOT NULL AND \"B15\" IS NOT NULL THEN",
        "AND this.begins < this.ends\n        AND other.begins < other.ends\n        AND other.begins < this.ends\n        AND this.begins < other.ends\n",
    ] {
        assert!(from.contains(line), "{line}\nis not in\n{from}");
    }
}

#[test]
fn what_is_read_from_others_stands_side_by_side() {
    let head = |id: &str| common::head(id, "trial") + "domain = \"领域\"\ndataset = \"stays\"\nunit = \"%\"\ndigits = 2\ndirection = \"down\"\n";
    let words = "\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n";
    let x1 = head("X1").replace("%", "元") + "kind = \"mean\"\nvalue = \"D01\"" + words;
    let x2 = head("X2") + "kind = \"growth\"\nof = \"X1\"" + words;
    let x3 = head("X3") + "kind = \"composite\"" + words + "[[term]]\nof = \"X1\"\nweight = \"0.5\"\n[[term]]\nof = \"X1\"\nweight = \"-2\"\n";
    let x4 = head("X4").replace("dataset = \"stays\"\n", "") + "kind = \"reporting\"\nshare = \"timely\"" + words;
    let files = [("indicators/X1.toml", x1.as_str()), ("indicators/X2.toml", &x2), ("indicators/X3.toml", &x3), ("indicators/X4.toml", &x4)];
    let pack = common::loaded(&[common::with(&files)]);
    let told = |id: &str| indicator(&pack.indicators[id], &pack, &environment(&pack), Dialect::DataFusion);
    let growth = told("X2").unwrap();
    for line in [
        "-- 数值：this_year 的数值比 last_year 增长的百分数；last_year 不大于0时没有\n",
        "-- this_year_sum：分子，以0.01为单位\n",
        "WITH \"X1\" AS (\nSELECT\n  \"A01\" AS institution,\n  CAST(date_trunc('month', \"B15\") AS DATE) AS month,\n  coalesce(sum(",
        "GROUP BY 1, 2\n)\nSELECT this_year.institution, this_year.month,\n  this_year.sum AS this_year_sum,",
        "FROM \"X1\" AS this_year\nLEFT JOIN \"X1\" AS last_year\n  ON last_year.institution = this_year.institution AND \
         date_part('year', last_year.month) + 1 = date_part('year', this_year.month) AND date_part('month', last_year.month) = date_part('month', this_year.month)\nORDER BY 1, 2",
    ] {
        assert!(growth.contains(line), "{line}\nis not in\n{growth}");
    }
    let composite = told("X3").unwrap();
    for line in [
        "-- 数值：term1 的数值 × 0.5 + term2 的数值 × -2\n",
        "LEFT JOIN \"X1\" AS term2\n  ON term2.institution = term1.institution AND term2.month = term1.month\n",
    ] {
        assert!(composite.contains(line), "{line}\nis not in\n{composite}");
    }
    assert_eq!(composite.matches("\"X1\" AS (").count(), 1, "one table for both terms");
    assert_eq!(told("X4"), Err(SqlError::NotFromRows("X4".into())));
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

//! Divisions.

use crate::database::desk;
use crate::world::{day, now, rows, today};

pub async fn dated_and_taken_twice_without_a_change(url: &str) {
    let desk = desk(url).await;
    let file = rows(
        "行政区划代码 | 行政区划名称 | 上级行政区划 | 常住人口 | 生效日期
         990000       | 云澜市       |              | 400000   | 2020-01-01
         990001       | 东城县       | 990000       | 170000   | 2020-01-01
         990001       | 东城区       | 990000       | 180000   | 2023-01-01
         990004       | 南湾区       | 990000       |          |",
    );
    let report = desk.import_regions(&file, today(), now(), "监管员").await.unwrap();
    assert_eq!((report.new, report.changed, report.unchanged), (3, 1, 0));
    assert_eq!(report.refused, []);
    assert_eq!(report.notes.len(), 1);
    assert_eq!((report.notes[0].row, report.notes[0].message.as_str()), (5, "990004 南湾区：未填生效日期，按一直有效登记"));
    assert_eq!(report.missing_columns, ["失效日期"]);

    let again = desk.import_regions(&file, today(), now(), "监管员").await.unwrap();
    assert_eq!((again.new, again.changed, again.unchanged, again.notes.len()), (0, 0, 4, 0));

    let names = |regions: Vec<yizheng_casework::regions::Region>| {
        regions.into_iter().map(|region| region.name).collect::<Vec<_>>()
    };
    assert_eq!(names(desk.regions_at(day("2022-12-31")).await.unwrap()), ["云澜市", "东城县", "南湾区"]);
    assert_eq!(names(desk.regions_at(day("2023-01-01")).await.unwrap()), ["云澜市", "东城区", "南湾区"]);
    assert_eq!(names(desk.regions_at(day("2019-12-31")).await.unwrap()), ["南湾区"]);
    let history = desk.region_history("990001").await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!((history[0].valid_to, history[0].population), (Some(day("2023-01-01")), Some(170_000)));
    assert_eq!((history[1].valid_to, history[1].parent.as_deref()), (None, Some("990000")));
}

pub async fn wrong_rows_come_back_with_reasons(url: &str) {
    let desk = desk(url).await;
    let file = rows(
        "code  | name   | parent | population | valid_from | valid_to
         9900   | 云澜市 |        |            |            |
         990001 |        | 990001 | 很多       |            |
         990002 | 西城区 |        |            | 2024-01-01 | 2023-01-01
         990003 | 河口镇 |        | 82000      |            |",
    );
    let report = desk.import_regions(&file, today(), now(), "监管员").await.unwrap();
    let refused: Vec<_> =
        report.refused.iter().map(|refused| (refused.row, refused.reasons.join("；"))).collect();
    assert_eq!(
        refused,
        [
            (2, "行政区划代码应为6位数字（乡镇9位、村12位），实为“9900”".to_owned()),
            (
                3,
                "上级行政区划应为另一个行政区划的代码，实为“990001”；行政区划名称未填；常住人口应为不小于0的整数，实为“很多”"
                    .to_owned()
            ),
            (4, "失效日期2023-01-01应晚于生效日期2024-01-01".to_owned()),
        ]
    );
    assert_eq!(report.new, 1);
    assert_eq!(desk.regions_at(today()).await.unwrap().len(), 1);
}

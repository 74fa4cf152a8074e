//! The register of institutions.

use yizheng_casework::institutions::{Attributes, Ownership};
use yizheng_casework::table::{BEGINNING, SourceRow};
use yizheng_pack::scope::Scope;

use crate::database::desk;
use crate::world::{
    CLINIC, HOSPITAL, TOWNSHIP, day, import, import_regions, only, region, region_of_three, rows, three, today,
};

/// Cells as given, and why the row is refused.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);

/// The hospital's row with some cells as given.
fn hospital(cells: &[(&str, &str)]) -> SourceRow {
    let mut row = three().remove(0);
    for (header, cell) in cells {
        row.cells.insert((*header).to_owned(), (*cell).to_owned());
    }
    row
}

pub async fn a_row_is_kept_as_it_is_read(url: &str) {
    let desk = desk(url).await;
    import_regions(&desk).await;
    // Names of codes, the licence's form of a subject, a hyphen, small letters: one stored form.
    let row = hospital(&[
        ("登记号", "99900001-399000111a1001"),
        ("统一社会信用代码", "12990001999000013K"),
        ("别名", "市一院;云澜市第一医院；H99000100001;市一院"),
        ("机构类别", "综合医院"),
        ("医院级别", "三级甲等"),
        ("医联体", "东片医联体"),
        ("诊疗科目", "03.04;口腔科；0304"),
        ("生效日期", "2020/1/1"),
        ("失效日期", "2030-01-01"),
    ]);
    let report = import(&desk, &[row]).await;
    assert_eq!((report.new, report.refused.len()), (1, 0), "{:?}", report.refused);
    let everything = region().with_personal_fields();
    let stored = desk.institution_at(HOSPITAL, today(), &everything).await.unwrap().unwrap();
    assert_eq!((stored.valid_from, stored.valid_to), (day("2020-01-01"), Some(day("2030-01-01"))));
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    assert_eq!(stored.attributes, Attributes {
        name: "云澜市人民医院".to_owned(),
        aliases: texts(&["市一院", "云澜市第一医院", "H99000100001"]),
        credit_code: Some("12990001999000013K".to_owned()),
        class: "A100".to_owned(),
        level: Some("32".to_owned()),
        ownership: Some(Ownership::Public),
        beds: Some(800),
        region: "990001".to_owned(),
        alliance: Some("东片医联体".to_owned()),
        subjects: texts(&["0304", "12"]),
        contact: Some("张明".to_owned()),
        phone: Some("0990-1001".to_owned()),
    });
}

pub async fn wrong_cells_are_refused_with_every_reason(url: &str) {
    let desk = desk(url).await;
    import_regions(&desk).await;
    let cases: &[Case] = &[
        (&[("登记号", "")], &["登记号未填"]),
        (&[("登记号", "9990000139900011A1001")], &["登记号应为22位（带横线时23位），实为“9990000139900011A1001”"]),
        // The right check character of 99900001 is 3.
        (
            &[("登记号", "99900001499000111A1001")],
            &["登记号前9位（组织机构代码）校验码不正确，实为“99900001499000111A1001”"],
        ),
        (&[("登记号", "99900001388000111A1001")], &["登记号第10–15位“880001”不是已知的行政区划代码"]),
        (&[("登记号", "99900001399000188A1001")], &["登记号第16–17位“88”不是经济类型代码"]),
        (&[("登记号", "99900001399000111Z9991")], &["登记号第18–21位“Z999”不是卫生机构类别代码"]),
        (
            &[("登记号", "99900001399000111A1003")],
            &["登记号第22位（机构分类管理）应为1、2或9，实为“99900001399000111A1003”"],
        ),
        (&[("统一社会信用代码", "12990001999000013L")], &["统一社会信用代码“12990001999000013L”校验码不正确"]),
        (&[("统一社会信用代码", "1299000199900001")], &["统一社会信用代码应为18位，实为16位“1299000199900001”"]),
        (&[("机构名称", " - ")], &["机构名称未填"]),
        (&[("机构类别", "A")], &["机构类别“A”（医院）是大类，应填其下的四位代码，如A100"]),
        (&[("机构类别", "大医院")], &["机构类别“大医院”不在代码表中，应填四位代码，如A100"]),
        (&[("医院级别", "99")], &["医院级别“99”不在代码表中，应填代码或名称，如32或三级甲等"]),
        (&[("所有制", "股份")], &["所有制应填公立或民营，实为“股份”"]),
        (&[("床位数", "-1")], &["床位数应为不小于0的整数，实为“-1”"]),
        (&[("床位数", "约300")], &["床位数应为不小于0的整数，实为“约300”"]),
        (&[("行政区划", "880001")], &["行政区划“880001”不是已知的6位代码；本地区自设的代码请先导入行政区划登记簿"]),
        (&[("诊疗科目", "03;99")], &["诊疗科目“99”不在代码表中，应填代码（如0304）或全称"]),
        (&[("生效日期", "2020-13-01")], &["生效日期应为日期（如2024-03-01），实为“2020-13-01”"]),
        (&[("失效日期", "2020-01-01")], &["失效日期2020-01-01应晚于生效日期2020-01-01"]),
        (&[("机构名称", ""), ("床位数", "x")], &["机构名称未填", "床位数应为不小于0的整数，实为“x”"]),
    ];
    for (cells, reasons) in cases {
        let report = import(&desk, &[hospital(cells)]).await;
        assert_eq!(report.refused.len(), 1, "{cells:?}");
        assert_eq!(report.refused[0].reasons, *reasons, "{cells:?}");
        assert_eq!(report.refused[0].row, 2);
    }
    assert_eq!(desk.institutions_at(today(), &region()).await.unwrap(), []);
    // A row that is right is taken beside those that are not.
    let report = import(&desk, &[hospital(&[("床位数", "x")]), three().remove(1)]).await;
    assert_eq!((report.new, report.refused.len()), (1, 1));
}

pub async fn regions_of_ones_own_are_known_once_imported(url: &str) {
    let desk = desk(url).await;
    let report = import(&desk, &three()[..1]).await;
    assert_eq!(
        report.refused[0].reasons,
        [
            "登记号第10–15位“990001”不是已知的行政区划代码",
            "行政区划“990001”不是已知的6位代码；本地区自设的代码请先导入行政区划登记簿"
        ]
    );
    // A province of GB/T 2260 is known without the register of divisions.
    let guangdong = hospital(&[("登记号", "99900001344060611A1001"), ("行政区划", "440606")]);
    assert_eq!(import(&desk, &[guangdong]).await.new, 1);
    import_regions(&desk).await;
    assert_eq!(import(&desk, &three()[1..]).await.new, 2);
}

pub async fn attributes_are_dated_and_the_same_file_changes_nothing(url: &str) {
    let desk = desk(url).await;
    import_regions(&desk).await;
    let file = vec![
        hospital(&[("生效日期", "2024-03-15"), ("床位数", "950"), ("医院级别", "32")]),
        hospital(&[("生效日期", "2020-01-01"), ("床位数", "800"), ("医院级别", "33")]),
        hospital(&[("生效日期", "2022-01-01"), ("床位数", "850"), ("医院级别", "33")]),
    ];
    let report = import(&desk, &file).await;
    assert_eq!((report.new, report.changed, report.unchanged), (1, 2, 0));
    let history = desk.history(HOSPITAL, &region()).await.unwrap();
    let times: Vec<_> = history.iter().map(|v| (v.valid_from, v.valid_to, v.attributes.beds)).collect();
    assert_eq!(times, [
        (day("2020-01-01"), Some(day("2022-01-01")), Some(800)),
        (day("2022-01-01"), Some(day("2024-03-15")), Some(850)),
        (day("2024-03-15"), None, Some(950)),
    ]);
    for (on, level) in [("2024-03-14", "33"), ("2024-03-15", "32"), ("2030-01-01", "32")] {
        let there = desk.institution_at(HOSPITAL, day(on), &region()).await.unwrap().unwrap();
        assert_eq!(there.attributes.level.as_deref(), Some(level), "{on}");
    }
    assert_eq!(desk.institution_at(HOSPITAL, day("2019-12-31"), &region()).await.unwrap(), None);

    let again = import(&desk, &file).await;
    assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 3));
    assert_eq!(desk.history(HOSPITAL, &region()).await.unwrap(), history);

    // The same day with other content corrects; closing is a change, and so is opening again.
    let corrected = import(&desk, &[hospital(&[("生效日期", "2024-03-15"), ("床位数", "900"), ("失效日期", "2025-01-01")])]).await;
    assert_eq!((corrected.changed, corrected.unchanged), (1, 0));
    assert_eq!(desk.institutions_at(day("2025-01-01"), &region()).await.unwrap(), []);
    assert_eq!(desk.institutions_at(day("2024-12-31"), &region()).await.unwrap()[0].attributes.beds, Some(900));
    let months = desk.institutions_between(day("2022-01-01"), day("2024-03-15"), &region()).await.unwrap();
    assert_eq!(months.iter().map(|v| v.attributes.beds).collect::<Vec<_>>(), [Some(850)]);
}

pub async fn times_that_overlap_are_refused(url: &str) {
    let desk = desk(url).await;
    import_regions(&desk).await;
    import(&desk, &[hospital(&[("生效日期", "2020-01-01"), ("失效日期", "2023-01-01")])]).await;
    let overlapping = [
        hospital(&[("生效日期", "2022-06-01"), ("床位数", "1")]),
        hospital(&[("生效日期", "2019-01-01"), ("失效日期", "2020-06-01"), ("床位数", "2")]),
    ];
    let report = import(&desk, &overlapping).await;
    let reasons: Vec<_> = report.refused.iter().flat_map(|refused| refused.reasons.clone()).collect();
    assert_eq!(reasons, vec!["有效期与已登记的重叠（2020-01-01起至2023-01-01（不含）有效）"; 2]);
    // After the end it may go on.
    assert_eq!(import(&desk, &[hospital(&[("生效日期", "2023-01-01"), ("床位数", "3")])]).await.changed, 1);
    // One file that says two things for one day is asked which.
    let file = [
        hospital(&[("生效日期", "2024-01-01"), ("床位数", "5")]),
        SourceRow { number: 3, ..hospital(&[("生效日期", "2024-01-01"), ("床位数", "6")]) },
        SourceRow { number: 4, ..hospital(&[("生效日期", "2024-01-01"), ("床位数", "5")]) },
    ];
    let report = import(&desk, &file).await;
    assert_eq!((report.changed, report.unchanged, report.refused.len()), (1, 1, 1));
    assert_eq!(
        (report.refused[0].row, report.refused[0].reasons.join("")),
        (3, "与第2行是同一机构、同一生效日期，内容不同；请只留一行，或填不同的生效日期".to_owned())
    );
}

pub async fn without_a_date_a_note_says_since_when(url: &str) {
    let desk = desk(url).await;
    import_regions(&desk).await;
    let first = import(&desk, &[hospital(&[("生效日期", "")])]).await;
    assert_eq!(first.new, 1);
    assert_eq!(first.notes[0].message, "云澜市人民医院：未填生效日期，按一直有效登记；如另有日期，请填写后重新导入");
    assert_eq!(desk.history(HOSPITAL, &region()).await.unwrap()[0].valid_from, BEGINNING);
    let second = import(&desk, &[hospital(&[("生效日期", ""), ("床位数", "820")])]).await;
    assert_eq!(second.changed, 1);
    assert_eq!(second.notes[0].message, "云澜市人民医院：未填生效日期，按2024-05-01起有效登记；如另有日期，请填写后重新导入");
    let third = import(&desk, &[hospital(&[("生效日期", ""), ("床位数", "820")])]).await;
    assert_eq!((third.changed, third.unchanged, third.notes.len()), (0, 1, 0));
    let beds: Vec<_> =
        desk.history(HOSPITAL, &region()).await.unwrap().iter().map(|v| (v.valid_from, v.attributes.beds)).collect();
    assert_eq!(beds, [(BEGINNING, Some(800)), (today(), Some(820))]);
}

pub async fn one_name_at_a_time(url: &str) {
    let desk = region_of_three(url).await;
    let mut clinic = three().remove(1);
    clinic.cells.insert("生效日期".to_owned(), "2022-01-01".to_owned());
    clinic.cells.insert("别名".to_owned(), "云澜市人民 医院".to_owned());
    let report = import(&desk, &[clinic.clone()]).await;
    assert_eq!(
        report.refused[0].reasons,
        [format!("名称或别名“云澜市人民 医院”同时属于登记号{HOSPITAL}的机构")]
    );
    // Once the hospital is closed, its name may go on under another licence.
    import(&desk, &[hospital(&[("失效日期", "2022-01-01")])]).await;
    assert_eq!(import(&desk, &[clinic]).await.changed, 1);
    let whose = |on: &'static str| {
        let desk = desk.clone();
        async move { desk.resolve("云澜市人民医院", day(on), &region()).await.unwrap() }
    };
    assert_eq!(whose("2021-12-31").await.as_deref(), Some(HOSPITAL));
    assert_eq!(whose("2022-01-01").await.as_deref(), Some(CLINIC));
    // Before either had it: two had it later, so nobody can say.
    assert_eq!(whose("2019-01-01").await, None);
}

pub async fn called_by_any_of_its_names(url: &str) {
    let desk = desk(url).await;
    import_regions(&desk).await;
    let former = hospital(&[("机构名称", "云澜县医院(总院)"), ("生效日期", "2020-01-01")]);
    let present = hospital(&[
        ("生效日期", "2023-01-01"),
        ("别名", "H99000100001;市一院"),
        ("统一社会信用代码", "12990001999000013K"),
    ]);
    assert_eq!(import(&desk, &[former, present]).await.refused, []);
    let register = desk.register(&region()).await.unwrap();
    for text in [
        HOSPITAL,
        "99900001-399000111a1001",
        "云澜市人民医院",
        " 云澜市 人民医院 ",
        "h99000100001",
        "市一院",
        "12990001999000013K",
        "云澜县医院（总院）",
    ] {
        assert_eq!(register.resolve(text, today()).as_deref(), Some(HOSPITAL), "{text}");
    }
    assert_eq!(register.resolve("云澜市", today()), None);
    assert_eq!(register.at(HOSPITAL, day("2022-12-31")).unwrap().name, "云澜县医院(总院)");
    assert_eq!(register.versions().count(), 2);
    assert_eq!(register.history(HOSPITAL).len(), 2);
    // A credit code that two share names neither.
    let mut township = three().remove(2);
    township.cells.insert("统一社会信用代码".to_owned(), "12990001999000013K".to_owned());
    assert_eq!(import(&desk, &[township]).await.new, 1);
    assert_eq!(desk.resolve("12990001999000013K", today(), &region()).await.unwrap(), None);
    assert_eq!(desk.resolve("12990001999000013K", today(), &only(TOWNSHIP)).await.unwrap().as_deref(), Some(TOWNSHIP));
}

pub async fn headers_are_compared(url: &str) {
    let desk = desk(url).await;
    let report = import(&desk, &rows("登记号 | 机构名称 | 备注\n x | y | z")).await;
    assert_eq!(report.unknown_columns, ["备注"]);
    assert_eq!(report.missing_columns, [
        "统一社会信用代码", "别名", "机构类别", "医院级别", "所有制", "床位数", "行政区划", "医联体", "诊疗科目", "联系人", "联系电话", "生效日期",
        "失效日期"
    ]);
    let refused = &report.refused[0];
    assert_eq!((refused.row, refused.code.as_str(), refused.name.as_str()), (2, "X", "y"));
}

pub async fn a_scope_sees_its_own(url: &str) {
    let desk = region_of_three(url).await;
    for (scope, codes) in [
        (region(), vec![TOWNSHIP, CLINIC, HOSPITAL]),
        (only(CLINIC), vec![CLINIC]),
        (only(CLINIC).narrowed_to(HOSPITAL), vec![]),
        (Scope::nothing("谁"), vec![]),
    ] {
        let seen = desk.institutions_at(today(), &scope).await.unwrap();
        assert_eq!(seen.iter().map(|institution| institution.code.as_str()).collect::<Vec<_>>(), codes);
        let between = desk.institutions_between(day("2020-01-01"), today(), &scope).await.unwrap();
        assert_eq!(between.len(), codes.len());
        assert_eq!(desk.register(&scope).await.unwrap().versions().count(), codes.len());
        let may = codes.contains(&HOSPITAL);
        assert_eq!(desk.institution_at(HOSPITAL, today(), &scope).await.unwrap().is_some(), may);
        assert_eq!(desk.history(HOSPITAL, &scope).await.unwrap().is_empty(), !may);
        assert_eq!(desk.resolve("云澜市人民医院", today(), &scope).await.unwrap().is_some(), may);
    }
    let masked = desk.institution_at(CLINIC, today(), &only(CLINIC)).await.unwrap().unwrap();
    assert_eq!((masked.attributes.contact, masked.attributes.phone), (None, None));
    let open = desk.institution_at(CLINIC, today(), &only(CLINIC).with_personal_fields()).await.unwrap().unwrap();
    assert_eq!(open.attributes.contact.as_deref(), Some("李华"));
}

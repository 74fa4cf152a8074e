//! Bad input: each gives a message that says what to do and the right exit code, and leaves nothing
//! half-visible.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{HEADER, HOSPITAL, SmallRegion, TOWNSHIP, front_page, front_pages, run};

/// Submits bytes for March 2024 and expects them back with a numbered message.
#[track_caller]
fn returned(region: &SmallRegion, name: &str, bytes: &[u8], number: &str) {
    let file = region.write(name, bytes);
    let ran = region.submit(&file, "2024-03").exits(1);
    assert!(ran.stderr().contains(number), "{name}: {number} expected\n{}", ran.stderr());
    // The dry run says the same.
    let dry = run(&["check", "--dataset", "inpatient_front_page", file.to_str().unwrap()]);
    if !number.starts_with("F03") {
        assert_eq!(dry.code(), 1, "{name}\n{}", dry.stderr());
        assert!(dry.stderr().contains(number), "{name}: {}", dry.stderr());
    }
    // Nothing of it counts.
    let values = region.csv(&["values", "--indicator", "EFF01", "--from", "2024-03", "--to", "2024-03", "--by", "institution"]);
    assert!(values.iter().all(|row| row["value"].is_empty() && row["reported"] == "0"), "{name}: {values:?}");
}

#[test]
fn files_that_are_returned() {
    let region = SmallRegion::new();
    let good = front_pages(30, "2024-03");
    let cut = {
        let quoted = good.replace("云澜市城关街道30号", "\"云澜市城关街道\n30号");
        let end = quoted.find("\n30号").unwrap() + 4;
        quoted.as_bytes()[..end].to_vec()
    };
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(good.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let without_column = good.replacen("A48,", "病历,", 1);
    let every_row_wrong = good.replace(",3000.00,", ",-1,");
    returned(&region, "empty.csv", b"", "F0101");
    returned(&region, "blank.csv", b"\n \n", "F0101");
    returned(&region, "picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01", "F0102");
    returned(&region, "paper.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "F0102");
    returned(&region, "unicode.csv", &utf16, "F0103");
    returned(&region, "latin.csv", &[HEADER.as_bytes(), b"\n\xff\xfe\xfd,\x80\x81\n"].concat(), "F0104");
    returned(&region, "no_header.csv", front_page(1, "2024-03", 9).as_bytes(), "F0201");
    returned(&region, "cut.csv", &cut, "F0202");
    returned(&region, "only_header.csv", format!("{HEADER}\n").as_bytes(), "F0204");
    returned(&region, "no_record_number.csv", without_column.as_bytes(), "F0205");
    returned(&region, "other_institution.csv", good.replace(HOSPITAL, TOWNSHIP).as_bytes(), "F0301");
    returned(&region, "other_month.csv", front_pages(30, "2024-02").as_bytes(), "F0302");
    returned(&region, "all_wrong.csv", every_row_wrong.as_bytes(), "F0401");

    // Returned ones are kept with their reason, and never make the next look like a duplicate.
    let list = region.csv(&["submissions", "--status", "returned"]);
    assert_eq!(list.len(), 13);
    assert!(list.iter().all(|row| row["reason"].starts_with('F')), "{list:?}");
    let file = region.write("good.csv", good.as_bytes());
    region.submit(&file, "2024-03").success();
    let values = region.csv(&["values", "--indicator", "EFF01", "--from", "2024-03", "--to", "2024-03", "--by", "institution", "--institution", HOSPITAL]);
    assert_eq!((values[0]["numerator"].as_str(), values[0]["denominator"].as_str(), values[0]["value"].as_str()), ("120", "30", "4.00"));
}

#[test]
fn a_returned_file_sent_again_is_returned_again() {
    let region = SmallRegion::new();
    let bad = region.write("bad.csv", front_pages(30, "2024-03").replace(",3000.00,", ",-1,").as_bytes());
    region.submit(&bad, "2024-03").exits(1);
    region.submit(&bad, "2024-03").exits(1);
    assert_eq!(region.csv(&["submissions", "--status", "returned"]).len(), 2);
}

#[test]
fn the_same_bytes_twice_are_one_submission() {
    let region = SmallRegion::new();
    let file = region.front_pages("march.csv", 20, "2024-03");
    region.submit(&file, "2024-03").success();
    let again = region.submit(&file, "2024-03").success();
    assert!(again.stderr().contains("完全相同"), "{}", again.stderr());
    assert_eq!(region.csv(&["submissions"]).len(), 1);
}

#[test]
fn wrong_rows_are_held_apart_and_a_patch_mends_them() {
    let region = SmallRegion::new();
    let mut text = front_pages(20, "2024-03");
    // Patient 7's age is not that of the birth date: FP030, an error.
    let wrong = front_page(7, "2024-03", 12).replace(",1960-05-17,63,", ",1960-05-17,64,");
    text = text.replace(&front_page(7, "2024-03", 12), &wrong);
    let file = region.write("march.csv", text.as_bytes());
    let findings = region.write("findings.csv", b"");
    region
        .command(&["submit", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", "2024-03", "--findings", findings.to_str().unwrap(), file.to_str().unwrap()])
        .success();
    let rows = common::csv_rows(std::fs::read_to_string(&findings).unwrap().trim_start_matches('\u{feff}'));
    let errors: Vec<_> = rows.iter().filter(|row| row["severity"] == "error").collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((errors[0]["check"].as_str(), errors[0]["row"].as_str(), errors[0]["element"].as_str()), ("FP030", "8", "A14"));
    assert!(errors[0]["key"].contains("P000007"));
    let count = |region: &SmallRegion| {
        let values = region.csv(&["values", "--indicator", "EFF01", "--from", "2024-03", "--to", "2024-03", "--by", "institution", "--institution", HOSPITAL]);
        values[0]["denominator"].clone()
    };
    assert_eq!(count(&region), "19");
    let patch = region.write("patch.csv", format!("{HEADER}\n{}\n", front_page(7, "2024-03", 12)).as_bytes());
    region
        .command(&["submit", "--mode", "patch", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", "2024-03", patch.to_str().unwrap()])
        .success();
    assert_eq!(count(&region), "20");
}

#[test]
fn duplicate_keys_are_found_in_the_file_and_across_months() {
    let region = SmallRegion::new();
    let march = region.front_pages("march.csv", 20, "2024-03");
    region.submit(&march, "2024-03").success();
    // The same 病案号 and 住院次数 again in April; and one row twice within the file.
    let text = format!("{}{}\n", front_pages(20, "2024-04"), front_page(3, "2024-04", 8));
    let april = region.write("april.csv", text.as_bytes());
    let ran = region.submit(&april, "2024-04").exits(1);
    assert!(ran.stderr().contains("F0401"), "{}", ran.stderr());
    let checks = common::csv_rows(&region.command(&["check", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", "2024-04", "--format", "csv", april.to_str().unwrap()]).exits(1).stdout());
    let unique = checks.iter().find(|row| row["check"] == "FP006").unwrap();
    assert_eq!(unique["violated"], "21");
}

#[test]
fn rows_that_would_disappear_are_shown_before() {
    let region = SmallRegion::new();
    let long = region.front_pages("long.csv", 20, "2024-03");
    let short = region.front_pages("short.csv", 18, "2024-03");
    region.submit(&long, "2024-03").success();
    let arguments = ["submit", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", "2024-03", short.to_str().unwrap()];
    let ran = region.command(&arguments).exits(1);
    assert!(ran.stderr().contains("有 2 条记录将不再存在"), "{}", ran.stderr());
    assert!(ran.stderr().contains("P000019") && ran.stderr().contains("P000020"));
    assert_eq!(region.csv(&["submissions", "--status", "accepted"])[0]["rows"], "20");
    region.submit(&short, "2024-03").success();
    assert_eq!(region.csv(&["submissions", "--status", "accepted"])[0]["rows"], "18");
}

#[test]
fn nothing_happened_is_a_submission_too() {
    let region = SmallRegion::new();
    region.command(&["submit", "--zero", "--dataset", "inpatient_front_page", "--institution", TOWNSHIP, "--period", "2024-03"]).success();
    let values = region.csv(&["values", "--indicator", "EFF01", "--from", "2024-03", "--to", "2024-03", "--by", "institution", "--institution", TOWNSHIP]);
    assert_eq!((values[0]["reported"].as_str(), values[0]["due"].as_str(), values[0]["value"].as_str()), ("1", "1", ""));
}

#[test]
fn wrong_use_exits_with_2() {
    let region = SmallRegion::new();
    let file = region.front_pages("march.csv", 3, "2024-03");
    run(&["values", "--data", "/nowhere", "--from", "2024-01", "--to", "2024-02"]).exits(2);
    run(&["check", "--dataset", "no_such", file.to_str().unwrap()]).exits(2);
    run(&["check", "--dataset", "inpatient_front_page", "no_such_file.csv"]).exits(2);
    region.command(&["submit", "--dataset", "inpatient_front_page", "--institution", "nobody", "--period", "2024-03", file.to_str().unwrap()]).exits(2);
    region.command(&["values", "--indicator", "NOPE", "--from", "2024-01", "--to", "2024-02"]).exits(2);
    run(&["serve", "--listen", "0.0.0.0:0", "--data", region.dir().to_str().unwrap()]).exits(2);
}

#[test]
fn nobody_reports_a_month_that_has_not_begun() {
    let region = SmallRegion::new();
    let file = region.front_pages("march.csv", 3, "2024-03");
    let args = ["submit", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", "2999-01", file.to_str().unwrap()];
    let said = region.command(&args).stderr();
    assert!(said.contains("2999年1月还没有开始"), "{said}");
    assert!(region.csv(&["submissions"]).is_empty());
}

#[test]
fn an_insurance_code_in_a01_resolves_through_the_register() {
    let region = SmallRegion::new();
    let file = region.write("insurance.csv", front_pages(20, "2024-03").replace(HOSPITAL, "H99000100001").as_bytes());
    region.submit(&file, "2024-03").success();
    assert_eq!(region.csv(&["submissions", "--status", "accepted"])[0]["held"], "0");
}

/// A disk that really is full: a file system of a few megabytes in a mount namespace of its own, where
/// the machine allows one.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_leaves_the_old_state() {
    let region = SmallRegion::new();
    let march = region.front_pages("march.csv", 20, "2024-03");
    let april = region.front_pages("april.csv", 400, "2024-04");
    let april_text = std::fs::read_to_string(&april).unwrap().replace(",P000", ",Q000");
    std::fs::write(&april, april_text).unwrap();
    let script = r#"
        set -u
        mount -t tmpfs -o size=6m tmpfs "$MNT" || { echo "no mount"; exit 77; }
        cp -r "$REGION" "$MNT/region"
        submit() { "$YIZHENG" submit --dataset inpatient_front_page --institution "$1" --data "$MNT/region" --period "$2" "$3"; }
        submit "$WHO" 2024-03 "$MARCH" >/dev/null 2>&1; echo "march $?"
        dd if=/dev/zero of="$MNT/filler" bs=4k 2>/dev/null
        submit "$WHO" 2024-04 "$APRIL" >/dev/null 2>"$ERR"; echo "full $?"
        rm "$MNT/filler"
        "$YIZHENG" submissions --data "$MNT/region" --format csv | wc -l
        submit "$WHO" 2024-04 "$APRIL" >/dev/null 2>&1; echo "again $?"
        "$YIZHENG" submissions --data "$MNT/region" --format csv | wc -l
    "#;
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let mount = folder.path().join("mnt");
    std::fs::create_dir(&mount).unwrap();
    let ran = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .env("MNT", &mount)
        .env("REGION", region.dir())
        .env("YIZHENG", common::yizheng())
        .env("WHO", HOSPITAL)
        .env("MARCH", &march)
        .env("APRIL", &april)
        .env("ERR", &errors)
        .output();
    let Some(ran) = ran.ok().filter(|ran| ran.status.success()) else {
        println!("skipped: this machine gives no mount namespace");
        return;
    };
    let out = String::from_utf8(ran.stdout).unwrap();
    let words: Vec<&str> = out.split_whitespace().collect();
    let told = std::fs::read_to_string(&errors).unwrap();
    assert_eq!(words, ["march", "0", "full", "2", "2", "again", "0", "3"], "{told}");
    assert!(told.contains("磁盘空间不足"), "{told}");
}

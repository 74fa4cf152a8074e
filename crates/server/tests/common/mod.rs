//! A small region made through the command line, as a user would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(dead_code, reason = "each test file uses some of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An invented general hospital (云澜市第一人民医院).
pub const HOSPITAL: &str = "99900001399000111A1001";
/// An invented township health centre.
pub const TOWNSHIP: &str = "12345678899000311C2201";

/// The program under test.
pub fn yizheng() -> &'static str {
    env!("CARGO_BIN_EXE_yizheng")
}

/// What a command did.
pub struct Ran {
    pub output: Output,
    what: String,
}

impl Ran {
    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Exit code as expected, else what was printed.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}\n{}\n{}", self.what, self.stdout(), self.stderr());
        self
    }

    #[track_caller]
    pub fn success(self) -> Self {
        self.exits(0)
    }
}

/// Runs the program.
pub fn run(arguments: &[&str]) -> Ran {
    let output = Command::new(yizheng()).args(arguments).output().unwrap();
    Ran { output, what: format!("yizheng {}", arguments.join(" ")) }
}

/// Rows of a csv text by column.
pub fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// A region with two institutions.
pub struct SmallRegion {
    folder: tempfile::TempDir,
}

/// A layer with three monthly reports: one row of each institution, rows by sex of those of level 2
/// and 3, and one of the region itself.
const REPORTS: [(&str, &str); 8] = [
    ("pack.toml", "id = \"reports\"\nversion = \"1\"\nname = \"月报\"\npurpose = \"测试\"\n"),
    (
        "parameters/t_half.toml",
        "id = \"t_half\"\nname = \"一半\"\nstatus = \"active\"\npurpose = \"测试\"\nlegal_basis = \"测试\"\ntype = \"decimal(2)\"\nvalues = [ { from = 2020-01-01, value = \"0.50\", source = \"测试\" } ]\n",
    ),
    (
        "datasets/t_service/dataset.toml",
        r#"id = "t_service"
name = "服务月报"
status = "active"
purpose = "测试"
legal_basis = "测试"
institution = "ORG"
period = "MONTH"
key = ["ORG", "MONTH"]
due = { days = 10 }
form = true
field = [
  { id = "ORG", name = "机构编码", type = "text", required = "must", privacy = "plain", column_required = true },
  { id = "MONTH", name = "报告期", type = "month", required = "must", privacy = "plain", column_required = true },
  { id = "VISITS", name = "总诊疗人次数", type = "integer", unit = "人次", section = "门急诊", hint = "含急诊", required = "must", privacy = "plain" },
  { id = "OUT", name = "出院人数", type = "integer", unit = "人", section = "住院", required = "must", privacy = "plain" },
  { id = "COST", name = "药品收入", type = "money", unit = "元", section = "门急诊", required = "optional", privacy = "plain" },
]
"#,
    ),
    (
        "datasets/t_service/checks/T001.toml",
        "id = \"T001\"\nname = \"与上月相比变化不应过大\"\nstatus = \"trial\"\npurpose = \"测试\"\nlegal_basis = \"测试\"\nseverity = \"warning\"\nsource = \"测试\"\nremedy = \"请核对\"\nelements = [\"VISITS\"]\nkind = \"change\"\neach = [\"VISITS\"]\nat_most = \"t_half\"\n",
    ),
    (
        "datasets/t_service/checks/T002.toml",
        "id = \"T002\"\nname = \"出院人数应与病案首页一致\"\nstatus = \"trial\"\npurpose = \"测试\"\nlegal_basis = \"测试\"\nseverity = \"warning\"\nsource = \"测试\"\nremedy = \"请核对\"\nelements = [\"OUT\"]\nkind = \"against\"\nat = \"OUT\"\nindicator = \"FPX-DISCHARGES\"\nwithin = \"t_half\"\n",
    ),
    (
        "datasets/t_service/checks/T003.toml",
        "id = \"T003\"\nname = \"出院人数不应超过登记床位的十倍\"\nstatus = \"trial\"\npurpose = \"测试\"\nlegal_basis = \"测试\"\nseverity = \"error\"\nsource = \"测试\"\nremedy = \"请核对\"\nelements = [\"OUT\"]\nrequire = \"OUT <= institution.registered_beds * 10\"\n",
    ),
    (
        "datasets/t_sexes/dataset.toml",
        r#"id = "t_sexes"
name = "分性别月报"
status = "active"
purpose = "测试"
legal_basis = "测试"
institution = "ORG"
period = "MONTH"
key = ["ORG", "MONTH", "SEX"]
due = { levels = ["2", "3"], days = 10 }
form = true
field = [
  { id = "ORG", name = "机构编码", type = "text", required = "must", privacy = "plain", column_required = true },
  { id = "MONTH", name = "报告期", type = "month", required = "must", privacy = "plain", column_required = true },
  { id = "SEX", name = "性别", type = "code(RC001)", required = "must", privacy = "plain" },
  { id = "VISITS", name = "诊疗人次数", type = "integer", unit = "人次", required = "must", privacy = "plain" },
]
"#,
    ),
    (
        "datasets/t_region/dataset.toml",
        r#"id = "t_region"
name = "区域人口月报"
status = "active"
purpose = "测试"
legal_basis = "测试"
subject = "region"
institution = "ORG"
period = "MONTH"
key = ["ORG", "MONTH"]
due = { days = 20 }
form = true
field = [
  { id = "ORG", name = "行政区划代码", type = "text", required = "must", privacy = "plain", column_required = true },
  { id = "MONTH", name = "报告期", type = "month", required = "must", privacy = "plain", column_required = true },
  { id = "PEOPLE", name = "常住人口", type = "integer", unit = "人", nature = "stock", over = "last", required = "must", privacy = "plain" },
]
"#,
    ),
];

impl SmallRegion {
    pub fn new() -> Self {
        Self::on(&[])
    }

    /// With the monthly reports `t_service`, `t_sexes` and `t_region`.
    pub fn with_reports() -> Self {
        Self::on(&REPORTS)
    }

    fn on(layer: &[(&str, &str)]) -> Self {
        let region = Self { folder: tempfile::tempdir().unwrap() };
        let pack = region.folder.path().join("reports");
        for (path, text) in layer {
            let path = pack.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut init = vec!["init", "--code", "990001", "--name", "云澜市", "--contact", "医政科 0990-2200000"];
        if !layer.is_empty() {
            init.extend(["--pack", pack.to_str().unwrap()]);
        }
        region.command(&init).success();
        let file = region.write(
            "institutions.csv",
            "登记号,统一社会信用代码,机构名称,别名,机构类别,医院级别,所有制,床位数,行政区划,医联体,诊疗科目,联系人,联系电话,生效日期,失效日期\n\
             99900001399000111A1001,12990001999000013K,云澜市第一人民医院,H99000100001;云澜一院,A100,32,公立,800,990001,云澜市医联体,02;03;03.01;04;04.01;05;07,周敏,0990-1234567,2020-01-01,\n\
             12345678899000311C2201,,云澜市青石镇卫生院,,C220,,公立,40,990003,云澜市医联体,02;03,吴芳,0990-7654321,2020-01-01,\n"
                .as_bytes(),
        );
        region.command(&["register", "import", "institution", file.to_str().unwrap()]).success();
        region
    }

    /// Lays a pack of definitions on the region's: paths within it and texts.
    pub fn add_pack(&self, name: &str, files: &[(&str, &str)]) {
        let folder = self.dir().join("packs").join(format!("01-{name}"));
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    /// The region's folder.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("region")
    }

    /// Writes a file beside the region.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs a command on the region.
    pub fn command(&self, arguments: &[&str]) -> Ran {
        let dir = self.dir();
        let mut all = arguments.to_vec();
        all.extend(["--data", dir.to_str().unwrap()]);
        run(&all)
    }

    /// Runs a command that prints rows.
    pub fn csv(&self, arguments: &[&str]) -> Vec<BTreeMap<String, String>> {
        let mut all = arguments.to_vec();
        all.extend(["--format", "csv"]);
        csv_rows(&self.command(&all).success().stdout())
    }

    /// A file of front pages of [`HOSPITAL`], all of them right: `rows` stays that end in `month`.
    pub fn front_pages(&self, name: &str, rows: u32, month: &str) -> PathBuf {
        self.write(name, front_pages(rows, month).as_bytes())
    }

    /// Submits a file of [`HOSPITAL`].
    pub fn submit(&self, file: &Path, month: &str) -> Ran {
        self.command(&[
            "submit", "--confirm", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", month,
            file.to_str().unwrap(),
        ])
    }
}

/// Check character of GB 11643, worked out here once more.
pub fn citizen_number(birth: &str, sequence: u32) -> String {
    let body = format!("990001{}{sequence:03}", birth.replace('-', ""));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", b"10X98765432"[(sum % 11) as usize] as char)
}

/// The header of [`front_page`]'s rows.
pub const HEADER: &str = "A01,A02,A48,A49,B12,B15,A46C,A11,A12C,A13,A14,A15C,A21C,A38C,A19C,A20N,A20,A22,A23C,A24,A25C,A26,A27,A28C,A29,A30,A31C,A32,A33C,A34,A35,B38,B11C,B13C,B14,B21C,B16C,B17,B20,C01C,C02N,C03C,C04N,C05C,C24C,C25,B22,B23,B24,B25,B26,B29,C34C,C26C,C27C,B36C,B37,B34C,B35,D01,D09,D11,D12,D13,D14,D15,D16,D17,D18,D19,D19x01,D20,D20x01,D20x02,D21,D22,D23,D23x01,D24,D25,D26,D27,D28,D29,D30,D31,D32,D33,D34";

/// One right front page: patient `number` (from 1), four days of stay that end on `day` of `month`.
pub fn front_page(number: u32, month: &str, day: u32) -> String {
    let male = number % 2 == 1;
    let sex = if male { 1 } else { 2 };
    let id = citizen_number("1960-05-17", number % 1000);
    let age = month[..4].parse::<i32>().unwrap() - 1960 - i32::from(month[5..].parse::<u32>().unwrap() < 6);
    let left = format!("{month}-{day:02} 10:00:00");
    let entered = format!("{month}-{:02} 09:30:00", day - 4);
    format!(
        "{HOSPITAL},云澜市第一人民医院,P{number:06},1,{entered},{left},1.1,患者{number},{sex},1960-05-17,{age},156,2,90,01,1,{id},云澜市,-,云澜市,-,云澜市城关街道{number}号,-,-,-,-,-,家属{number},1,-,-,2,2,0301,内一病区,-,0301,内一病区,4,I10.x00,高血压,I10.x00x002,高血压病1级,1,1,-,周一,吴二,郑三,王四,冯五,陈六,-,1,2,1,-,1,-,3000.00,900.00,200.00,100.00,300.00,0.00,0.00,600.00,400.00,100.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,1000.00,100.00,100.00,0.00,0.00,0.00,0.00,0.00,0.00,100.00,100.00,0.00,0.00"
    )
}

/// A csv of right front pages.
pub fn front_pages(rows: u32, month: &str) -> String {
    let mut text = format!("{HEADER}\n");
    for number in 1..=rows {
        text.push_str(&front_page(number, month, 5 + number % 24));
        text.push('\n');
    }
    text
}

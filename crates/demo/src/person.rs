//! Invented people. Everything that stays the same between a person's stays (name, address, phone,
//! trade) follows from one random number, so that a second stay shows the same person.

use std::collections::HashSet;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, TimeDelta};
use yizheng_pack::identifiers::{Sex, gb11643_check};

use crate::random::{Random, whole};
use rand::RngExt;

/// Which document a person shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    /// 居民身份证: division and sequence within the birth date.
    Citizen { division: u8, sequence: u16 },
    /// 出生医学证明, of those who have no citizen number yet.
    BirthCertificate(u32),
    /// 护照
    Passport(u32),
    /// Nobody knows who it is.
    Unknown,
}

/// A person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub sex: Sex,
    pub birth: NaiveDate,
    pub document: Document,
    bits: u64,
}

/// Divisions in which people were first registered: the city and its areas.
pub(crate) const DIVISIONS: [&str; 7] = [
    "990001", "990011", "990012", "990013", "990014", "990015", "990016",
];

/// Sequence numbers 001–998 in pairs, one for each sex.
pub(crate) const SEQUENCE_PAIRS: u16 = 499;

/// Makes people whose citizen numbers nobody else has: each maker owns a range of sequence pairs.
#[derive(Debug)]
pub(crate) struct Registry {
    pairs: std::ops::Range<u16>,
    used: HashSet<(u8, NaiveDate, u16)>,
    others: u32,
}

impl Registry {
    pub(crate) fn new(pairs: std::ops::Range<u16>) -> Self {
        Self {
            pairs,
            used: HashSet::new(),
            others: 0,
        }
    }

    /// A person of this sex and birth date, seen on this day.
    pub(crate) fn person(
        &mut self,
        random: &mut Random,
        sex: Sex,
        birth: NaiveDate,
        seen: NaiveDate,
    ) -> Person {
        let days = (seen - birth).num_days();
        let kind: f64 = random.random();
        let document = if days < 60 {
            self.others += 1;
            Document::BirthCertificate(
                u32::from(self.pairs.start) * 100_000 + self.others % 100_000,
            )
        } else if kind < 0.0008 && days > 14 * 366 {
            Document::Unknown
        } else if kind < 0.0011 {
            self.others += 1;
            Document::Passport(u32::from(self.pairs.start) * 10_000 + self.others % 10_000)
        } else {
            self.citizen(random, sex, birth)
        };
        Person {
            sex,
            birth,
            document,
            bits: random.random(),
        }
    }

    fn citizen(&mut self, random: &mut Random, sex: Sex, birth: NaiveDate) -> Document {
        let (from, to) = (i64::from(self.pairs.start), i64::from(self.pairs.end) - 1);
        // Births of one day are few beside the numbers of a range; when they run out, the person
        // has none rather than somebody else's.
        for _ in 0..200 {
            let division = whole(random, 0, DIVISIONS.len() as i64 - 1) as u8;
            let pair = whole(random, from, to) as u16;
            let sequence = pair * 2 + if sex == Sex::Male { 1 } else { 2 };
            if self.used.insert((division, birth, sequence)) {
                return Document::Citizen { division, sequence };
            }
        }
        Document::Unknown
    }
}

/// A birth date for an age in years on a day.
pub(crate) fn birth_for(age: f64, day: NaiveDate) -> NaiveDate {
    let birth = day - TimeDelta::days((age * 365.25) as i64);
    // On the last day of the first year the age is 0 years and 365 days in a leap year, and the
    // form allows 364: such a child is a day younger.
    if (day - birth).num_days() == 365 && full_years(birth, day) == 0 {
        birth + TimeDelta::days(1)
    } else {
        birth
    }
}

/// Full years from a birth date to a day.
pub(crate) fn full_years(birth: NaiveDate, day: NaiveDate) -> i64 {
    let before_birthday = (day.month(), day.day()) < (birth.month(), birth.day());
    i64::from(day.year() - birth.year()) - i64::from(before_birthday)
}

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";
const MALE: &str = "伟强磊军勇杰涛明超平刚辉斌鹏华飞波亮浩宇文博建国志明德福贵荣昌祥生发财林森海山川岩松柏龙虎彪武胜利成功林立新民主庆春喜安康宁远航帆晨阳旭东升轩睿泽铭俊豪";
const FEMALE: &str = "芳娜敏静丽艳娟霞秀英玉兰桂香梅莲菊红燕玲琴云凤萍春花素珍淑华美惠珠翠雅琳雪倩婷颖佳怡欣悦诗涵梓萱可馨语桐若曦雨彤思琪晓慧";
const VILLAGES: [&str; 24] = [
    "柳泉村",
    "石门村",
    "大塘村",
    "双桥村",
    "白果村",
    "松林村",
    "清溪村",
    "龙井村",
    "桃源村",
    "黄泥村",
    "南坪村",
    "北坡村",
    "梅花村",
    "竹林村",
    "鹭洲村",
    "古井村",
    "望江村",
    "新民村",
    "合作村",
    "前进村",
    "沙坝村",
    "茶山村",
    "荷塘村",
    "枫树村",
];
const TOWNS: [&str; 12] = [
    "青溪镇",
    "石桥镇",
    "临江镇",
    "白鹭镇",
    "南岭镇",
    "云塘镇",
    "松坪乡",
    "柳湾乡",
    "大河口乡",
    "黄泥岗乡",
    "梅林乡",
    "竹园乡",
];
const STREETS: [&str; 10] = [
    "澜江路",
    "文昌街",
    "城东大道",
    "湖滨路",
    "新港路",
    "北门街",
    "人民路",
    "解放街",
    "学府路",
    "工业大道",
];
const EMPLOYERS: [&str; 10] = [
    "云澜市澜江纺织有限公司",
    "云澜市第一中学",
    "云澜市公交公司",
    "云澜市城东小学",
    "云澜市云塘水泥厂",
    "云澜市供销合作社",
    "云澜市新港物流有限公司",
    "云澜市临江食品厂",
    "云澜市农业技术推广站",
    "云澜市自来水公司",
];

impl Person {
    /// A part of the number behind the person: `below` choices, a different one for each `salt`.
    fn part(&self, salt: u32, below: usize) -> usize {
        let mixed = self
            .bits
            .rotate_left(salt * 7)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            >> 33;
        (mixed % below.max(1) as u64) as usize
    }

    fn pick<'a>(&self, salt: u32, of: &[&'a str]) -> &'a str {
        of.get(self.part(salt, of.len()))
            .copied()
            .unwrap_or_default()
    }

    /// Appends the citizen number, the certificate's number or `-`.
    pub(crate) fn number(&self) -> String {
        match self.document {
            Document::Citizen { division, sequence } => {
                let division = DIVISIONS
                    .get(usize::from(division))
                    .copied()
                    .unwrap_or_default();
                let mut number = format!("{division}{}{sequence:03}", self.birth.format("%Y%m%d"));
                number.extend(gb11643_check(&number));
                number
            }
            Document::BirthCertificate(number) => format!("Y99{number:08}"),
            Document::Passport(number) => format!("EX{number:07}"),
            Document::Unknown => "-".to_owned(),
        }
    }

    /// RC038 证件类别
    pub(crate) fn document_kind(&self) -> &'static str {
        match self.document {
            Document::Citizen { .. } => "1",
            Document::BirthCertificate(_) => "9",
            Document::Passport(_) => "6",
            Document::Unknown => "-",
        }
    }

    /// Name.
    pub(crate) fn name(&self) -> String {
        match self.document {
            Document::Unknown => "无名氏".to_owned(),
            _ => given(self.part(1, 1 << 20), self.part(2, 1 << 20), self.sex),
        }
    }

    /// Somebody of the family, for the contact.
    pub(crate) fn relative(&self) -> String {
        let surname = if self.part(3, 2) == 0 {
            self.part(1, 1 << 20)
        } else {
            self.part(4, 1 << 20)
        };
        given(
            surname,
            self.part(5, 1 << 20),
            if self.part(6, 2) == 0 {
                Sex::Male
            } else {
                Sex::Female
            },
        )
    }

    /// Does the person live in the country?
    pub(crate) fn rural(&self) -> bool {
        self.part(7, 100) < 62
    }

    /// Does the person live outside the city?
    pub(crate) fn outside(&self) -> bool {
        self.part(8, 100) < 5
    }

    /// Address.
    pub(crate) fn address(&self) -> String {
        if self.outside() {
            return format!(
                "邻川县{}{}号",
                self.pick(9, &STREETS),
                1 + self.part(10, 200)
            );
        }
        if self.rural() {
            format!(
                "云澜市{}{}{}组{}号",
                self.pick(9, &TOWNS),
                self.pick(11, &VILLAGES),
                1 + self.part(12, 12),
                1 + self.part(10, 60)
            )
        } else {
            format!(
                "云澜市{}{}号{}室",
                self.pick(9, &STREETS),
                1 + self.part(10, 300),
                101 + self.part(12, 18) * 100 % 1700 + self.part(13, 4)
            )
        }
    }

    /// Phone, in a range that no operator has.
    pub(crate) fn phone(&self, salt: u32) -> String {
        format!("120{:08}", self.part(14 + salt, 100_000_000))
    }

    /// Employer, of those who have one.
    pub(crate) fn employer(&self, occupation: &str) -> Option<&'static str> {
        matches!(occupation, "11" | "13" | "17" | "21" | "24").then(|| self.pick(17, &EMPLOYERS))
    }

    /// RC003 职业
    pub(crate) fn occupation(&self, age: i64) -> &'static str {
        match age {
            ..=5 => "90",
            6..=15 => "31",
            16..=22 if self.part(18, 100) < 60 => "31",
            60.. if !self.rural() => "80",
            _ if self.rural() => self.pick(19, &["27", "27", "27", "27", "24", "51"]),
            _ => self.pick(19, &["17", "24", "13", "54", "51", "21", "70", "11"]),
        }
    }

    /// RC002 婚姻
    pub(crate) fn marriage(&self, age: i64) -> &'static str {
        match age {
            ..=21 => "1",
            22..=29 if self.part(20, 100) < 45 => "1",
            70.. if self.part(20, 100) < 32 => "3",
            _ if self.part(21, 100) < 5 => "4",
            _ => "2",
        }
    }

    /// RC033 联系人关系
    pub(crate) fn contact(&self, age: i64) -> &'static str {
        match age {
            ..=21 => "5",
            50.. if self.part(22, 100) < 60 => self.pick(23, &["2", "3"]),
            _ if self.marriage(age) == "2" => "1",
            _ => self.pick(23, &["5", "7", "9"]),
        }
    }

    /// RC035 民族
    pub(crate) fn nation(&self) -> &'static str {
        if self.part(24, 100) < 96 {
            "01"
        } else {
            self.pick(25, &["03", "06", "08", "15", "11"])
        }
    }

    /// RC036 籍贯省
    pub(crate) fn province(&self) -> String {
        let at = if self.part(26, 100) < 90 {
            18
        } else {
            1 + self.part(27, 31)
        };
        at.to_string()
    }

    /// RC032 付费方式
    pub(crate) fn payment(&self) -> &'static str {
        let at = self.part(28, 1000);
        match (self.document, self.outside(), at) {
            (Document::Unknown | Document::Passport(_), ..) | (_, _, ..60) => "7",
            (_, _, 60..66) => "5",
            (_, _, 66..76) => "8",
            (_, _, 76..80) => "9",
            (_, true, ..380) => "1.2",
            (_, true, _) => "2.2",
            (_, false, ..380) if !self.rural() || at < 200 => "1.1",
            (..) => "2.1",
        }
    }

    /// RC030 ABO血型, when it is known.
    pub(crate) fn blood_group(&self) -> &'static str {
        self.pick(29, &["1", "1", "1", "2", "2", "2", "3", "3", "3", "4"])
    }

    /// RC031 Rh血型, when it is known.
    pub(crate) fn rhesus(&self) -> &'static str {
        if self.part(30, 1000) < 4 { "1" } else { "2" }
    }

    /// The drug to which the person is allergic.
    pub(crate) fn allergy(&self) -> Option<&'static str> {
        (self.part(31, 100) < 4).then(|| {
            self.pick(
                32,
                &["青霉素", "头孢类", "磺胺类", "青霉素,磺胺类", "链霉素"],
            )
        })
    }
}

/// A name of a surname and one or two characters.
pub(crate) fn given(surname: usize, rest: usize, sex: Sex) -> String {
    static CHARACTERS: LazyLock<[Vec<char>; 3]> =
        LazyLock::new(|| [SURNAMES, MALE, FEMALE].map(|text| text.chars().collect()));
    let [surnames, male, female] = &*CHARACTERS;
    let nth = |of: &[char], at: usize| of.get(at % of.len().max(1)).copied();
    let characters = if sex == Sex::Male { male } else { female };
    let mut name = String::new();
    name.extend(nth(surnames, surname));
    name.extend(nth(characters, rest));
    if !rest.is_multiple_of(6) {
        name.extend(nth(characters, rest / 97));
    }
    name
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use yizheng_pack::identifiers::{gb11643_birth, gb11643_ok, gb11643_sex};

    use super::*;
    use crate::random::stream;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn full_years_change_on_the_birthday() {
        for (birth, seen, years) in [
            (day(1990, 3, 7), day(2024, 3, 6), 33),
            (day(1990, 3, 7), day(2024, 3, 7), 34),
            (day(2000, 2, 29), day(2023, 2, 28), 22),
            (day(2000, 2, 29), day(2023, 3, 1), 23),
            (day(2024, 1, 1), day(2024, 1, 1), 0),
        ] {
            assert_eq!(full_years(birth, seen), years, "{birth} {seen}");
        }
        // 365 days and yet no birthday: 2024 has 366 days.
        assert_eq!(birth_for(1.0, day(2025, 1, 9)), day(2024, 1, 11));
    }

    #[test]
    fn citizen_numbers_are_valid_and_nobody_elses() {
        let mut registry = Registry::new(10..12);
        let mut random = stream(7, 7);
        let mut seen = HashSet::new();
        for case in 0..400 {
            let sex = if case % 2 == 0 {
                Sex::Male
            } else {
                Sex::Female
            };
            let birth = day(1950, 1, 1) + TimeDelta::days(case / 40);
            let person = registry.person(&mut random, sex, birth, day(2024, 6, 1));
            let Document::Citizen { .. } = person.document else {
                continue;
            };
            let number = person.number();
            assert!(gb11643_ok(&number), "{number}");
            assert_eq!(
                (gb11643_birth(&number), gb11643_sex(&number)),
                (Some(birth), Some(sex))
            );
            assert!(seen.insert(number));
        }
        // Ten days, twenty of each sex a day, and 7 divisions × 2 pairs of sequence numbers.
        assert!(seen.len() <= 10 * 28 && seen.len() > 240, "{}", seen.len());
    }

    #[test]
    fn a_person_stays_the_same() {
        let mut random = stream(3, 9);
        let person = Registry::new(20..30).person(
            &mut random,
            Sex::Female,
            day(1960, 5, 5),
            day(2024, 1, 1),
        );
        let again = person;
        assert_eq!(
            (person.name(), person.address(), person.phone(0)),
            (again.name(), again.address(), again.phone(0))
        );
        assert!(person.name().chars().count() >= 2);
    }
}

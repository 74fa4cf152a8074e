//! The people who sign a page: invented names with certificates in the form that the law gives
//! them, by department.

use yizheng_pack::identifiers::Sex;

use crate::catalogue::Catalogue;
use crate::columns as c;
use crate::person::given;
use crate::random::{Random, one};
use crate::region::Institution;
use crate::row::Row;

/// Somebody with a certificate.
#[derive(Debug, Clone)]
struct Member {
    name: String,
    certificate: String,
}

/// The staff of a department.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    department: String,
    head: Member,
    chiefs: Vec<Member>,
    attendings: Vec<Member>,
    residents: Vec<Member>,
    nurses: Vec<Member>,
}

/// The staff of an institution.
pub(crate) struct Staff {
    teams: Vec<Team>,
    /// Team of each service line.
    lines: Vec<usize>,
    anaesthetists: Vec<Member>,
    coders: Vec<Member>,
}

impl Staff {
    pub(crate) fn new(at: usize, institution: &Institution, catalogue: &Catalogue) -> Self {
        let mut next = at * 1000;
        let mut hire = |number: usize, nurse: bool| -> Vec<Member> {
            (0..number)
                .map(|_| {
                    next += 1;
                    let sex = if nurse || next.is_multiple_of(3) {
                        Sex::Female
                    } else {
                        Sex::Male
                    };
                    // Large steps through the names, so that neighbours do not share them.
                    let name = given(next * 37 + at, next * 53 + at * 7, sex);
                    let certificate = if nurse {
                        format!("201999{next:06}")
                    } else {
                        format!("110990001{next:06}")
                    };
                    Member { name, certificate }
                })
                .collect()
        };
        let size = if institution.tier >= 2 { 4 } else { 2 };
        let mut teams: Vec<Team> = Vec::new();
        let mut lines = Vec::new();
        for line in &catalogue.lines {
            let department = institution.department(&line.departments);
            let known = teams.iter().position(|team| team.department == department);
            lines.push(known.unwrap_or(teams.len()));
            if known.is_none() {
                let Some(head) = hire(1, false).pop() else {
                    continue;
                };
                teams.push(Team {
                    department: department.to_owned(),
                    head,
                    chiefs: hire(size / 2, false),
                    attendings: hire(size, false),
                    residents: hire(size, false),
                    nurses: hire(size + 2, true),
                });
            }
        }
        let anaesthetists = hire(size, false);
        let coders = hire(size / 2, true);
        Self {
            teams,
            lines,
            anaesthetists,
            coders,
        }
    }

    /// The team of a service line, and its department.
    pub(crate) fn team(&self, line: usize) -> (&Team, &str) {
        static NOBODY: std::sync::LazyLock<Team> = std::sync::LazyLock::new(|| Team {
            department: "02".to_owned(),
            head: Member {
                name: "-".to_owned(),
                certificate: "-".to_owned(),
            },
            chiefs: Vec::new(),
            attendings: Vec::new(),
            residents: Vec::new(),
            nurses: Vec::new(),
        });
        let team = self
            .lines
            .get(line)
            .and_then(|at| self.teams.get(*at))
            .unwrap_or(&NOBODY);
        (team, &team.department)
    }

    /// A department of medicine, surgery or emergency of the institution.
    pub(crate) fn other_department(&self, random: &mut Random) -> Option<&str> {
        let drawn = one(random, &self.teams).map(|team| team.department.as_str());
        drawn.filter(|code| {
            ["03", "04", "20"]
                .iter()
                .any(|start| code.starts_with(start))
        })
    }

    pub(crate) fn anaesthetist(&self, random: &mut Random) -> &str {
        name(random, &self.anaesthetists)
    }

    pub(crate) fn coder(&self, random: &mut Random) -> &str {
        name(random, &self.coders)
    }
}

fn name<'a>(random: &mut Random, of: &'a [Member]) -> &'a str {
    one(random, of).map_or("-", |member| member.name.as_str())
}

impl Team {
    pub(crate) fn surgeon(&self, random: &mut Random) -> &str {
        name(random, &self.chiefs)
    }

    pub(crate) fn assistant(&self, random: &mut Random) -> &str {
        name(random, &self.attendings)
    }

    pub(crate) fn second_assistant(&self, random: &mut Random) -> &str {
        name(random, &self.residents)
    }

    /// Writes who signs the page.
    pub(crate) fn sign(&self, row: &mut Row, random: &mut Random) {
        let mut signs = |who: Option<&Member>, code: usize, name: usize| {
            if let Some(who) = who {
                row.set(code, &who.certificate);
                row.set(name, &who.name);
            }
        };
        signs(Some(&self.head), c::B22C, c::B22);
        signs(one(random, &self.chiefs), c::B23C, c::B23);
        signs(one(random, &self.attendings), c::B24C, c::B24);
        signs(one(random, &self.residents), c::B25C, c::B25);
        signs(one(random, &self.nurses), c::B26C, c::B26);
        if let (Some(doctor), Some(nurse)) = (self.attendings.first(), self.nurses.first()) {
            row.set(c::B31, &doctor.name);
            row.set(c::B32, &nurse.name);
        }
    }
}

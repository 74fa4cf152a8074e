//! What an institution has and does in a month, beside its stays: beds, staff, visits. Every report
//! of the month is filled in from here, so that they do not contradict each other.

use yizheng_pack::period::Month;

use crate::random::{Random, log_normal, stream, whole};
use crate::region::Institution;
use crate::sender::Region;
use crate::totals::Totals;

/// The streams of the reports stand apart from those of the front pages.
const APART: u64 = 1 << 62;

/// The stream of one report: which form (0: none in particular), whose, and of which month.
pub(super) fn stream_of(seed: u64, form: usize, at: usize, month: usize) -> Random {
    stream(
        seed,
        APART | ((form as u64) << 40) | ((at as u64) << 16) | month as u64,
    )
}

/// This share of a number, rounded; never more than the number.
pub(super) fn part(of: i64, share: f64) -> i64 {
    ((of as f64 * share).round() as i64).clamp(0, of.max(0))
}

/// A share of a number that varies by chance; never more than the number.
pub(super) fn around(random: &mut Random, of: i64, share: f64, sigma: f64) -> i64 {
    part(of, share * log_normal(random, sigma))
}

/// A small count with this expectation.
pub(super) fn few(random: &mut Random, expected: f64) -> i64 {
    let spread = expected.max(0.0).sqrt();
    let drawn = expected + spread * (whole(random, -1500, 1500) as f64 / 1000.0);
    (drawn + whole(random, 0, 999) as f64 / 1000.0)
        .floor()
        .max(0.0) as i64
}

/// What kind of work an institution's departments do, and how many come.
struct Trade {
    /// Outpatients for one discharge.
    outpatients: f64,
    /// Yuan for one outpatient.
    price: f64,
    /// Of an outpatient's bill: drugs, and herbal ones among them.
    drugs: f64,
    herbal: f64,
    /// DDDs of antibacterials in 100 bed days.
    intensity: f64,
}

impl Trade {
    fn of(institution: &Institution) -> Self {
        let (outpatients, price, drugs, herbal, intensity) = match institution.profile.as_str() {
            "general3" => (20.0, 310.0, 0.36, 0.03, 37.0),
            "general2" | "general2s" => (20.0, 240.0, 0.38, 0.03, 38.5),
            "tcm" | "tcm_west" => (20.0, 230.0, 0.5, 0.2, 27.0),
            "mch" => (24.0, 210.0, 0.24, 0.02, 24.0),
            "obstetric" => (18.0, 260.0, 0.2, 0.02, 23.0),
            "children" => (30.0, 190.0, 0.38, 0.03, 17.5),
            "psychiatric" => (22.0, 260.0, 0.56, 0.01, 3.1),
            "orthopaedic" | "anorectal" => (12.0, 260.0, 0.3, 0.06, 30.0),
            "eye" => (26.0, 320.0, 0.22, 0.0, 4.0),
            "oral" => (120.0, 420.0, 0.04, 0.0, 22.0),
            "rehabilitation" | "nursing" => (7.0, 160.0, 0.3, 0.06, 9.0),
            "first" | "first_private" => (18.0, 170.0, 0.42, 0.05, 34.0),
            "community" => (130.0, 96.0, 0.58, 0.06, 30.0),
            _ => (52.0, 74.0, 0.54, 0.05, 30.0),
        };
        Self {
            outpatients,
            price,
            drugs,
            herbal,
            intensity,
        }
    }
}

/// An institution with what stays the same, or grows evenly, over the months.
pub(super) struct House<'a> {
    pub at: usize,
    pub institution: &'a Institution,
    pub region: &'a Region<'a>,
    trade: Trade,
    /// Discharges in a usual month.
    usual: f64,
    /// Between 0 and 1: how far ahead of the others it is with what is new.
    pub ahead: f64,
    /// A factor around 1 on its staff.
    crew: f64,
    /// Residents of the area that it serves, at first.
    residents: f64,
}

/// What is done in a month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Activity {
    pub outpatients: i64,
    pub emergencies: i64,
    pub home_visits: i64,
    pub checkups: i64,
    pub beds: i64,
    pub days: i64,
}

impl Activity {
    /// 总诊疗人次数
    pub fn visits(&self) -> i64 {
        self.outpatients + self.emergencies + self.home_visits
    }
}

/// Staff on the last day of a month.
pub(super) struct Staff {
    pub physicians: i64,
    pub assistants: i64,
    pub general: i64,
    pub nurses: i64,
    pub pharmacists: i64,
    pub technicians: i64,
    pub health: i64,
    pub all: i64,
}

impl<'a> House<'a> {
    pub(super) fn new(
        region: &'a Region<'a>,
        at: usize,
        institution: &'a Institution,
        residents: u32,
    ) -> Self {
        let mut random = stream_of(region.seed, 0, at, 0xffff);
        let counts = region.plan.counts.get(at).map_or(&[][..], Vec::as_slice);
        let ahead = whole(&mut random, 0, 1000) as f64 / 1000.0;
        Self {
            at,
            institution,
            region,
            trade: Trade::of(institution),
            usual: counts.iter().sum::<usize>() as f64 / counts.len().max(1) as f64,
            ahead,
            crew: log_normal(&mut random, 0.05),
            residents: f64::from(residents),
        }
    }

    pub(super) fn is_primary(&self) -> bool {
        self.institution.is_primary()
    }

    pub(super) fn calendar(&self, month: usize) -> Month {
        self.region.plan.month(month)
    }

    /// How far something is that grows from `low` to `high` over two years; an institution that is
    /// ahead is further.
    pub(super) fn grown(&self, month: usize, low: f64, high: f64) -> f64 {
        let time = (month as f64 / 24.0).min(1.5);
        low + (high - low) * (0.7 * time + 0.3 * self.ahead)
    }

    /// 实有床位数: a few of the registered beds are not in use.
    pub(super) fn beds(&self, month: usize) -> i64 {
        let registered = i64::from(self.institution.beds_in(month));
        registered - part(registered, 0.05 * (1.0 - self.ahead))
    }

    pub(super) fn activity(&self, month: usize, totals: &Totals) -> Activity {
        let mut random = stream_of(self.region.seed, 0, self.at, month);
        let calendar = self.calendar(month);
        let season = match calendar.month() {
            1 => 0.98,
            2 => 0.84,
            3 | 11 | 12 => 1.05,
            _ => 1.0,
        };
        let growth = 1.0 + 0.003 * month as f64;
        let expected = self.usual * self.trade.outpatients * season * growth;
        let outpatients = (expected * log_normal(&mut random, 0.03)).round() as i64;
        let rush = match self.institution.tier {
            3 => 4.2,
            2 => 2.6,
            _ => 1.4,
        };
        let emergencies =
            (totals.emergencies as f64 * rush * log_normal(&mut random, 0.05)).round() as i64;
        let home = if self.is_primary() { 0.02 } else { 0.0005 };
        let checkups = if self.is_primary() { 0.09 } else { 0.05 };
        Activity {
            outpatients,
            emergencies: emergencies.max(totals.emergencies),
            home_visits: around(&mut random, outpatients, home, 0.1),
            checkups: around(&mut random, outpatients, checkups, 0.15),
            beds: self.beds(month),
            days: (calendar.end() - calendar.start()).num_days(),
        }
    }

    pub(super) fn staff(&self, month: usize) -> Staff {
        let beds = self.beds(month) as f64 * self.crew * (1.0 + 0.0015 * month as f64);
        let (doctors, assisting, nurses) = match (self.institution.tier, self.is_primary()) {
            (3, _) => (0.56, 0.02, 0.9),
            (2, _) => (0.44, 0.05, 0.68),
            (_, false) => (0.36, 0.12, 0.5),
            _ => (0.46, 0.34, 0.52),
        };
        let whole = |number: f64| (number.round() as i64).max(1);
        // Who lives on outpatients and not on beds has a doctor for 14 of them a day.
        let least = self.usual * self.trade.outpatients / (21.0 * 14.0);
        let doctors = (beds * doctors).max(least).max(4.0);
        let assistants = whole(doctors * assisting);
        let physicians = whole(doctors) - part(whole(doctors), assisting);
        let nurses = whole((beds * nurses).max(least * 0.8).max(4.0));
        let pharmacists = whole((physicians + assistants) as f64 * 0.16);
        let technicians = whole((physicians + assistants) as f64 * 0.18);
        let others = part(nurses, 0.12);
        let health = physicians + assistants + nurses + pharmacists + technicians + others;
        Staff {
            physicians,
            assistants,
            general: part(
                physicians + assistants,
                if self.is_primary() { 0.42 } else { 0.03 },
            ),
            nurses,
            pharmacists,
            technicians,
            health,
            all: health + part(health, 0.2),
        }
    }

    /// Residents of its area.
    pub(super) fn residents(&self, month: usize) -> i64 {
        residents(self.residents, month)
    }

    /// 分 for the outpatients of a month.
    pub(super) fn outpatient_income(&self, random: &mut Random, month: usize, visits: i64) -> i64 {
        let price = self.trade.price * (1.0 + 0.0015 * month as f64) * log_normal(random, 0.025);
        (visits as f64 * price * 100.0).round() as i64
    }

    /// Of an outpatient's bill: drugs, and herbal ones among them.
    pub(super) fn outpatient_drugs(&self) -> (f64, f64) {
        (self.trade.drugs, self.trade.herbal)
    }

    /// DDDs of antibacterials in 100 bed days.
    pub(super) fn intensity(&self) -> f64 {
        self.trade.intensity * (1.04 - 0.08 * self.ahead)
    }
}

/// So many residents are counted anew each year, and are a little fewer.
pub(super) fn residents(first: f64, month: usize) -> i64 {
    (first * (1.0 - 0.0021 * (month / 12) as f64)).round() as i64
}

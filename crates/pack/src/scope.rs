//! Scope: which institutions and which fields a caller may see.
//!
//! No query on persons, submissions or values can be built without one. A scope is made where a
//! caller is recognised (the command line, a session) and only ever narrowed after that.

use std::collections::BTreeSet;

/// The institutions a caller may see, by their licence number (登记号).
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    WholeRegion,
    Institutions(BTreeSet<String>),
}

/// What a caller may see. Deny by default: [`Scope::nothing`] allows no institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    actor: String,
    reach: Reach,
    personal: bool,
}

impl Scope {
    /// Sees nothing.
    pub fn nothing(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), reach: Reach::Institutions(BTreeSet::new()), personal: false }
    }

    /// The regulator of the region: every institution, personal fields masked.
    pub fn whole_region(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), reach: Reach::WholeRegion, personal: false }
    }

    /// One or several institutions, personal fields masked.
    pub fn institutions(actor: impl Into<String>, codes: impl IntoIterator<Item = String>) -> Self {
        Self {
            actor: actor.into(),
            reach: Reach::Institutions(codes.into_iter().collect()),
            personal: false,
        }
    }

    /// The same scope with personal fields readable; each such read is audited by the caller.
    #[must_use]
    pub fn with_personal_fields(mut self) -> Self {
        self.personal = true;
        self
    }

    /// Narrows to one institution; nothing if the scope did not allow it.
    #[must_use]
    pub fn narrowed_to(&self, institution: &str) -> Self {
        let codes = if self.allows(institution) {
            BTreeSet::from([institution.to_owned()])
        } else {
            BTreeSet::new()
        };
        Self { actor: self.actor.clone(), reach: Reach::Institutions(codes), personal: self.personal }
    }

    /// Who is asking, as it stands in the audit log.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether rows and values of `institution` (licence number) may be seen.
    pub fn allows(&self, institution: &str) -> bool {
        match &self.reach {
            Reach::WholeRegion => true,
            Reach::Institutions(codes) => codes.contains(institution),
        }
    }

    /// Whether it reaches the whole region: only then may what is of the region itself be sent or
    /// seen.
    pub fn is_whole_region(&self) -> bool {
        self.reach == Reach::WholeRegion
    }

    /// The institutions to filter by, or `None` for the whole region.
    pub fn filter(&self) -> Option<&BTreeSet<String>> {
        match &self.reach {
            Reach::WholeRegion => None,
            Reach::Institutions(codes) => Some(codes),
        }
    }

    /// Whether personal fields may be shown unmasked.
    pub fn sees_personal_fields(&self) -> bool {
        self.personal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowing_never_widens() {
        let one = Scope::institutions("a", ["X".to_owned()]);
        assert!(one.allows("X"));
        assert!(!one.narrowed_to("Y").allows("Y"));
        assert!(Scope::whole_region("r").narrowed_to("Y").allows("Y"));
        assert!(!Scope::whole_region("r").narrowed_to("Y").allows("X"));
        assert!(!Scope::nothing("n").allows("X"));
        assert!(Scope::whole_region("r").is_whole_region());
        assert!(!Scope::whole_region("r").narrowed_to("Y").is_whole_region() && !one.is_whole_region());
    }
}

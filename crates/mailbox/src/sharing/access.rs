//! Access lists: which of a mailbox's rights its owner gives to whom (RFC 4314, 2).

use super::Rights;
use crate::codec::{Input, Output};
use crate::limits::ACCESS_GRANTS_MAX;
use crate::{AccountId, ModSeq, Refused};

/// Whom an entry of an access list is about. Users by the numbers of their accounts, which are never given twice: who gets the
/// address of somebody who left does not get the rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grantee {
    /// Whoever may log in.
    Anyone,
    /// The user of an account.
    User(AccountId),
}

/// Whether an entry gives rights or takes them (RFC 4314, 2: negative rights).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// They are given.
    Given,
    /// They are taken, whatever other entries give.
    Withheld,
}

/// An entry of an access list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// About whom.
    pub grantee: Grantee,
    /// Given or taken.
    pub sign: Sign,
    /// What.
    pub rights: Rights,
}

/// Whose `\Seen` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeenBy {
    /// One for all who share the mailbox.
    #[default]
    Everybody,
    /// Each user's own (ADR 22).
    EachUser,
}

/// How the rights of an entry are changed (RFC 4314, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightsChange {
    /// They become these; none: the entry goes.
    Replace(Rights),
    /// These come.
    Add(Rights),
    /// These go.
    Remove(Rights),
}

/// With whom a mailbox is shared, and how. The owner has all rights and is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessList {
    /// By grantee and sign, each at most once, none without rights.
    grants: Vec<Grant>,
    /// Whose `\Seen` is.
    pub seen_by: SeenBy,
    /// When that became so: to all but the owner, no message has a lower mod-sequence, for each may look unlike before.
    pub(crate) seen_since: ModSeq,
}

impl AccessList {
    /// The entries, in a fixed order.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether nothing is said in it.
    pub fn is_empty(&self) -> bool {
        *self == AccessList::default()
    }

    /// The rights of a user: what is given to the user or to anyone, without what is withheld from either.
    pub fn rights_of(&self, user: AccountId) -> Rights {
        let sum = |sign: Sign| {
            let applies = |grant: &&Grant| {
                grant.sign == sign
                    && match grant.grantee {
                        Grantee::Anyone => true,
                        Grantee::User(of) => of == user,
                    }
            };
            self.grants.iter().filter(applies).fold(Rights::NONE, |all, grant| all | grant.rights)
        };
        sum(Sign::Given).without(sum(Sign::Withheld))
    }

    /// Changes the entry of a grantee.
    pub fn change(
        &mut self,
        grantee: Grantee,
        sign: Sign,
        change: RightsChange,
    ) -> Result<(), Refused> {
        let place = self.grants.binary_search_by_key(&(grantee, sign), |it| (it.grantee, it.sign));
        let before =
            place.ok().and_then(|at| self.grants.get(at)).map_or(Rights::NONE, |it| it.rights);
        let rights = match change {
            RightsChange::Replace(rights) => rights,
            RightsChange::Add(rights) => before | rights,
            RightsChange::Remove(rights) => before.without(rights),
        };
        match (place, rights.is_empty()) {
            (Ok(at), true) => drop(self.grants.remove(at)),
            (Ok(at), false) => {
                if let Some(grant) = self.grants.get_mut(at) {
                    grant.rights = rights;
                }
            }
            (Err(_), true) => {}
            (Err(at), false) => {
                if self.grants.len() >= ACCESS_GRANTS_MAX {
                    let max = u64::try_from(ACCESS_GRANTS_MAX).unwrap_or(u64::MAX);
                    return Err(Refused::TooMany { what: "identifiers in an access list", max });
                }
                self.grants.insert(at, Grant { grantee, sign, rights });
            }
        }
        Ok(())
    }

    /// Whether it has an entry of a user.
    pub(crate) fn names(&self, user: AccountId) -> bool {
        self.grants.iter().any(|grant| grant.grantee == Grantee::User(user))
    }

    /// Takes all entries of a user out. Says whether there were any.
    pub(crate) fn forget(&mut self, user: AccountId) -> bool {
        let before = self.grants.len();
        self.grants.retain(|grant| grant.grantee != Grantee::User(user));
        self.grants.len() != before
    }

    /// Those whom it has entries about.
    pub(crate) fn grantees(&self) -> impl Iterator<Item = Grantee> {
        self.grants.iter().map(|grant| grant.grantee)
    }

    pub(crate) fn write(&self, output: &mut Output) {
        output.octet(match self.seen_by {
            SeenBy::Everybody => 0,
            SeenBy::EachUser => 1,
        });
        output.number(self.seen_since.0);
        output.count(self.grants.len());
        for grant in &self.grants {
            let sign = match grant.sign {
                Sign::Given => 0,
                Sign::Withheld => 1,
            };
            let user = match grant.grantee {
                // Nobody's account.
                Grantee::Anyone => 0,
                Grantee::User(AccountId(number)) => number,
            };
            output.octet(sign).number(user).number(grant.rights.bits());
        }
    }

    pub(crate) fn read(input: &mut Input<'_>) -> Option<AccessList> {
        let seen_by = match input.octet()? {
            0 => SeenBy::Everybody,
            1 => SeenBy::EachUser,
            _ => return None,
        };
        let seen_since = ModSeq(input.number()?);
        let mut grants: Vec<Grant> = Vec::new();
        for _ in 0..input.count()? {
            let sign = match input.octet()? {
                0 => Sign::Given,
                1 => Sign::Withheld,
                _ => return None,
            };
            let grantee = match input.number_u32()? {
                0 => Grantee::Anyone,
                number => Grantee::User(AccountId(number)),
            };
            let rights = Rights::of_bits(input.number()?).filter(|rights| !rights.is_empty())?;
            let follows =
                grants.last().is_none_or(|last| (last.grantee, last.sign) < (grantee, sign));
            if !follows || grants.len() >= ACCESS_GRANTS_MAX {
                return None;
            }
            grants.push(Grant { grantee, sign, rights });
        }
        Some(AccessList { grants, seen_by, seen_since })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANA: Grantee = Grantee::User(AccountId(7));

    fn rights(letters: &str) -> Rights {
        Rights::parse(letters).unwrap()
    }

    fn list(changes: &[(Grantee, Sign, &str)]) -> AccessList {
        let mut list = AccessList::default();
        for (grantee, sign, letters) in changes {
            list.change(*grantee, *sign, RightsChange::Add(rights(letters))).unwrap();
        }
        list
    }

    #[test]
    fn what_is_given_to_anyone_and_to_the_user_counts_without_what_is_withheld() {
        let list = list(&[
            (ANA, Sign::Given, "sw"),
            (Grantee::Anyone, Sign::Given, "lrp"),
            (ANA, Sign::Withheld, "wp"),
            (Grantee::Anyone, Sign::Withheld, "a"),
        ]);
        assert_eq!(list.rights_of(AccountId(7)), rights("lrs"));
        assert_eq!(list.rights_of(AccountId(8)), rights("lrp"));
        assert_eq!(AccessList::default().rights_of(AccountId(7)), Rights::NONE);
    }

    #[test]
    fn an_entry_is_changed_as_setacl_says() {
        let mut list = list(&[(ANA, Sign::Given, "lr")]);
        for (change, want) in [
            (RightsChange::Add(rights("s")), "lrs"),
            (RightsChange::Remove(rights("rx")), "ls"),
            (RightsChange::Replace(rights("i")), "i"),
            (RightsChange::Remove(rights("i")), ""),
        ] {
            list.change(ANA, Sign::Given, change).unwrap();
            assert_eq!(list.rights_of(AccountId(7)), rights(want));
        }
        assert!(list.is_empty());
    }

    #[test]
    fn there_are_so_many_entries_at_most() {
        let mut list = AccessList::default();
        for number in 1..=u32::try_from(ACCESS_GRANTS_MAX).unwrap() {
            let user = Grantee::User(AccountId(number));
            list.change(user, Sign::Given, RightsChange::Add(rights("l"))).unwrap();
        }
        let more = list.change(Grantee::Anyone, Sign::Given, RightsChange::Add(rights("l")));
        assert!(matches!(more, Err(Refused::TooMany { .. })));
        list.change(ANA, Sign::Given, RightsChange::Add(rights("r"))).unwrap();
        assert!(list.forget(AccountId(7)) && !list.forget(AccountId(7)));
        assert_eq!(list.rights_of(AccountId(7)), Rights::NONE);
    }

    #[test]
    fn a_list_is_read_as_written() {
        for seen_by in [SeenBy::Everybody, SeenBy::EachUser] {
            let mut list = list(&[
                (ANA, Sign::Given, "lrswipkxtea"),
                (Grantee::Anyone, Sign::Withheld, "a"),
                (Grantee::User(AccountId(u32::MAX)), Sign::Given, "l"),
            ]);
            list.seen_by = seen_by;
            list.seen_since = ModSeq(700);
            let mut output = Output::version(9);
            list.write(&mut output);
            let octets = output.done();
            let read = |octets| AccessList::read(&mut Input::version(octets, 9)?);
            assert_eq!(read(&octets), Some(list));
            assert!((0..octets.len()).all(|end| read(&octets[..end]).is_none()));
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(octets: Vec<u8>) {
            let octets = [&[9], &*octets].concat();
            let _ = AccessList::read(&mut Input::version(&octets, 9).unwrap());
        }
    }
}

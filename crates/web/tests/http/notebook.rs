//! Grants in a notebook: tokens are texts that say what they are of.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sasl::{Ready, Secret};
use web::{GrantError, Granted, Grants};

/// Who let which program in, by number, with the number of the refresh token that is good.
#[derive(Default)]
pub(crate) struct Notebook(Mutex<BTreeMap<usize, (String, String, usize)>>);

fn pair(grant: usize, turn: usize) -> Granted {
    Granted {
        access: Secret::new(format!("access {grant} {turn}")),
        access_s: 3_600,
        refresh: Secret::new(format!("refresh {grant} {turn}")),
    }
}

fn read(token: &Secret) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(token.expose()).unwrap();
    let (_, numbers) = text.split_once(' ')?;
    let (grant, turn) = numbers.split_once(' ')?;
    Some((grant.parse().ok()?, turn.parse().ok()?))
}

impl Grants for Notebook {
    fn grant<'a>(
        &'a self,
        address: &'a str,
        name: &'a str,
        program: &'a str,
    ) -> Ready<'a, Result<Granted, GrantError>> {
        let mut there = self.0.lock().unwrap();
        if name == "Refused" {
            return Box::pin(async {
                Err(GrantError::Refused("too many access tokens".to_owned()))
            });
        }
        let grant = there.len();
        there.insert(grant, (address.to_owned(), program.to_owned(), 0));
        Box::pin(async move { Ok(pair(grant, 0)) })
    }

    fn refresh<'a>(
        &'a self,
        token: &'a Secret,
        program: &'a str,
    ) -> Ready<'a, Result<Option<Granted>, GrantError>> {
        let mut there = self.0.lock().unwrap();
        let found = read(token).and_then(|(grant, turn)| {
            let (_, of, good) = there.get_mut(&grant)?;
            (of == program && *good == turn).then(|| {
                *good += 1;
                pair(grant, *good)
            })
        });
        Box::pin(async move { Ok(found) })
    }

    fn end<'a>(&'a self, token: &'a Secret, program: &'a str) -> Ready<'a, Result<(), GrantError>> {
        let mut there = self.0.lock().unwrap();
        if let Some((grant, _)) = read(token)
            && there.get(&grant).is_some_and(|(_, of, _)| of == program)
        {
            there.remove(&grant);
        }
        Box::pin(async { Ok(()) })
    }
}

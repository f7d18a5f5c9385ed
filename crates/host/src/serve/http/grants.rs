//! Where OAuth keeps what programs may do: in the directory.

use std::sync::Arc;

use directory::{Address, People, PeopleError, Refreshed};
use sasl::{Ready, Secret};
use web::{GrantError, Granted, Grants};

/// The grants of the people of this host.
pub(super) struct HostGrants(pub(super) Arc<People>);

impl Grants for HostGrants {
    fn grant<'a>(
        &'a self,
        address: &'a str,
        name: &'a str,
        program: &'a str,
    ) -> Ready<'a, Result<Granted, GrantError>> {
        Box::pin(async move {
            let user: Address = address.parse().map_err(|_| GrantError::Unavailable)?;
            self.0.grant(&user, name, program).await.map(granted).map_err(told)
        })
    }

    fn refresh<'a>(
        &'a self,
        token: &'a Secret,
        program: &'a str,
    ) -> Ready<'a, Result<Option<Granted>, GrantError>> {
        Box::pin(async move {
            match self.0.refresh(token, program).await.map_err(told)? {
                Refreshed::Granted(pair) => Ok(Some(granted(pair))),
                Refreshed::Invalid => Ok(None),
            }
        })
    }

    fn end<'a>(&'a self, token: &'a Secret, program: &'a str) -> Ready<'a, Result<(), GrantError>> {
        Box::pin(async move { self.0.end_grant(token, program).await.map_err(told) })
    }
}

fn granted(pair: directory::Granted) -> Granted {
    Granted { access: pair.access, access_s: pair.access_s, refresh: pair.refresh }
}

fn told(error: PeopleError) -> GrantError {
    match error {
        PeopleError::Refused(refusal) => GrantError::Refused(refusal.to_string()),
        PeopleError::Mail(refused) => GrantError::Refused(refused.to_string()),
        PeopleError::Fault(fault) => {
            tracing::error!(%fault, "a grant of OAuth could not be read or written");
            GrantError::Unavailable
        }
    }
}

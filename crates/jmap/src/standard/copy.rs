//! `/copy` (RFC 8620, 5.4): from one account to another. A user has one account so far, so that there is nothing to copy from.

use serde_json::{Map, Value};

use crate::arguments::{Arguments, invalid};
use crate::error::MethodError;
use crate::id::Id;

/// What a `/copy` asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    from: Id,
    account: Id,
}

impl Copy {
    /// Takes all arguments.
    pub fn take(mut arguments: Arguments) -> Result<Copy, MethodError> {
        let from = arguments.required("fromAccountId")?;
        let account = arguments.required("accountId")?;
        let _: Option<String> = arguments.optional("ifFromInState")?;
        let _: Option<String> = arguments.optional("ifInState")?;
        let _: Map<String, Value> = arguments.required("create")?;
        let _: bool = arguments.or("onSuccessDestroyOriginal", false)?;
        let _: Option<String> = arguments.optional("destroyFromIfInState")?;
        arguments.end()?;
        Ok(Copy { from, account })
    }

    /// Why it is not done: an account is not there, or both are the same one. `is_there` says which are.
    pub fn refused(&self, is_there: impl Fn(&Id) -> Result<(), MethodError>) -> MethodError {
        if let Err(error) = is_there(&self.account) {
            return error;
        }
        match is_there(&self.from) {
            Err(_) => MethodError::FromAccountNotFound,
            Ok(()) => invalid("fromAccountId", "it is the account to copy to"),
        }
    }
}

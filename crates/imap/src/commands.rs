//! The commands, one a file: each reads one, prints it and carries it out, and its row says what has to be known before.
//! `TABLE` is the only list of them.

mod access;
pub mod append;
mod authenticate;
mod cancel_update;
mod capability;
mod check;
mod close;
pub(crate) mod comparator;
mod compress;
mod copy;
mod create;
mod delete;
mod delete_acl;
mod enable;
mod esearch;
mod expunge;
pub(crate) mod fetch;
mod get_acl;
mod get_jmap_access;
mod get_metadata;
mod get_quota_root;
mod id;
mod idle;
mod list;
mod list_rights;
mod login;
mod logout;
mod move_messages;
mod my_rights;
mod namespace;
mod noop;
mod notify;
mod quota;
mod rename;
mod replace;
pub(crate) mod search;
mod select;
mod set_acl;
mod set_metadata;
mod sort;
mod starttls;
mod status;
mod store;
mod subscribe;
mod thread;
mod unauthenticate;
mod unselect;
mod unsubscribe;

pub use append::{Append, AppendForm, AppendMessage, Catenate, MessagePart};
pub use authenticate::Authenticate;
pub use cancel_update::CancelUpdate;
pub use capability::Capability;
pub use check::Check;
pub use close::Close;
pub use comparator::Comparator;
pub use compress::Compress;
pub use copy::Copy;
pub use create::Create;
pub use delete::Delete;
pub use delete_acl::DeleteAcl;
pub use enable::Enable;
pub use esearch::MultiSearch;
pub use expunge::Expunge;
pub use fetch::{Fetch, Vanished};
pub use get_acl::GetAcl;
pub use get_jmap_access::GetJmapAccess;
pub use get_metadata::{AskedMetadata, GetMetadata};
pub use get_quota_root::GetQuotaRoot;
pub use id::{Id, IdPairs};
pub(crate) use id::{parse_pairs, print_pairs};
pub use idle::Idle;
pub(crate) use list::ListedName;
pub use list::{Form, List, ListReturn, ListSelect, Lsub};
pub use list_rights::ListRights;
pub use login::Login;
pub use logout::Logout;
pub use move_messages::Move;
pub use my_rights::MyRights;
pub use namespace::Namespace;
pub use noop::Noop;
pub use notify::{Event, EventGroup, Filter, Notify};
pub use quota::{GetQuota, SetQuota};
pub use rename::Rename;
pub use replace::Replaces;
pub use search::{Search, SearchReturn};
pub use select::{Access, Qresync, Resync, Select};
pub use set_acl::SetAcl;
pub use set_metadata::SetMetadata;
pub use sort::Sort;
pub use starttls::StartTls;
pub use status::{Status, StatusItem};
pub use store::{Echo, Store};
pub use subscribe::Subscribe;
pub use thread::Thread;
pub use unauthenticate::Unauthenticate;
pub use unselect::Unselect;
pub use unsubscribe::Unsubscribe;

use crate::command::Row;

/// All commands.
pub static TABLE: &[Row] = &[
    append::ROW,
    authenticate::ROW,
    cancel_update::ROW,
    capability::ROW,
    check::ROW,
    close::ROW,
    comparator::ROW,
    compress::ROW,
    copy::ROW,
    create::ROW,
    delete::ROW,
    delete_acl::ROW,
    enable::ROW,
    esearch::ROW,
    select::EXAMINE,
    expunge::ROW,
    fetch::ROW,
    get_acl::ROW,
    get_jmap_access::ROW,
    get_metadata::ROW,
    quota::GET,
    get_quota_root::ROW,
    id::ROW,
    idle::ROW,
    list::LIST,
    list_rights::ROW,
    login::ROW,
    logout::ROW,
    list::LSUB,
    move_messages::ROW,
    my_rights::ROW,
    namespace::ROW,
    noop::ROW,
    notify::ROW,
    rename::ROW,
    replace::ROW,
    search::ROW,
    select::SELECT,
    set_acl::ROW,
    set_metadata::ROW,
    quota::SET,
    sort::ROW,
    starttls::ROW,
    status::ROW,
    store::ROW,
    subscribe::ROW,
    thread::ROW,
    unauthenticate::ROW,
    unselect::ROW,
    unsubscribe::ROW,
];

//! Any octets as a request: refused with a problem that is JSON, or done, and each call has its answer.

use jmap::{Api, Limits, Request, Row, core};

static CORE: [Row<()>; 1] = core::rows();
static TABLES: [&[Row<()>]; 1] = [&CORE];

pub(crate) fn check(octets: &[u8]) {
    let api =
        Api { tables: &TABLES, others: &["urn:ietf:params:jmap:mail"], limits: Limits::default() };
    let request = match Request::read(octets, &api.limits) {
        Ok(request) => request,
        Err(error) => {
            assert!(error.problem()["type"].is_string());
            return;
        }
    };
    let calls = request.calls.len();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    if let Ok(response) = runtime.block_on(api.run(request, &mut (), "s".to_owned())) {
        assert_eq!(response.method_responses.len(), calls);
        serde_json::to_vec(&response).expect("it is JSON");
    }
}

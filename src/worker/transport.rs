//! HTTP out of a Worker: the public internet, or a binding that leads into a private network.

use super::js_error;
use crate::error::{Error, Kind, Result};
use crate::gateway::transport_failure;
use crate::host::{Body, Http, Method, Request, Response};
use futures_util::StreamExt;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, Headers, RequestInit, RequestRedirect};
use worker::{ByteStream, Env, Fetcher};

/// A way to the gateway.
pub enum Transport {
    /// `fetch`, over the public internet.
    Fetch,
    /// A service or VPC binding.
    Binding(Fetcher),
}

impl Transport {
    /// The binding of that name, which `gatelake.toml` asks for.
    pub fn binding(env: &Env, name: &str) -> Result<Transport> {
        env.service(name).map(Transport::Binding).map_err(|_| {
            Error::new(Kind::Config, "missing_binding", format!("the Worker has no service or VPC binding `{name}`"))
                .help(format!("Add the binding `{name}` to wrangler.toml, or set `transport = \"fetch\"`"))
        })
    }
}

/// Ends the request when it is dropped before its body has been read to the end: on a time-out, or when the answer is not
/// wanted. An open connection would count against the six that a Worker may have.
struct Abort(Option<AbortController>);

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

/// The body of a response, as it arrives.
pub struct Incoming {
    stream: Option<ByteStream>,
    abort: Abort,
}

impl Body for Incoming {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        match stream.next().await {
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(error)) => Err(transport_failure(&js_error(error.into()))),
            None => {
                self.stream = None;
                self.abort.0 = None;
                Ok(None)
            }
        }
    }
}

impl Http for Transport {
    type Body = Incoming;

    async fn send(&self, request: Request) -> Result<Response<Incoming>> {
        let (request, abort) = outgoing(&request).map_err(|_| bad_request())?;
        let request = worker::Request::from(request);
        let answer = match self {
            Transport::Fetch => worker::Fetch::Request(request).send().await,
            Transport::Binding(fetcher) => fetcher.fetch_request(request).await,
        };
        let mut answer = answer.map_err(|error| transport_failure(&js_error(error.into())))?;
        Ok(Response {
            status: answer.status_code(),
            headers: answer.headers().entries().map(|(name, value)| (name.to_lowercase(), value)).collect(),
            // An answer without a body has no stream.
            body: Incoming { stream: answer.stream().ok(), abort },
        })
    }
}

fn outgoing(request: &Request) -> std::result::Result<(web_sys::Request, Abort), JsValue> {
    let controller = AbortController::new()?;
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value.reveal())?;
    }
    let init = RequestInit::new();
    init.set_method(match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    });
    init.set_headers(&headers);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&controller.signal()));
    if let Some(body) = &request.body {
        init.set_body(&JsValue::from_str(body.reveal()));
    }
    let request = web_sys::Request::new_with_str_and_init(&request.url, &init)?;
    Ok((request, Abort(Some(controller))))
}

/// The runtime's own words are not passed on: they may quote a header's value.
fn bad_request() -> Error {
    Error::new(Kind::Config, "bad_request", "the request could not be made")
        .help("Check the gateway's base URL and header values for characters that HTTP does not allow")
}

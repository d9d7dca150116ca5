//! `fetch` as a transport: that of a browser or of Node, or one that the caller gives.

use crate::error::{Error, Kind, Result};
use crate::gateway::transport_failure;
use crate::host::{self, Http, Method, Request, Response};
use gloo_net::http::{Headers, RequestBuilder};
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCredentials, RequestRedirect, ResponseType};

/// In a page it reaches only gateways that allow the page's origin (CORS); in Node, any.
pub struct Fetch {
    /// The caller's own, which says why nothing came; the global one does not.
    own: Option<Function>,
}

impl Fetch {
    /// By that function, or by the global `fetch`.
    pub fn by(own: Option<Function>) -> Fetch {
        Fetch { own }
    }

    async fn ask(&self, request: gloo_net::http::Request, place: &str) -> Result<web_sys::Response> {
        let Some(own) = &self.own else {
            let response = request.send().await.map_err(|_| unreachable(place))?;
            return Ok(response.into());
        };
        let failed = |thrown: JsValue| transport_failure(&reason(&thrown));
        let promise = own.call1(&JsValue::UNDEFINED, &web_sys::Request::from(request)).map_err(failed)?;
        let response = JsFuture::from(Promise::resolve(&promise)).await.map_err(failed)?;
        Ok(response.unchecked_into())
    }
}

/// What an error says, and what it says of its cause.
fn reason(thrown: &JsValue) -> String {
    let text = |error: &JsValue| Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    let cause = Reflect::get(thrown, &"cause".into()).ok().and_then(|cause| text(&cause));
    let said: Vec<String> = text(thrown).into_iter().chain(cause).collect();
    if said.is_empty() { "no reason given".into() } else { said.join(": ") }
}

impl Http for Fetch {
    type Body = Body;

    async fn send(&self, request: Request) -> Result<Response<Body>> {
        let place = request.url.split('?').next().unwrap_or_default().to_string();
        let headers = Headers::new();
        // A browser says itself what it is; as a header of ours it would have to be allowed by the gateway.
        let ours = |name: &str| self.own.is_some() || name != "user-agent";
        for (name, value) in request.headers.iter().filter(|(name, _)| ours(name)) {
            headers.set(name, value.reveal());
        }
        let abort = Abort(AbortController::new().ok());
        let builder = RequestBuilder::new(&request.url)
            .method(match request.method {
                Method::Get => gloo_net::http::Method::GET,
                Method::Post => gloo_net::http::Method::POST,
            })
            .headers(headers)
            .abort_signal(abort.0.as_ref().map(AbortController::signal).as_ref())
            .credentials(RequestCredentials::Omit)
            .redirect(RequestRedirect::Manual);
        let built = match &request.body {
            Some(body) => builder.body(body.reveal()),
            None => builder.build(),
        };
        // What the runtime says about a request that it did not take may quote its headers: it is not passed on.
        let built = built
            .map_err(|_| Error::new(Kind::Config, "bad_request", "the request cannot be made").at(place.clone()))?;
        let response = self.ask(built, &place).await?;
        abort.keep();
        if response.type_() == ResponseType::Opaqueredirect {
            return Err(Error::new(
                Kind::Upstream,
                "redirected",
                "the gateway sent the request elsewhere, and the browser does not say where",
            )
            .at(place)
            .help("Use the address that the gateway itself answers at"));
        }
        let reader = response.body().map(|stream| stream.get_reader().unchecked_into());
        Ok(Response {
            status: response.status(),
            headers: Headers::from_raw(response.headers()).entries().collect(),
            body: Body { reader, place },
        })
    }
}

/// Ends the request when nobody waits for its answer any more.
struct Abort(Option<AbortController>);

impl Abort {
    /// The answer has come; from here on its body decides.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

fn unreachable(place: &str) -> Error {
    Error::new(Kind::Transient, "unreachable", "no answer came").at(place).help(
        "Check the address, the certificate and, in a browser, whether the gateway allows requests from other origins",
    )
}

/// A response's body, read as it arrives. Dropping it lets go of the connection.
pub struct Body {
    reader: Option<ReadableStreamDefaultReader>,
    place: String,
}

impl host::Body for Body {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(reader) = &self.reader else { return Ok(None) };
        match JsFuture::from(reader.read()).await.and_then(|read| bytes(&read)) {
            Ok(None) => {
                self.reader = None;
                Ok(None)
            }
            Ok(some) => Ok(some),
            Err(_) => {
                self.reader = None;
                Err(Error::new(Kind::Transient, "cut_body", "the connection broke while the answer was coming in")
                    .at(self.place.clone()))
            }
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            // Nobody waits for the outcome, so nobody needs to hear that there was none.
            let cancelled = reader.cancel();
            wasm_bindgen_futures::spawn_local(async move { drop(JsFuture::from(cancelled).await) });
        }
    }
}

/// `{done, value}` as the reader gives it.
fn bytes(read: &JsValue) -> std::result::Result<Option<Vec<u8>>, JsValue> {
    if Reflect::get(read, &"done".into())?.is_truthy() {
        return Ok(None);
    }
    Ok(Some(Reflect::get(read, &"value".into())?.dyn_into::<Uint8Array>()?.to_vec()))
}

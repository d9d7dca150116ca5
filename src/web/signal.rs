//! The caller's wish that something should end.

use futures_util::future::{Either, pending, select};
use js_sys::Promise;
use std::future::Future;
use std::pin::pin;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

/// What the work comes to; or, as soon as the signal is aborted, its reason as the error. The work is dropped then.
pub async fn unless<T>(signal: Option<AbortSignal>, work: impl Future<Output = T>) -> Result<T, JsValue> {
    match select(pin!(work), pin!(aborted(signal))).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right((reason, _)) => Err(reason),
    }
}

/// When the signal is aborted: its reason. Never, without a signal.
async fn aborted(signal: Option<AbortSignal>) -> JsValue {
    let Some(signal) = signal else { return pending().await };
    let mut listening = Ok(());
    let rings = Promise::new(&mut |done, _| {
        if signal.aborted() {
            let _ = done.call0(&JsValue::NULL);
        } else {
            listening = signal.add_event_listener_with_callback("abort", &done);
        }
    });
    if listening.is_err() {
        return pending().await;
    }
    let _ = JsFuture::from(rings).await;
    signal.reason()
}

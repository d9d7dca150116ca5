//! Clock, waiting, chance and log of a page, its workers, or Node.

use crate::host;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    // A number in browsers, an object in Node.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(done: &Function, ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Its log is the caller's; without one nobody hears anything.
pub struct Host(pub Option<Function>);

/// Does not ring when nobody waits for it any more: each chunk of a body has one.
struct Timer(JsValue);

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.0);
    }
}

impl host::Host for Host {
    fn now(&self) -> i64 {
        js_sys::Date::now() as i64
    }

    async fn sleep(&self, ms: u64) {
        let mut timer = None;
        let rings = Promise::new(&mut |done, _| timer = Some(Timer(set_timeout(&done, ms as f64))));
        // It is never rejected.
        let _ = JsFuture::from(rings).await;
        drop(timer);
    }

    fn random(&self) -> u64 {
        // 2^53 steps are plenty for jitter.
        (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
    }

    fn log(&self, line: &str) {
        // Whether the caller can keep its log is the caller's affair.
        let _ = self.0.as_ref().map(|log| log.call1(&JsValue::UNDEFINED, &line.into()));
    }
}

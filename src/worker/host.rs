//! Clock, waiting, chance and log of a Worker.

use crate::host;
use std::time::Duration;

#[derive(Clone, Copy, Default)]
pub struct Host;

impl host::Host for Host {
    /// In production the clock stands still while no I/O happens.
    fn now(&self) -> i64 {
        worker::Date::now().as_millis() as i64
    }

    async fn sleep(&self, ms: u64) {
        worker::Delay::from(Duration::from_millis(ms)).await;
    }

    fn random(&self) -> u64 {
        // 2^53 steps are plenty for jitter and for telling attempts apart; ids that matter come from contents.
        (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
    }

    fn log(&self, line: &str) {
        worker::console_log!("{line}");
    }
}

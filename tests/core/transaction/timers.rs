//! Every duration follows from T1 and T2.

use patchcord::time::Duration;
use patchcord::transaction::Timers;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(t1: u64, t2: u64) -> Timers {
    Timers { t1: Duration::from_millis(t1), t2: Duration::from_millis(t2), ..Timers::default() }
}

#[test]
fn tx_01_the_long_timers_are_64_times_t1() {
    for (t1, long) in [(500, 32_000), (100, 6_400), (2_000, 128_000)] {
        let timers = with(t1, 4_000);
        for timer in [timers.b(), timers.f(), timers.h(), timers.l(), timers.m()] {
            assert_eq!(timer, Duration::from_millis(long));
        }
    }
}

#[test]
fn tx_07_the_automatic_100_comes_when_timer_e_would_reach_t2() {
    for (t1, t2, sum) in [
        (500, 4_000, 3_500),
        (1_000, 4_000, 3_000),
        (100, 4_000, 6_300),
        (500, 4_001, 7_500),
        (500, 3_999, 3_500),
        (4_000, 4_000, 4_000),
        (9_000, 4_000, 9_000),
        (0, 4_000, 0),
    ] {
        assert_eq!(with(t1, t2).non_invite_100(), Duration::from_millis(sum), "T1 = {t1}, T2 = {t2}");
    }
}

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gatelake_fuzz::parquet::target(data));

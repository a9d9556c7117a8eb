//! gatehouse.toml as written, then as checked; every fault at once with file, line and hint.

mod model;

pub use model::{
    BareNewline, Config, DkimConfig, FailureChoice, HopTls, KeysConfig, Limits, Listen, MilterConfig,
    Network, NextHop, NoticesConfig, OnFailure, RelayClient, RelayConfig, TenantSecret, TlsFiles,
    WorkingKeySource,
};

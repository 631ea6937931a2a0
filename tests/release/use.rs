//! Uses the crate `heirloom-verify` as a service does, outside the workspace. `scripts/dist-test` runs it.

use heirloom_verify::{Refusal, Verifier};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [url, token, user] = ["HEIRLOOM_URL", "HEIRLOOM_TOKEN", "HEIRLOOM_USER"].map(std::env::var);
    let verifier = Verifier::builder(&url?).start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let token = token?;
    let session = runtime.block_on(verifier.verify(&token)).map_err(|refusal| format!("{refusal:?}"))?;
    assert_eq!(session.user_id.to_string(), user?);
    assert!(matches!(runtime.block_on(verifier.verify(&format!("{token}x"))), Err(Refusal::Invalid)));
    println!("heirloom-verify for Rust verifies");
    Ok(())
}

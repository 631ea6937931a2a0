//! Names of hosts.

/// A host name, in lower case and without the dot at the end.
pub(super) fn host_name(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.split('.').all(is_label) {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(format!("contains {text:?}, which must be a host name without a port, such as heirloom.internal"))
    }
}

/// A part of a host name (RFC 1123 §2.1). Names in containers may have an underscore.
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

//! Notices: mails that inform the owner of an account of something that has happened to it. The operator can turn each off.

use super::stored_text::stored_as_text;

/// What a notice is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// An old refresh token was replayed.
    ReuseDetected,
    /// A login from a device that is not known.
    NewDevice,
    PasswordChanged,
    /// To the present address, when another one is to take its place.
    EmailChangeRequested,
    /// To the former address, with a link that undoes the change.
    EmailChanged,
    AccountDisabled,
}

stored_as_text!(
    Notice,
    "notice",
    ReuseDetected = "reuse_detected",
    NewDevice = "new_device",
    PasswordChanged = "password_changed",
    EmailChangeRequested = "email_change_requested",
    EmailChanged = "email_changed",
    AccountDisabled = "account_disabled",
);

#[cfg(test)]
mod tests {
    use super::Notice;

    #[test]
    fn a_notice_is_named_in_settings_as_its_template_is() {
        let names: Vec<&str> = Notice::ALL.iter().map(|notice| notice.as_str()).collect();
        assert_eq!(names, Notice::NAMES);
        for notice in Notice::ALL {
            assert_eq!(notice.as_str().parse::<Notice>().ok(), Some(*notice));
        }
    }
}

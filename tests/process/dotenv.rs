//! `.env` comes from the working directory, from a file that no other user can change, and means what it says.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use super::home::Home;
use super::serving::Serving;

/// A user of the machine that is neither root nor, most likely, the one of the tests.
const SOMEBODY: u32 = 65_534;

const WRONG: &str = "HEIRLOOM_BASE_PATH=from-file\n";

#[test]
fn a_file_further_up_is_of_another_project() {
    let home = Home::new();
    fs::write(home.here("../.env"), WRONG).unwrap();
    let ended = home.run(&["check-config"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
}

#[test]
fn a_file_that_others_can_change_is_refused_with_what_to_do() {
    let home = Home::new();
    let file = home.here(".env");
    fs::write(&file, "HEIRLOOM_ISSUER=heirloom\n").unwrap();
    let refused = |remedy: &str| {
        for command in ["check-config", "serve", "--version"] {
            let ended = home.run(&[command]);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{command}: {ended:?}");
            assert!(ended.stderr.contains(&format!("{} ", file.display())), "{ended:?}");
            assert!(ended.stderr.contains(remedy), "{ended:?}");
        }
    };
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    refused("chmod go-w");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(home.run(&["check-config"]).code, Some(0));
    if rustix::process::geteuid().is_root() {
        chown(&file, Some(SOMEBODY), None).unwrap();
        refused("chown");
        chown(&file, Some(0), Some(SOMEBODY)).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
        refused("chmod go-w");
    }
}

#[test]
fn a_directory_of_this_name_is_no_file_of_settings_and_a_link_is_followed() {
    let home = Home::new();
    fs::create_dir(home.here(".env")).unwrap();
    assert_eq!(home.run(&["check-config"]).code, Some(0));
    fs::remove_dir(home.here(".env")).unwrap();
    fs::write(home.here("settings"), WRONG).unwrap();
    symlink(home.here("settings"), home.here(".env")).unwrap();
    assert_eq!(home.run(&["check-config"]).code, Some(2));
}

#[test]
fn the_file_that_was_read_is_told_by_its_path() {
    let home = Home::new();
    fs::write(home.here(".env"), "HEIRLOOM_ISSUER=heirloom\n").unwrap();
    let path = home.here(".env").display().to_string();
    let checked = home.run(&["check-config"]);
    assert!(checked.code == Some(0) && checked.stdout.contains(&path), "{checked:?}");
    let serving = Serving::start(&home);
    assert!(serving.stops().stderr.contains(&format!("path={path}")));
}

/// The last character decides whether the whole value was read: it makes the setting wrong, and the error quotes it.
#[test]
fn dollars_quotes_and_hashes_are_a_part_of_the_value() {
    let home = Home::new();
    for (line, value) in [
        ("pa$$word$HOME${HOME}", "pa$$word$HOME${HOME}"),
        ("\"pa$HOME\" # comment", "pa$HOME"),
        ("'pa\"ss#w$rd' # comment", "pa\\\"ss#w$rd"),
        ("pa#ss # comment", "pa#ss"),
        ("'it'\\''s'", "it's"),
        ("\"a \\\"b\\\" \\$HOME\"", "a \\\"b\\\" $HOME"),
    ] {
        fs::write(home.here(".env"), format!("HEIRLOOM_BASE_PATH={line}\n")).unwrap();
        let ended = home.run(&["check-config"]);
        assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
        assert!(ended.stderr.contains(&format!(" \"{value}\" ")), "{line}: {ended:?}");
    }
}

#[test]
fn a_file_with_values_over_several_lines_of_another_program_is_read() {
    let home = Home::new();
    fs::write(home.here(".env"), "export KEY=\"-----BEGIN\n'=x\n-----END\"\nHEIRLOOM_BASE_PATH=from-file").unwrap();
    assert!(home.run(&["check-config"]).stderr.contains("\"from-file\""));
}

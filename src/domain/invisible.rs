//! Invisible characters. They make two different texts look alike, or control a terminal.

/// The code points with the property Default_Ignorable_Code_Point of Unicode, which no version takes away from one. The
/// signs that change the direction of writing are among them.
const IGNORABLE: [(char, char); 17] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character is a control character, a separator of lines, or ignorable. The annotations U+FFF9 to U+FFFB
/// count as well.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        || IGNORABLE.iter().any(|&(first, last)| (first..=last).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::is_invisible;

    #[test]
    fn letters_of_every_script_are_visible_and_signs_of_direction_are_not() {
        for c in "aé ß सा ب א 例 🦀 ı\u{301}-._'".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
        for c in "\0\n\u{1b}\u{7f}\u{85}\u{ad}\u{200b}\u{200d}\u{200e}\u{202e}\u{2066}\u{2069}\u{2028}\u{feff}\u{e0041}"
            .chars()
        {
            assert!(is_invisible(c), "{c:?}");
        }
    }
}

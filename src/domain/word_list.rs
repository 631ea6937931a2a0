//! A sorted list of words in one text. Looking words up needs neither memory nor time at the start.

/// Words, one on each line, sorted by bytes and followed by a newline each.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordList(&'static str);

/// The most common passwords of eight characters or more, and the words that the others are made of. `scripts/common-passwords`
/// writes it.
pub(super) const COMMON: WordList = WordList::new(include_str!("common_passwords.txt"));

/// The words that begin alike: a range of whole lines, with as many bytes as they share.
#[derive(Clone, Copy)]
struct Alike {
    low: usize,
    high: usize,
    depth: usize,
}

impl WordList {
    /// The list of the words of `text`.
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// Whether `word` is a word of the list.
    pub fn contains(self, word: &str) -> bool {
        let all = Some(self.all());
        let found = word.bytes().fold(all, |alike, byte| alike.and_then(|alike| self.narrowed(alike, byte)));
        found.is_some_and(|alike| self.begins_with_a_word(alike))
    }

    /// Calls `found` with the length of every word that `text` can begin with, in characters. `readings` gives the
    /// characters that a character of `text` may stand for, in the list's spelling.
    pub fn beginnings(self, text: &[char], readings: impl Fn(char) -> &'static str, found: &mut impl FnMut(usize)) {
        let mut alike = vec![(self.all(), 0)];
        while let Some((so_far, length)) = alike.pop() {
            if length > 0 && self.begins_with_a_word(so_far) {
                found(length);
            }
            let Some(&typed) = text.get(length) else { continue };
            let mut follow = |letter: char| {
                let bytes = letter.encode_utf8(&mut [0; 4]).bytes().collect::<Vec<_>>();
                let next = bytes.into_iter().try_fold(so_far, |alike, byte| self.narrowed(alike, byte));
                alike.extend(next.map(|next| (next, length + 1)));
            };
            follow(typed);
            readings(typed).chars().for_each(follow);
        }
    }

    /// All words.
    #[cfg(test)]
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        self.0.lines()
    }

    fn all(self) -> Alike {
        Alike { low: 0, high: self.0.len(), depth: 0 }
    }

    /// The shortest of the words comes first, and has no byte beyond the shared ones.
    fn begins_with_a_word(self, alike: Alike) -> bool {
        self.0.as_bytes().get(alike.low + alike.depth) == Some(&b'\n')
    }

    /// Those of the words that go on with `byte`.
    fn narrowed(self, alike: Alike, byte: u8) -> Option<Alike> {
        // A newline would lead from a word into the next one.
        if byte <= b'\n' {
            return None;
        }
        let low = self.first_from(alike, byte);
        let high = self.first_from(Alike { low, ..alike }, byte + 1);
        (low < high).then_some(Alike { low, high, depth: alike.depth + 1 })
    }

    /// Where the words begin that go on with `byte` or a greater one.
    fn first_from(self, alike: Alike, byte: u8) -> usize {
        let list = self.0.as_bytes();
        let (mut low, mut high) = (alike.low, alike.high);
        while low < high {
            let middle = low + (high - low) / 2;
            let start = list[low..middle].iter().rposition(|&b| b == b'\n').map_or(low, |at| low + at + 1);
            let end = list[middle..].iter().position(|&b| b == b'\n').map_or(list.len(), |at| middle + at);
            // A word that ends here has a newline, which sorts before every byte of a word.
            if list.get(start + alike.depth).is_some_and(|&next| next < byte) {
                low = end + 1;
            } else {
                high = start;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::WordList;

    const LIST: WordList = WordList::new("an\nant\nanthem\nbee\nbé\nto\n");

    fn beginnings(text: &str) -> Vec<usize> {
        let text: Vec<char> = text.chars().collect();
        let mut found = Vec::new();
        LIST.beginnings(&text, |c| if c == '0' { "o" } else { "" }, &mut |length| found.push(length));
        found.sort_unstable();
        found
    }

    #[test]
    fn every_word_is_found_and_nothing_else() {
        for word in LIST.words() {
            assert!(LIST.contains(word), "{word}");
            for other in [format!("{word}s"), format!("{word}\n"), format!("\n{word}"), word[1..].to_owned()] {
                assert!(!LIST.contains(&other), "{other:?}");
            }
        }
        assert!(!LIST.contains("") && !LIST.contains("an\nant"));
    }

    #[test]
    fn every_word_that_a_text_can_begin_with_is_found_in_each_reading() {
        assert_eq!(beginnings("anthems"), [2, 3, 6]);
        assert_eq!(beginnings("béant"), [2]);
        assert_eq!(beginnings("t0day"), [2]);
        assert_eq!(beginnings("b0"), [0; 0]);
        assert_eq!(beginnings(""), [0; 0]);
    }
}

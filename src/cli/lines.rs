//! Lines of a file that may be long, in constant memory.

use std::io::{self, BufRead};

/// The lines of `source`, of which a line that is too long is cut.
pub(super) struct Lines<R> {
    source: R,
    limit: usize,
    line: Vec<u8>,
    /// How many bytes were read.
    pub position: u64,
}

impl<R: BufRead> Lines<R> {
    /// Keeps `limit` bytes of a line and one more, which shows that the line is longer.
    pub fn new(source: R, limit: usize) -> Self {
        Self { source, limit, line: Vec::new(), position: 0 }
    }

    /// The next line, without what ends it.
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut is_begun = false;
        loop {
            let read = match self.source.fill_buf() {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = &read[..end.unwrap_or(read.len())];
            let space = (self.limit + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(space)]);
            is_begun |= !read.is_empty();
            let is_last = read.is_empty();
            let used = end.map_or(read.len(), |end| end + 1);
            self.source.consume(used);
            self.position += used as u64;
            if end.is_some() || is_last {
                break;
            }
        }
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        Ok(is_begun.then_some(line))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::Lines;

    fn lines(text: &str, limit: usize, buffer: usize) -> (Vec<String>, u64) {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, text.as_bytes()), limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push(String::from_utf8(line.to_vec()).unwrap());
        }
        (found, lines.position)
    }

    #[test]
    fn lines_are_the_same_however_they_are_read_and_a_long_one_is_cut() {
        for buffer in [1, 2, 3, 5, 100] {
            let text = "abc\n\nabcdefghij\r\nde\r\nf";
            assert_eq!(lines(text, 5, buffer), (["abc", "", "abcdef", "de", "f"].map(str::to_owned).to_vec(), 22));
            assert_eq!(lines("", 5, buffer), (Vec::new(), 0));
            assert_eq!(lines("a\n", 5, buffer), (vec!["a".to_owned()], 2));
        }
    }
}

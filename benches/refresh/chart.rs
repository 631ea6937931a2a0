//! A bar chart, as SVG that is good to read in light and dark.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const LABELS: f64 = 170.0;
const VALUES: f64 = 80.0;
const BAR: f64 = 26.0;
const STEP: f64 = 36.0;
const TOP: f64 = 52.0;

/// One bar for each name and value.
pub fn bars(title: &str, bars: &[(String, f64)]) -> String {
    let most = bars.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let height = TOP + STEP * bars.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"14\">\n<style>text {{ fill: #1f2328 }} .ours {{ fill: #2f6f4f }} \
         .theirs {{ fill: #8a94a0 }} @media (prefers-color-scheme: dark) {{ text {{ fill: #e6e8eb }} .ours {{ fill: #5fb48a }} \
         .theirs {{ fill: #6b7580 }} }}</style>\n<text x=\"0\" y=\"24\" font-size=\"18\" font-weight=\"600\">{title}</text>\n"
    );
    for (n, (name, value)) in bars.iter().enumerate() {
        let (y, class) = (TOP + STEP * n as f64, if name.starts_with('/') { "ours" } else { "theirs" });
        let (length, middle) = ((WIDTH - LABELS - VALUES) * value / most, y + BAR * 0.7);
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"{middle:.0}\">{name}</text><rect class=\"{class}\" x=\"{LABELS}\" y=\"{y:.0}\" \
             width=\"{length:.1}\" height=\"{BAR}\" rx=\"3\"/><text x=\"{:.1}\" y=\"{middle:.0}\">{}</text>",
            LABELS + length + 8.0,
            grouped(*value)
        );
    }
    svg + "</svg>\n"
}

/// With a space between thousands.
fn grouped(value: f64) -> String {
    let (thousands, rest) = ((value as u64) / 1000, (value as u64) % 1000);
    if thousands > 0 { format!("{thousands} {rest:03}") } else { rest.to_string() }
}

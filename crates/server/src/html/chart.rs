//! Charts as SVG, with their numbers as a table for those who do not see them. Colors come from the style sheet.

use maud::{Markup, Render, html};

const WIDTH: i64 = 640;
const HEIGHT: i64 = 200;
const LEFT: i64 = 56;
const BOTTOM: i64 = 24;
const TOP: i64 = 10;
/// More labels than these do not fit below.
const LABELS_MAX: usize = 8;

/// What a chart shows of each point.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Bars,
    Line,
}

/// A chart of whole numbers over periods.
pub(crate) struct Chart {
    title: String,
    unit: &'static str,
    points: Vec<(String, i64)>,
    shape: Shape,
}

impl Chart {
    /// What happened in each period.
    pub(crate) fn bars(title: impl Into<String>, unit: &'static str, points: Vec<(String, i64)>) -> Self {
        Self {
            title: title.into(),
            unit,
            points,
            shape: Shape::Bars,
        }
    }

    /// What there was at each moment.
    pub(crate) fn line(title: impl Into<String>, unit: &'static str, points: Vec<(String, i64)>) -> Self {
        Self {
            title: title.into(),
            unit,
            points,
            shape: Shape::Line,
        }
    }

    fn drawing(&self) -> Markup {
        let (least, most) = self.points.iter().fold((0, 0), |(least, most), (_, value)| {
            (least.min(*value), most.max(*value))
        });
        let steps = steps(least, most);
        let (low, high) = (steps.first().copied().unwrap_or(0), steps.last().copied().unwrap_or(1));
        let span = (high - low).max(1);
        let plot = HEIGHT - TOP - BOTTOM;
        let y = |value: i64| TOP + scale(high - value, plot, span);
        let count = i64::try_from(self.points.len().max(1)).unwrap_or(1);
        let x = |at: usize| LEFT + scale(i64::try_from(at).unwrap_or(0), WIDTH - LEFT, count);
        let width = ((WIDTH - LEFT) / count).max(1);
        let every = self.points.len().div_ceil(LABELS_MAX).max(1);
        let path: Vec<String> = self
            .points
            .iter()
            .enumerate()
            .map(|(at, (_, value))| format!("{},{}", x(at) + width / 2, y(*value)))
            .collect();
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(self.words()) {
                @for step in &steps {
                    line.grid x1=(LEFT) x2=(WIDTH) y1=(y(*step)) y2=(y(*step)) {}
                    text.scale x=(LEFT - 6) y=(y(*step) + 4) text-anchor="end" { (short(*step)) }
                }
                @if self.shape == Shape::Bars {
                    @for (at, (label, value)) in self.points.iter().enumerate() {
                        @let (top, foot) = (y((*value).max(0)), y((*value).min(0)));
                        rect.bar x=(x(at) + width / 8) y=(top) width=((width * 3 / 4).max(1)) height=(foot - top) rx="2" {
                            title { (label) ": " (grouped(*value)) }
                        }
                    }
                } @else {
                    polyline.line points=(path.join(" ")) {}
                    @for (at, (label, value)) in self.points.iter().enumerate() {
                        circle.dot cx=(x(at) + width / 2) cy=(y(*value)) r="3" { title { (label) ": " (grouped(*value)) } }
                    }
                }
                @for (at, (label, _)) in self.points.iter().enumerate().step_by(every) {
                    text.scale x=(x(at) + width / 2) y=(HEIGHT - 6) text-anchor="middle" { (label) }
                }
            }
        }
    }

    /// The chart in a sentence.
    fn words(&self) -> String {
        let most = self.points.iter().max_by_key(|(_, value)| *value);
        match (self.points.first(), self.points.last(), most) {
            (Some(first), Some(last), Some(most)) => format!(
                "{}, {} to {}: highest {} {} in {}, last {}",
                self.title,
                first.0,
                last.0,
                grouped(most.1),
                self.unit,
                most.0,
                grouped(last.1)
            ),
            _ => format!("{}: nothing yet", self.title),
        }
    }
}

impl Render for Chart {
    fn render(&self) -> Markup {
        html! {
            figure.chart {
                figcaption { (self.title) " " span.soft { "(" (self.unit) ")" } }
                @if self.points.iter().all(|(_, value)| *value == 0) {
                    p.empty { "Nothing yet." }
                } @else {
                    (self.drawing())
                    details {
                        summary { "The numbers" }
                        table {
                            caption { (self.title) }
                            thead { tr { th scope="col" { "Period" } th.number scope="col" { (self.unit) } } }
                            tbody {
                                @for (label, value) in &self.points {
                                    tr { th scope="row" { (label) } td.number { (grouped(*value)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn scale(value: i64, length: i64, span: i64) -> i64 {
    let product = i128::from(value) * i128::from(length) / i128::from(span.max(1));
    i64::try_from(product).unwrap_or(0)
}

/// Round numbers that enclose both ends: 1, 2 or 5 times a power of ten apart, four or five of them.
fn steps(least: i64, most: i64) -> Vec<i64> {
    let span = most.saturating_sub(least).max(1);
    let mut step = 1_i64;
    for factor in [2, 5, 10].iter().cycle() {
        if span / step < 4 || step > i64::MAX / 20 {
            break;
        }
        let power = power_below(step);
        step = power * factor;
    }
    let first = least.div_euclid(step) * step;
    let mut marks = vec![first];
    let mut mark = first;
    while mark < most {
        mark += step;
        marks.push(mark);
    }
    if marks.len() < 2 {
        marks.push(mark + step);
    }
    marks
}

/// The greatest power of ten that is smaller than or equal to `step`.
fn power_below(step: i64) -> i64 {
    let mut power = 1;
    while power <= step / 10 {
        power *= 10;
    }
    power
}

/// `1.2 M` for the scale.
fn short(value: i64) -> String {
    let size = value.unsigned_abs();
    let sign = if value < 0 { "−" } else { "" };
    for (unit, letter) in [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")] {
        if size >= unit {
            let tenths = size % unit * 10 / unit;
            return if tenths == 0 {
                format!("{sign}{}{letter}", size / unit)
            } else {
                format!("{sign}{}.{tenths}{letter}", size / unit)
            };
        }
    }
    format!("{sign}{size}")
}

/// `1,234,567`.
pub(crate) fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_few_round_numbers_that_enclose_all_values() {
        assert_eq!(steps(0, 0), [0, 1]);
        assert_eq!(steps(0, 37), [0, 10, 20, 30, 40]);
        assert_eq!(steps(0, 6), [0, 2, 4, 6]);
        assert_eq!(steps(-120, 260), [-200, -100, 0, 100, 200, 300]);
        let most = steps(0, i64::MAX / 40);
        assert!(most.len() < 12, "{most:?}");
    }

    #[test]
    fn numbers_are_grouped_and_shortened() {
        assert_eq!(
            (grouped(1_234_567), grouped(-12), grouped(999)),
            ("1,234,567".into(), "−12".into(), "999".into())
        );
        assert_eq!(
            (short(1_200_000), short(50), short(-3_000)),
            ("1.2M".into(), "50".into(), "−3k".into())
        );
    }
}

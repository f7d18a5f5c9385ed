//! Markdown tables whose columns line up, so that they read well on a terminal too.

/// To which side a column leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table of these columns and rows.
pub(crate) fn markdown(columns: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, (name, _))| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            cells.map(|cell| cell.chars().count()).chain([name.len(), 3]).max().unwrap_or_default()
        })
        .collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let padded = |cells: Vec<&str>| {
        let cells = cells.into_iter().zip(columns).zip(&widths);
        line(
            cells
                .map(|((cell, (_, align)), width)| match align {
                    Align::Left => format!("{cell:<width$}"),
                    Align::Right => format!("{cell:>width$}"),
                })
                .collect(),
        )
    };
    let rule = columns.iter().zip(&widths).map(|((_, align), width)| match align {
        Align::Left => "-".repeat(*width),
        Align::Right => format!("{}:", "-".repeat(width - 1)),
    });
    let mut text = padded(columns.iter().map(|(name, _)| *name).collect());
    text += &line(rule.collect());
    for row in rows {
        text += &padded(row.iter().map(String::as_str).collect());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Align, markdown};

    #[test]
    fn columns_line_up() {
        let rows =
            [vec!["login".to_owned(), "7".to_owned()], vec!["é".to_owned(), "12345".to_owned()]];
        assert_eq!(
            markdown(&[("work", Align::Left), ("ms", Align::Right)], &rows),
            "| work  |    ms |\n\
             | ----- | ----: |\n\
             | login |     7 |\n\
             | é     | 12345 |\n"
        );
    }
}

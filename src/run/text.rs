//! A run's record for people: log lines, and the command line's report.

use crate::lake::record::{ResourceReport, RunRecord, TableReport};
use crate::normalize::Warning;
use crate::parquet::timestamp;
use std::fmt;

impl RunRecord {
    /// One line.
    pub fn headline(&self) -> String {
        let snapshot = self.snapshot.as_deref().unwrap_or("none");
        let error =
            self.error.as_ref().map(|error| format!(": {} [{}]", error.message, error.code)).unwrap_or_default();
        format!("{}: run {} {}, snapshot {snapshot}{error}", self.dataset, self.id, self.outcome.name())
    }

    /// The whole record: outcome, resources, tables, warnings, costs.
    pub fn to_text(&self) -> String {
        let seconds = (self.finished_at - self.started_at) as f64 / 1000.0;
        let mut lines =
            vec![self.headline(), format!("scheduled for {}, took {seconds:.1} s", time(self.scheduled_time))];
        lines.extend(self.resources.iter().map(|resource| format!("  {resource}")));
        if !self.tables.is_empty() {
            let width = self.tables.iter().map(|table| table.name.len()).max().unwrap_or(0).max("table".len());
            lines.push(row(width, ["table", "before", "rows", "columns", "files", "bytes"]));
            lines.extend(self.tables.iter().map(|table| table_line(width, table)));
        }
        lines.extend(self.warnings.iter().map(warning_line));
        let o = self.operations;
        lines.push(format!(
            "  {} requests to the gateway; store: {} gets, {} heads, {} puts, {} lists, {} deletes, and this record\n",
            self.requests, o.get, o.head, o.put, o.list, o.delete
        ));
        lines.join("\n")
    }
}

fn row(width: usize, [name, before, rows, columns, files, bytes]: [&str; 6]) -> String {
    format!("  {name:width$} {before:>10} {rows:>10} {columns:>8} {files:>6} {bytes:>12}")
}

fn table_line(width: usize, table: &TableReport) -> String {
    let before = table.rows_before.map_or("-".into(), |rows| rows.to_string());
    let numbers = [table.rows, table.columns, table.files, table.bytes].map(|number| number.to_string());
    let [rows, columns, files, bytes] = &numbers;
    let mut line = row(width, [&table.name, &before, rows, columns, files, bytes]);
    match table.rows_before {
        None => line.push_str("  new"),
        Some(_) if table.changed => line.push_str("  changed"),
        Some(_) => {}
    }
    if table.rows_before.is_some() && !table.new_columns.is_empty() {
        line.push_str(&format!(", with new columns {}", table.new_columns.join(", ")));
    }
    if let Some(stale) = &table.stale {
        line.push_str(&format!("  stale since {} [{}]", time(stale.since), stale.code));
    }
    line
}

fn warning_line(warning: &Warning) -> String {
    let Warning { code, table, column, message, count } = warning;
    let place = if column.is_empty() { table.clone() } else { format!("{table}.{column}") };
    let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
    format!("  warning: {place}: {message} [{code}]{times}")
}

fn time(ms: i64) -> String {
    timestamp(ms.saturating_mul(1000), true)
}

/// One line.
impl fmt::Display for ResourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ResourceReport { name, rows, pages, bytes, requests, .. } = self;
        match &self.error {
            Some(error) => write!(f, "{name}: failed, what was there stays: {} [{}]", error.message, error.code),
            None => write!(f, "{name}: {rows} rows, {pages} pages, {bytes} bytes, {requests} requests"),
        }
    }
}

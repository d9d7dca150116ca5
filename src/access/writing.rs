//! A review → its table, as a load like any other: the same types, row ids, digests and files.

use super::TABLE;
use super::review::Review;
use crate::error::{Error, Kind, Result};
use crate::normalize::hints::Hint;
use crate::normalize::schema::{DataType, Schema};
use crate::normalize::{Load, Options, Select};

/// Rows that a review may have: a user has one for every folder with every key.
const MAX_ROWS: usize = 4_000_000;

/// The columns and their types, said beforehand: a column in which nobody has a value is there all the same.
const COLUMNS: [(&str, DataType); 20] = [
    ("user", DataType::Text),
    ("user_type", DataType::Text),
    ("enabled", DataType::Bool),
    ("uses_password", DataType::Bool),
    ("home_folder", DataType::Text),
    ("folder", DataType::Text),
    ("permission", DataType::Text),
    ("cloud_connection", DataType::Text),
    ("allowed_ips", DataType::Text),
    ("key_name", DataType::Text),
    ("key_type", DataType::Text),
    ("key_bits", DataType::Bigint),
    ("key_fingerprint", DataType::Text),
    ("key_created", DataType::Text),
    ("disabled_keys", DataType::Bigint),
    ("last_login", DataType::Text),
    ("user_expires", DataType::Text),
    ("key_expires", DataType::Text),
    ("findings", DataType::Text),
    ("not_provided", DataType::Text),
];

/// A review whose table is being made.
pub struct Writing {
    review: Review,
    load: Load,
    /// The user whose rows come next, and how many of them were written.
    user: usize,
    row: usize,
    begun: bool,
}

impl Writing {
    /// `schema`: what the last such load left; `load_id`: for `_dlt_load_id`.
    ///
    /// # Errors
    /// `review_too_large`; those of [`Load::new`].
    pub fn new(review: Review, schema: Schema, load_id: &str) -> Result<Writing> {
        let rows = review.users.iter().fold(0usize, |rows, user| rows.saturating_add(review.rows_of(user)));
        if rows > MAX_ROWS {
            let message = format!("the access review would have {rows} rows, more than {MAX_ROWS}");
            return Err(Error::new(Kind::Limit, "review_too_large", message)
                .help("Query the tables themselves: somebody has very many folders and keys"));
        }
        let hint = |(name, data_type): (&str, DataType)| Hint {
            name: name.to_owned(),
            data_type: Some(data_type),
            ..Hint::default()
        };
        let options = Options { columns: COLUMNS.map(hint).into(), ..Options::default() };
        let mut load = Load::new(TABLE, options, schema, load_id)?;
        load.begin_body(Select::Root)?;
        Ok(Writing { review, load, user: 0, row: 0, begun: false })
    }

    /// Writes some `rows` more into the load, and says whether there may be others. Take the load's parts after each call.
    ///
    /// # Errors
    /// Those of [`Load::feed`].
    pub fn step(&mut self, rows: usize) -> Result<bool> {
        let mut json = Vec::new();
        let mut left = rows;
        while let Some(user) = self.review.users.get(self.user).filter(|_| left > 0) {
            let shown = self.review.shown(user);
            let keys = user.keys.len().max(1);
            let all = keys * shown.places.len().max(1);
            let end = all.min(self.row.saturating_add(left));
            for number in self.row..end {
                json.push(if self.begun { b',' } else { b'[' });
                self.begun = true;
                let row = self.review.row(user, &shown, number / keys, number % keys);
                serde_json::to_writer(&mut json, &row).map_err(|error| {
                    Error::new(Kind::Data, "not_serializable", format!("a row of the access review: {error}"))
                })?;
            }
            left -= end - self.row;
            (self.user, self.row) = if end == all { (self.user + 1, 0) } else { (self.user, end) };
        }
        let more = self.user < self.review.users.len();
        if !more {
            json.extend_from_slice(if self.begun { b"]" } else { b"[]" });
        }
        self.load.feed(&json)?;
        if !more {
            self.load.end_body()?;
        }
        Ok(more)
    }

    /// The load: for its parts, and to finish it when there are no more rows.
    pub fn load(&mut self) -> &mut Load {
        &mut self.load
    }

    /// What is being written.
    pub fn review(&self) -> &Review {
        &self.review
    }
}

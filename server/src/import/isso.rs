//! Isso's database, a SQLite file with the tables `threads` and `comments`. Its texts are Markdown as it was typed. Isso has
//! no other export; the JSON that it reads is for others to come to it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{Each, Malformed, OldComment, Standing, plain};

/// `mode` of a comment that everyone sees.
const ACCEPTED: i64 = 1;
/// … that waits for its owner …
const PENDING: i64 = 2;
/// … and that was deleted, of which replies keep the row.
const DELETED: i64 = 4;
/// Moments that a comment can have been written at, in seconds: 1990 to 2200.
const MOMENTS: std::ops::Range<f64> = 631_152_000.0..7_258_118_400.0;

pub(super) fn read(path: &Path, each: &mut Each<'_>) -> Result<(), Malformed> {
    let no_database = |_| {
        Malformed::whole("is not a database of Isso: expected SQLite with its tables threads and comments")
    };
    // Not what a manipulated file says that views and triggers should do.
    let db =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(no_database)?;
    db.pragma_update(None, "trusted_schema", false).map_err(no_database)?;
    let mut comments = db
        .prepare(
            "select comments.id, comments.tid, comments.parent, comments.created, comments.mode, comments.text,
               comments.email, comments.author
             from comments
             join threads on threads.id = comments.tid
             order by comments.id",
        )
        .map_err(no_database)?;
    let mut rows = comments.query([]).map_err(no_database)?;
    while let Some(row) =
        rows.next().map_err(|_| Malformed::whole("is damaged: not all of its comments can be read"))?
    {
        let id: i64 = row.get(0).map_err(|_| Malformed::whole("comments.id: is no number"))?;
        let wrong =
            |column: &'static str| move |_| Malformed::whole(format!("comment {id}: {column}: is of no use"));
        let created: f64 = row.get(3).map_err(wrong("created"))?;
        if !MOMENTS.contains(&created) {
            return Err(Malformed::whole(format!("comment {id}: created: is no moment of this time")));
        }
        let mode: i64 = row.get(4).map_err(wrong("mode"))?;
        let text: Option<String> = row.get(5).map_err(wrong("text"))?;
        let email: Option<String> = row.get(6).map_err(wrong("email"))?;
        let author: Option<String> = row.get(7).map_err(wrong("author"))?;
        each(OldComment {
            thread: row.get::<_, i64>(1).map_err(wrong("tid"))?.to_string(),
            parent: row.get::<_, Option<i64>>(2).map_err(wrong("parent"))?.map(|parent| parent.to_string()),
            user: [email, author].into_iter().flatten().find(|name| !name.is_empty()),
            sent_at: (created * 1_000.0) as i64,
            text: plain::of_markdown(&text.unwrap_or_default()),
            standing: match mode {
                ACCEPTED => Standing::Approved,
                PENDING => Standing::Waiting,
                DELETED => Standing::LeftOut("was deleted"),
                _ => Standing::LeftOut("is in a state that Isso does not have"),
            },
            ..OldComment::new(id.to_string())
        })?;
    }
    Ok(())
}

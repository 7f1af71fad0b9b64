//! Remark42's backup: JSON Lines, as of its version 1.15; the first line is an object with the format's version, each other
//! one a comment, whose `text` is the HTML that was shown.

use serde::Deserialize;

use super::input::Input;
use super::plain::{self, Breaks};
use super::{Each, Malformed, OldComment, Standing, json, moment};

/// The version of the format that is read; backups before there was one say 0.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Head {
    version: u32,
}

#[derive(Deserialize)]
struct Comment {
    id: String,
    #[serde(default)]
    pid: String,
    text: String,
    #[serde(default)]
    user: User,
    locator: Locator,
    time: String,
    #[serde(default)]
    delete: bool,
}

#[derive(Default, Deserialize)]
struct User {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Locator {
    url: String,
}

pub(super) fn read(mut input: Input, each: &mut Each<'_>) -> Result<(), Malformed> {
    let place = input.place();
    let mut line = Vec::new();
    if !input.next_line(&mut line).map_err(|error| Malformed::io(place.line(), &error))? {
        return Err(Malformed::new(1, "is empty; expected a backup of Remark42"));
    }
    let head: Head = json::line(&line, 1)?;
    if head.version > VERSION {
        let what =
            format!("is of version {} of Remark42's backup; this program reads {VERSION}", head.version);
        return Err(Malformed::new(1, what));
    }
    loop {
        let number = place.line();
        if !input.next_line(&mut line).map_err(|error| Malformed::io(number, &error))? {
            return Ok(());
        }
        let comment: Comment = json::line(&line, number)?;
        let sent_at = moment::of_text(&comment.time)
            .ok_or_else(|| Malformed::new(number, "time: is no moment such as 2019-03-02T15:04:05Z"))?;
        each(OldComment {
            line: Some(number),
            thread: comment.locator.url,
            parent: Some(comment.pid).filter(|pid| !pid.is_empty()),
            user: Some(comment.user.id).filter(|user| !user.is_empty() && user != "deleted"),
            sent_at,
            text: plain::of_html(&comment.text, Breaks::Spaces),
            standing: if comment.delete { Standing::LeftOut("was deleted") } else { Standing::Approved },
            ..OldComment::new(comment.id)
        })?;
    }
}

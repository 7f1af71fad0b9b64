//! WordPress's comments: its export (WXR, XML with a `<wp:comment>` for each in the `<item>` of its page), or what its REST
//! interface answers to `wp/v2/comments`, as an array or one comment a line.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::input::{Input, Place};
use super::plain::{self, Breaks};
use super::xml::{Record, Shape, each_record};
use super::{Each, Malformed, OldComment, Standing, json, moment};

const SHAPE: Shape = Shape {
    root: "rss",
    // Followed by the version, 1.0 to 1.2 so far; the elements of comments are the same in all.
    namespace: b"http://wordpress.org/export/",
    record: "comment",
    group: "item",
    wanted: &[
        "comment_id",
        "comment_parent",
        "comment_user_id",
        "comment_author",
        "comment_author_email",
        "comment_date",
        "comment_date_gmt",
        "comment_approved",
        "comment_type",
        "comment_content",
    ],
};

pub(super) fn read(mut input: Input, each: &mut Each<'_>) -> Result<(), Malformed> {
    match input.first_byte().map_err(|error| Malformed::io(1, &error))? {
        Some(b'<') => each_record(input, &SHAPE, &mut |record| each(of_export(&record)?)),
        Some(b'[') => read_array(input, each),
        Some(b'{') => read_lines(input, each),
        _ => Err(Malformed::new(1, "is neither an export of WordPress nor a list of its comments in JSON")),
    }
}

fn of_export(record: &Record) -> Result<OldComment, Malformed> {
    let id = record
        .text("comment_id")
        .ok_or_else(|| Malformed::new(record.line, "<wp:comment> has no <wp:comment_id>"))?;
    let sent_at = ["comment_date_gmt", "comment_date"]
        .into_iter()
        .find_map(|name| moment::of_text(record.text(name)?))
        .ok_or_else(|| {
            let what = "<wp:comment_date_gmt>: is no moment such as 2019-03-02 15:04:05";
            Malformed::new(record.line, what)
        })?;
    let user = record
        .text("comment_user_id")
        .filter(|id| *id != "0")
        .or_else(|| record.text("comment_author_email"))
        .or_else(|| record.text("comment_author"));
    Ok(OldComment {
        line: Some(record.line),
        thread: record.group.to_string(),
        parent: record.text("comment_parent").filter(|parent| *parent != "0").map(str::to_owned),
        user: user.map(str::to_owned),
        sent_at,
        // As it was typed, with the tags that WordPress allows; it makes the line breaks when it shows them.
        text: plain::of_html(record.raw("comment_content").unwrap_or_default(), Breaks::Typed),
        standing: standing(
            record.text("comment_approved").unwrap_or_default(),
            record.text("comment_type").unwrap_or_default(),
        ),
        ..OldComment::new(id.to_owned())
    })
}

fn standing(approved: &str, kind: &str) -> Standing {
    if !matches!(kind, "" | "comment") {
        return Standing::LeftOut("is no comment of a person: a pingback or the like");
    }
    match approved {
        "1" | "approved" => Standing::Approved,
        "spam" => Standing::LeftOut("is spam"),
        "trash" | "post-trashed" => Standing::LeftOut("was deleted"),
        _ => Standing::Waiting,
    }
}

/// A comment as the REST interface gives it.
#[derive(Deserialize)]
struct Comment {
    id: u64,
    post: u64,
    parent: u64,
    #[serde(default)]
    author: u64,
    #[serde(default)]
    author_email: String,
    #[serde(default)]
    author_name: String,
    date_gmt: String,
    content: Content,
    /// Only administrators are given others than approved ones.
    #[serde(default = "approved")]
    status: String,
    #[serde(default, rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Content {
    rendered: String,
}

fn approved() -> String {
    "approved".to_owned()
}

fn of_rest(comment: Comment, line: u64) -> Result<OldComment, Malformed> {
    let sent_at = moment::of_text(&comment.date_gmt)
        .ok_or_else(|| Malformed::new(line, "date_gmt: is no moment such as 2019-03-02T15:04:05"))?;
    let user = match comment.author {
        0 => [comment.author_email, comment.author_name].into_iter().find(|name| !name.is_empty()),
        id => Some(id.to_string()),
    };
    Ok(OldComment {
        line: Some(line),
        thread: comment.post.to_string(),
        parent: (comment.parent != 0).then(|| comment.parent.to_string()),
        user,
        sent_at,
        text: plain::of_html(&comment.content.rendered, Breaks::Spaces),
        standing: standing(&comment.status, &comment.kind),
        ..OldComment::new(comment.id.to_string())
    })
}

fn read_lines(mut input: Input, each: &mut Each<'_>) -> Result<(), Malformed> {
    let place = input.place();
    let mut line = Vec::new();
    loop {
        let number = place.line();
        if !input.next_line(&mut line).map_err(|error| Malformed::io(number, &error))? {
            return Ok(());
        }
        each(of_rest(json::line(&line, number)?, number)?)?;
    }
}

/// Reads the array element by element; it is never in the memory as a whole.
fn read_array(input: Input, each: &mut Each<'_>) -> Result<(), Malformed> {
    let place = input.place();
    let mut stopped = None;
    let mut json = serde_json::Deserializer::from_reader(input);
    let list = Elements { place: place.clone(), each, stopped: &mut stopped };
    let read = list.deserialize(&mut json).and_then(|()| json.end());
    match (stopped, read) {
        (Some(stopped), _) => Err(stopped),
        (None, read) => read.map_err(|error| json::malformed(place.line(), ".", &error)),
    }
}

struct Elements<'a, 'b> {
    place: Place,
    each: &'a mut Each<'b>,
    /// Why the reading was ended from this side, if it was.
    stopped: &'a mut Option<Malformed>,
}

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of comments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            self.place.next_piece();
            let line = self.place.line();
            let Some(comment) = list.next_element::<Comment>()? else { break };
            if let Err(error) = of_rest(comment, line).and_then(|comment| (self.each)(comment)) {
                *self.stopped = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        // Nothing can follow; serde asks for the end itself.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

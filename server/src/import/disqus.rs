//! Disqus's export: XML with a `<thread>` for each page and a `<post>` for each comment, whose `<message>` is HTML.

use super::input::Input;
use super::plain::{self, Breaks};
use super::xml::{Record, Shape, each_record};
use super::{Each, Malformed, OldComment, Standing, moment};

const SHAPE: Shape = Shape {
    root: "disqus",
    namespace: b"http://disqus.com",
    record: "post",
    group: "",
    wanted: &[
        "message",
        "createdAt",
        "isDeleted",
        "isSpam",
        "isApproved",
        "author/username",
        "author/email",
        "author/name",
        "thread@id",
        "parent@id",
    ],
};

pub(super) fn read(input: Input, each: &mut Each<'_>) -> Result<(), Malformed> {
    each_record(input, &SHAPE, &mut |post| each(comment(&post)?))
}

fn comment(post: &Record) -> Result<OldComment, Malformed> {
    let needed = |what: Option<&str>, name: &str| {
        let missing = || Malformed::new(post.line, format!("<post> has no {name}"));
        what.map(str::to_owned).ok_or_else(missing)
    };
    let is = |name: &str| post.text(name) == Some("true");
    let created_at = needed(post.text("createdAt"), "<createdAt>")?;
    let standing = if is("isDeleted") {
        Standing::LeftOut("was deleted")
    } else if is("isSpam") {
        Standing::LeftOut("is spam")
    } else if post.text("isApproved") == Some("false") {
        Standing::Waiting
    } else {
        Standing::Approved
    };
    let user =
        ["author/username", "author/email", "author/name"].into_iter().find_map(|name| post.text(name));
    Ok(OldComment {
        line: Some(post.line),
        thread: needed(post.text("thread@id"), "<thread dsq:id>")?,
        parent: post.text("parent@id").map(str::to_owned),
        user: user.map(str::to_owned),
        sent_at: moment::of_text(&created_at).ok_or_else(|| {
            Malformed::new(post.line, "<createdAt>: is no moment such as 2019-03-02T15:04:05Z")
        })?,
        text: plain::of_html(post.raw("message").unwrap_or_default(), Breaks::Spaces),
        standing,
        ..OldComment::new(needed(post.id.as_deref(), "dsq:id")?)
    })
}

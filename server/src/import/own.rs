//! What `export --format jsonl` wrote: the first line says the format, each other one is a post or a reply.

use peer_support_domain::post::State;
use serde::Deserialize;

use super::input::Input;
use super::{Each, Malformed, OldComment, Own, Standing, json};
use crate::export::{FORMAT, VERSION};
use crate::store::ExportedItem;

#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

pub(super) fn read(mut input: Input, each: &mut Each<'_>) -> Result<(), Malformed> {
    let place = input.place();
    let mut line = Vec::new();
    if !input.next_line(&mut line).map_err(|error| Malformed::io(1, &error))? {
        return Err(Malformed::new(1, "is empty; expected what `export` writes"));
    }
    let head: Head = json::line(&line, 1)?;
    if (head.format.as_str(), head.version) != (FORMAT, VERSION) {
        return Err(Malformed::new(1, format!("is not version {VERSION} of the format {FORMAT}")));
    }
    loop {
        let number = place.line();
        if !input.next_line(&mut line).map_err(|error| Malformed::io(number, &error))? {
            return Ok(());
        }
        let item: ExportedItem = json::line(&line, number)?;
        if item.kind.is_some() != item.topic.is_some() || item.kind.is_some() == item.post.is_some() {
            return Err(Malformed::new(
                number,
                "has to be a post, with kind and topic, or a reply, with its post",
            ));
        }
        each(OldComment {
            line: Some(number),
            thread: item.post.unwrap_or(item.id).to_string(),
            parent: item.post.map(|post| post.to_string()),
            user: item.author.map(|author| author.to_string()),
            sent_at: item.created_at,
            text: item.text,
            standing: match item.state {
                State::Published => Standing::Approved,
                State::Held => Standing::Waiting,
                State::Declined => Standing::LeftOut("was declined"),
                State::Hidden => Standing::LeftOut("was hidden"),
                State::Deleted => Standing::LeftOut("was deleted"),
            },
            own: Some(Own {
                kind: item.kind,
                topic: item.topic,
                lang: item.lang,
                notes: item.notes,
                is_example: item.is_example,
                is_owners: item.is_owners,
            }),
            ..OldComment::new(item.id.to_string())
        })?;
    }
}

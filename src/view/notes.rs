//! Content notes, as their author chooses them.

use peer_support_domain::note::{ContentNote, ContentNotes};

use crate::dom::{El, classed, el};
use crate::locale::{Locale, NOTES, tr};
use crate::signal::Signal;

/// The name of a note.
pub fn note_name(t: Locale, note: ContentNote) -> String {
    t.by_name(NOTES, note.as_str()).unwrap_or_default()
}

/// Which of them hold for the words, folded until somebody wants it.
pub fn choose_notes(t: Locale, notes: Signal<ContentNotes>) -> El {
    let option = |note: ContentNote| {
        let input = el("input")
            .attr("type", "checkbox")
            .attr_some("checked", notes.now().contains(note).then_some(""))
            .on("change", move |_| notes.update(|notes| *notes = notes.with(note, !notes.contains(note))));
        classed("label", "option").child(input).child(el("span").text(&note_name(t, note)))
    };
    let name = tr!(t, "notes-title");
    classed("details", "more")
        .attr_some("open", (!notes.now().is_empty()).then_some(""))
        .child(el("summary").text(&name))
        .child(
            classed("fieldset", "kinds")
                .child(classed("legend", "unseen").text(&name))
                .child(classed("p", "hint").text(&tr!(t, "notes-hint")))
                .child(classed("div", "options").children(ContentNote::ALL.map(option))),
        )
}

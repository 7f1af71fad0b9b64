//! XML that others wrote, one element at a time. Documents with a type declaration are refused, so no entity is ever expanded
//! besides the five of XML and numbers.

use quick_xml::NsReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::Malformed;
use super::input::Input;

/// Elements inside each other; the exports read here have at most six.
const DEPTH: usize = 64;

/// What to look for in a document.
pub(super) struct Shape {
    /// The name of the root.
    pub root: &'static str,
    /// How the namespace begins that the elements are in.
    pub namespace: &'static [u8],
    /// The element that holds one comment.
    pub record: &'static str,
    /// Elements around records that tell them apart; in no namespace.
    pub group: &'static str,
    /// Which texts of the record are kept, by their path in it, such as `author/username`; `thread@id` is an attribute.
    pub wanted: &'static [&'static str],
}

/// One element.
#[derive(Default)]
pub(super) struct Record {
    /// The line of its start tag.
    pub line: u64,
    /// The number of its group, counted from 1; 0 outside of groups.
    pub group: u64,
    /// Its attribute `id`.
    pub id: Option<String>,
    texts: Vec<(&'static str, String)>,
}

impl Record {
    /// The text at `path`, trimmed; `None` when it is not there or empty.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.raw(path).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text at `path` as it stands.
    pub(super) fn raw(&self, path: &str) -> Option<&str> {
        self.texts.iter().find(|(there, _)| *there == path).map(|(_, text)| text.as_str())
    }
}

/// Hands each record over, in the document's order.
pub(super) fn each_record(
    input: Input,
    shape: &Shape,
    each: &mut dyn FnMut(Record) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let place = input.place();
    let mut reader = NsReader::from_reader(input);
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut depth = 0_usize;
    let mut has_root = false;
    let mut n_groups = 0;
    let mut is_in_group = None;
    let mut record: Option<(usize, Record)> = None;
    // The names inside of the record, of those in the shape's namespace; others are empty.
    let mut path: Vec<String> = Vec::new();
    loop {
        buffer.clear();
        place.next_piece();
        let line = place.line();
        let wrong = |what: String| Malformed::new(line, what);
        let (namespace, event) =
            reader.read_resolved_event_into(&mut buffer).map_err(|e| broken(line, &e))?;
        let is_ours = match namespace {
            ResolveResult::Bound(namespace) => namespace.as_ref().starts_with(shape.namespace),
            _ => shape.namespace.is_empty(),
        };
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > DEPTH {
                    return Err(wrong(format!("has more than {DEPTH} elements inside each other")));
                }
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                if depth == 1 {
                    if name != shape.root {
                        return Err(wrong(format!("the first element is not <{}>", shape.root)));
                    }
                    has_root = true;
                } else if let Some((_, record)) = &mut record {
                    path.push(if is_ours { name } else { String::new() });
                    if let Some(wanted) = wanted(shape, &format!("{}@id", path.join("/"))) {
                        record.texts.extend(id(&start, line)?.map(|id| (wanted, id)));
                    }
                    if let Some(wanted) = wanted(shape, &path.join("/")) {
                        record.texts.push((wanted, String::new()));
                    }
                } else if is_ours && name == shape.record {
                    let id = id(&start, line)?;
                    let group = if is_in_group.is_some() { n_groups } else { 0 };
                    record = Some((depth, Record { line, group, id, texts: Vec::new() }));
                } else if !is_ours && name == shape.group && is_in_group.is_none() {
                    n_groups += 1;
                    is_in_group = Some(depth);
                }
            }
            Event::End(_) => {
                if let Some((_, whole)) = record.take_if(|(start, _)| *start == depth) {
                    each(whole)?;
                } else if record.is_some() {
                    path.pop();
                }
                is_in_group = is_in_group.filter(|&start| start != depth);
                // The reader refuses an end without its start.
                depth = depth.saturating_sub(1);
            }
            Event::Text(text) => {
                let text = text.xml10_content().map_err(|_| wrong("is not UTF-8".to_owned()))?;
                if depth == 0 && !text.trim().is_empty() {
                    return Err(wrong("has text outside of its first element".to_owned()));
                }
                add(&mut record, &path, shape, &text);
            }
            Event::CData(text) => {
                let text = text.xml10_content().map_err(|_| wrong("is not UTF-8".to_owned()))?;
                add(&mut record, &path, shape, &text);
            }
            Event::GeneralRef(reference) => {
                let unknown = || wrong("names an entity that XML does not have".to_owned());
                let of_number = reference.resolve_char_ref().map_err(|_| unknown())?;
                let name = reference.decode().map_err(|_| unknown())?;
                match of_number {
                    Some(c) => add(&mut record, &path, shape, c.encode_utf8(&mut [0; 4])),
                    None => add(&mut record, &path, shape, resolve_xml_entity(&name).ok_or_else(unknown)?),
                }
            }
            Event::DocType(_) => {
                let what = "has a document type, which none of these exports has and which is never read";
                return Err(wrong(what.to_owned()));
            }
            Event::Eof if depth > 0 => return Err(wrong("ends in the middle of an element".to_owned())),
            Event::Eof if !has_root => return Err(wrong(format!("has no element <{}>", shape.root))),
            Event::Eof => return Ok(()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn wanted(shape: &Shape, path: &str) -> Option<&'static str> {
    shape.wanted.iter().find(|wanted| **wanted == path).copied()
}

/// Adds to the text of the innermost element, when that is wanted.
fn add(record: &mut Option<(usize, Record)>, path: &[String], shape: &Shape, text: &str) {
    let Some((_, record)) = record else { return };
    if let Some(wanted) = wanted(shape, &path.join("/"))
        && let Some((_, there)) = record.texts.iter_mut().rfind(|(there, _)| *there == wanted)
    {
        there.push_str(text);
    }
}

/// The attribute `id`, in whatever namespace.
fn id(start: &BytesStart<'_>, line: u64) -> Result<Option<String>, Malformed> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Malformed::new(line, "has an attribute that is no XML"))?;
        if attribute.key.local_name().as_ref() == b"id" {
            return Ok(Some(String::from_utf8_lossy(&attribute.value).into_owned()));
        }
    }
    Ok(None)
}

/// Names the kind of error: its own words may repeat what stood there.
fn broken(line: u64, error: &quick_xml::Error) -> Malformed {
    let what = match error {
        quick_xml::Error::Io(error) => return Malformed::io(line, error),
        quick_xml::Error::Encoding(_) => "is not UTF-8",
        quick_xml::Error::IllFormed(_) => {
            "is no XML: an element, a reference or a comment is not closed where it should be"
        }
        _ => "is no XML",
    };
    Malformed::new(line, what)
}

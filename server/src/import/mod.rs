//! Import of what people wrote in another system: read twice, stored beside everything else, and shown all at once at the end.
//!
//! The first reading finds every mistake of the file and who answers whom, the second stores. Ids come from a key of this
//! import, so a run that was cut short is simply run again: what is stored already is not stored twice.

mod disqus;
mod index;
mod input;
mod isso;
mod json;
mod key;
pub(crate) mod moment;
mod own;
mod plain;
mod remark42;
mod wordpress;
mod xml;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{POST_GRAPHEMES, REPLY_GRAPHEMES};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::{Kind, State};
use peer_support_domain::site::{LanguageTag, SiteId, TopicId};
use peer_support_domain::text::{InvalidText, PostText, ReplyText, parts};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{Sender, channel};

use self::index::Index;
use self::input::Input;
use self::key::ImportKey;
use crate::clock::{Clock, Random};
use crate::store::{ImportedItem, NewImport, Store};

/// Items of one transaction, so that a running server can write in between.
const BATCH_ITEMS: usize = 500;
/// Batches that may wait for the store.
const N_WAITING: usize = 4;
/// Bytes of one comment's text: longer is no comment, and is left out.
const COMMENT_BYTES: usize = 256 * 1024;
/// How often it is said how far it went.
const SAY_EVERY: u64 = 2_000;
const MINUTE_MS: i64 = 60_000;

/// Where the file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// Remark42's backup.
    Remark42,
    /// Isso's database.
    Isso,
    /// Disqus's export.
    Disqus,
    /// WordPress's export, or its comments as JSON.
    Wordpress,
    /// What `export --format jsonl` wrote.
    PeerSupport,
}

/// What becomes of a text that is too long for a post or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TooLong {
    /// Its further parts become replies of the same author.
    Split,
    /// It is left out.
    Skip,
}

/// What to import, and as what.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// Where it comes from.
    pub source: Source,
    /// Where it goes.
    pub site: SiteId,
    /// The topic of all posts that name none.
    pub topic: TopicId,
    /// The topics that posts may name.
    pub topics: Vec<TopicId>,
    /// What all posts are for that do not say it.
    pub kind: Kind,
    /// Whether what was approved is published; otherwise all is held.
    pub is_publishing: bool,
    /// What becomes of texts that are too long.
    pub too_long: TooLong,
    /// Only read it and say what would come of it.
    pub is_trial: bool,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Posts.
    pub n_posts: u64,
    /// Replies, further parts of long texts among them.
    pub n_replies: u64,
    /// How many of both everyone can read.
    pub n_published: u64,
    /// Comments that were cut into parts.
    pub n_split: u64,
    /// Comments that were left out; the report names each.
    pub n_left_out: u64,
}

/// How an import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is there.
    Imported(Summary),
    /// It was only read.
    Tried(Summary),
    /// This file was imported to this site before; nothing was added.
    Before {
        /// When.
        at: i64,
    },
}

/// Why a file cannot be imported: where, and what was expected. It never repeats what people wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    line: Option<u64>,
    what: String,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Malformed {
    fn new(line: u64, what: impl Into<String>) -> Self {
        Self { line: Some(line), what: what.into() }
    }

    /// About a file that has no lines.
    fn whole(what: impl Into<String>) -> Self {
        Self { line: None, what: what.into() }
    }

    fn io(line: u64, error: &io::Error) -> Self {
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends in the middle".to_owned(),
            _ => error.to_string(),
        };
        Self::new(line, what)
    }
}

/// A comment as another system kept it, its text already plain.
struct OldComment {
    line: Option<u64>,
    id: String,
    /// Ids are unique within it.
    thread: String,
    /// The id of what it answers.
    parent: Option<String>,
    /// Who wrote it, whatever that system knows them by: only to tell people of one thread apart.
    user: Option<String>,
    sent_at: i64,
    text: String,
    standing: Standing,
    /// What only our own format has.
    own: Option<Own>,
}

impl OldComment {
    fn new(id: String) -> Self {
        Self {
            line: None,
            id,
            thread: String::new(),
            parent: None,
            user: None,
            sent_at: 0,
            text: String::new(),
            standing: Standing::Waiting,
            own: None,
        }
    }

    /// For the report.
    fn place(&self) -> String {
        let id: String = self.id.chars().filter(|c| !c.is_control()).take(60).collect();
        self.line.map_or_else(|| format!("comment {id}"), |line| format!("line {line}, comment {id}"))
    }
}

/// What a comment was in the system it comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Everyone could read it.
    Approved,
    /// It waited for somebody to read it.
    Waiting,
    /// It is not imported, because.
    LeftOut(&'static str),
}

struct Own {
    kind: Option<Kind>,
    topic: Option<TopicId>,
    lang: Option<LanguageTag>,
    notes: ContentNotes,
    is_example: bool,
    is_owners: bool,
}

/// Takes the comments of a file, in its order.
type Each<'a> = dyn FnMut(OldComment) -> Result<(), Malformed> + 'a;

fn read(request: &Request, each: &mut Each<'_>) -> Result<(), Malformed> {
    if request.source == Source::Isso {
        return isso::read(&request.file, each);
    }
    let input = Input::open(&request.file).map_err(|error| Malformed::io(1, &error))?;
    match request.source {
        Source::Remark42 => remark42::read(input, each),
        Source::Disqus => disqus::read(input, each),
        Source::Wordpress => wordpress::read(input, each),
        Source::PeerSupport => own::read(input, each),
        Source::Isso => unreachable!("it was read above"),
    }
}

/// Imports a file, or goes on with an import of it that was cut short.
///
/// `report` gets a line for each comment that is left out or cut; `say` is told how far it went.
///
/// # Errors
///
/// When the file is malformed, and then nothing was stored; when it was begun with other choices, or changed meanwhile.
pub async fn import(
    store: &Arc<dyn Store>,
    data: &Path,
    request: Request,
    clock: &Clock,
    random: &Random,
    report: impl Write + Send + 'static,
    say: impl Fn(&str) + Send + Sync + Clone + 'static,
) -> anyhow::Result<Outcome> {
    let name = request.file.display().to_string();
    let file_hash = hash(&request.file).with_context(|| format!("{name} cannot be read"))?;
    let key_file = ImportKey::file(data, request.site.as_str(), &file_hash);
    let choices = choices(&request);
    let begun = match request.is_trial {
        true => None,
        false => store.import_of(request.site.clone(), file_hash).await?,
    };
    if let Some(finished_at) = begun.as_ref().and_then(|begun| begun.finished_at) {
        // A run that was killed right after the end left it.
        ImportKey::destroy(&key_file).with_context(|| format!("{} cannot be removed", key_file.display()))?;
        return Ok(Outcome::Before { at: finished_at });
    }
    let key = match &begun {
        Some(begun) => {
            ensure!(
                begun.choices == choices,
                "the import of {name} was begun with other choices ({}): finish it with them, or --abandon it",
                begun.choices
            );
            let key = ImportKey::read(&key_file).filter(|key| Some(key.hash()) == begun.key_hash);
            key.with_context(|| {
                let file = key_file.display();
                format!(
                    "the import of {name} cannot go on without its key {file}: --abandon it, and begin again"
                )
            })?
        }
        None if request.is_trial => ImportKey::for_now(random),
        None => ImportKey::draw(&key_file, random)
            .with_context(|| format!("{} cannot be written", key_file.display()))?,
    };

    let key = Arc::new(key);
    let request = Arc::new(request);
    let indexed = {
        let (request, key, say) = (Arc::clone(&request), Arc::clone(&key), say.clone());
        tokio::task::spawn_blocking(move || first_reading(&request, &key, &say)).await?
    };
    let index = match indexed {
        Ok(index) => index,
        Err(error) => {
            if begun.is_none() && !request.is_trial {
                ImportKey::destroy(&key_file)?;
            }
            return Err(error.context(format!("{name} was not imported")));
        }
    };

    let import = if request.is_trial {
        None
    } else {
        let new = NewImport {
            site: request.site.clone(),
            file_hash,
            key_hash: key.hash(),
            choices,
            begun_at: clock.now_ms(),
        };
        Some(store.begin_import(new).await?)
    };
    let (batches, mut received) = channel::<Vec<ImportedItem>>(N_WAITING);
    let reading = {
        let (request, key) = (Arc::clone(&request), Arc::clone(&key));
        tokio::task::spawn_blocking(move || second_reading(&request, &key, &index, &batches, report))
    };
    let mut n_stored = 0;
    let mut failed = None;
    while let Some(batch) = received.recv().await {
        let Some(import) = import else { continue };
        let n_items = batch.len() as u64;
        if let Err(error) = store.stage_import(import, batch).await {
            failed = Some(error);
            break;
        }
        n_stored += n_items;
        if n_stored / SAY_EVERY > (n_stored - n_items) / SAY_EVERY {
            say(&format!("stored {n_stored}"));
        }
    }
    drop(received);
    let summary = reading.await?;
    if let Some(error) = failed {
        return Err(error).context("what was read could not be stored; run it again");
    }
    let summary = summary.with_context(|| format!("{name} was not imported"))?;
    let Some(import) = import else { return Ok(Outcome::Tried(summary)) };
    if hash(&request.file)? != file_hash {
        store.abandon_import(import).await?;
        ImportKey::destroy(&key_file)?;
        bail!("{name} changed while it was read; nothing was imported");
    }
    say(&format!("stored {n_stored}, showing all at once"));
    store.finish_import(import, summary.n_posts + summary.n_replies, clock.now_ms()).await?;
    ImportKey::destroy(&key_file).with_context(|| format!("{} cannot be removed", key_file.display()))?;
    Ok(Outcome::Imported(summary))
}

/// What an import of `request.file` would store, in the order of the file, without a store: its items, what came of it, and the
/// report. For tests that read thousands of files a second.
///
/// # Errors
///
/// When the file is malformed.
pub fn rehearse(request: &Request, random: &Random) -> anyhow::Result<(Vec<ImportedItem>, Summary, String)> {
    let key = ImportKey::for_now(random);
    let index = first_reading(request, &key, &|_| {})?;
    let (batches, mut received) = channel::<Vec<ImportedItem>>(N_WAITING);
    std::thread::scope(|threads| {
        let collecting = threads.spawn(move || {
            let mut items = Vec::new();
            while let Some(batch) = received.blocking_recv() {
                items.extend(batch);
            }
            items
        });
        let mut report = Vec::new();
        let summary = second_reading(request, &key, &index, &batches, &mut report);
        drop(batches);
        let items = collecting.join().map_err(|_| anyhow::anyhow!("what collects the items panicked"))?;
        Ok((items, summary?, String::from_utf8(report)?))
    })
}

/// Takes back what unfinished imports to `site` stored, texts and all: that of `file`, or every one. Of a finished one only
/// the record goes, so that the file may be imported again. Returns how many imports and how many items went.
///
/// # Errors
///
/// When the store fails, the file cannot be read, or no import of it was ever begun.
pub async fn abandon(
    store: &Arc<dyn Store>,
    data: &Path,
    site: &SiteId,
    file: Option<&Path>,
) -> anyhow::Result<(usize, u64)> {
    let imports = match file {
        None => store.unfinished_imports(site.clone()).await?,
        Some(file) => {
            let file_hash = hash(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let import = store.import_of(site.clone(), file_hash).await?;
            vec![import.with_context(|| format!("no import of {} to {site} was begun", file.display()))?]
        }
    };
    let mut n_items = 0;
    for import in &imports {
        n_items += store.abandon_import(import.id).await?;
        ImportKey::destroy(&ImportKey::file(data, site.as_str(), &import.file_hash))?;
    }
    Ok((imports.len(), n_items))
}

/// What must be the same when an import goes on.
fn choices(request: &Request) -> String {
    let Request { source, topic, kind, is_publishing, too_long, .. } = request;
    let source = source.to_possible_value().expect("none is hidden");
    let too_long = too_long.to_possible_value().expect("none is hidden");
    let publish = if *is_publishing { " --publish" } else { "" };
    format!(
        "--from {} --topic {topic} --kind {kind} --too-long {}{publish}",
        source.get_name(),
        too_long.get_name()
    )
}

fn hash(file: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(file)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            n_bytes => hash.update(&buffer[..n_bytes]),
        }
    }
}

/// Reads all of the file, so that a mistake at its end is found before anything is stored.
fn first_reading(request: &Request, key: &ImportKey, say: &dyn Fn(&str)) -> anyhow::Result<Index> {
    let index = Index::new()?;
    let mut n_comments = 0;
    let mut failed = None;
    let read = read(request, &mut |old| {
        if let Some(topic) = old.own.as_ref().and_then(|own| own.topic.as_ref())
            && !request.topics.contains(topic)
        {
            let what = format!("{}: the site has no topic {topic}", old.place());
            return Err(Malformed { line: None, what });
        }
        let is_kept = match (&old.parent, old.standing) {
            (_, Standing::LeftOut(_)) => false,
            (None, _) => texts(&old.text, true, request.too_long).is_ok(),
            (Some(_), _) => true,
        };
        let id = key.item(&old.thread, &old.id);
        let parent = old.parent.as_ref().map(|parent| key.item(&old.thread, parent));
        if let Err(error) = index.add(n_comments, id, parent, old.sent_at, is_kept) {
            failed = Some(error);
            return Err(Malformed::whole("cannot be indexed"));
        }
        n_comments += 1;
        Ok(())
    });
    if let Some(error) = failed {
        return Err(error).context("the list of comments, in the folder for temporary files");
    }
    read?;
    index.settle()?;
    say(&format!("read {n_comments} comments, none malformed"));
    Ok(index)
}

fn second_reading(
    request: &Request,
    key: &ImportKey,
    index: &Index,
    batches: &Sender<Vec<ImportedItem>>,
    mut report: impl Write,
) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    let mut number = 0;
    let mut batch = Vec::with_capacity(BATCH_ITEMS);
    let mut failed = None;
    let read = read(request, &mut |old| {
        let items = index
            .place(number, key.item(&old.thread, &old.id))
            .map(|place| items(request, key, &old, &place));
        number += 1;
        let done = match items {
            Err(error) => Err(anyhow::Error::from(error)),
            Ok(Err(why)) => {
                summary.n_left_out += 1;
                writeln!(report, "{}: left out: {why}", old.place()).context("the report cannot be written")
            }
            Ok(Ok(items)) => {
                let n_parts = items.len();
                for item in items {
                    summary.n_posts += u64::from(item.post.is_none());
                    summary.n_replies += u64::from(item.post.is_some());
                    summary.n_published += u64::from(item.state == State::Published);
                    batch.push(item);
                }
                let is_sent =
                    batch.len() < BATCH_ITEMS || batches.blocking_send(std::mem::take(&mut batch)).is_ok();
                if !is_sent {
                    Err(anyhow::anyhow!("the store takes no more"))
                } else if n_parts > 1 {
                    summary.n_split += 1;
                    let written = writeln!(report, "{}: too long: cut into {n_parts} parts", old.place());
                    written.context("the report cannot be written")
                } else {
                    Ok(())
                }
            }
        };
        done.map_err(|error| {
            failed = Some(error);
            Malformed::whole("stopped")
        })
    });
    match failed {
        Some(error) => return Err(error),
        None => read?,
    }
    report.flush().context("the report cannot be written")?;
    if !batch.is_empty() {
        batches.blocking_send(batch).ok().context("the store takes no more")?;
    }
    Ok(summary)
}

/// What becomes of one comment, or why nothing does.
fn items(
    request: &Request,
    key: &ImportKey,
    old: &OldComment,
    place: &index::Place,
) -> Result<Vec<ImportedItem>, String> {
    if let Standing::LeftOut(why) = old.standing {
        return Err(why.to_owned());
    }
    if !place.is_first {
        return Err("the same comment came before".to_owned());
    }
    let is_post = old.parent.is_none();
    let texts = texts(&old.text, is_post, request.too_long)?;
    let post = match place.post {
        None => return Err("the comment it answers is not in the file".to_owned()),
        Some(_) if !place.has_post => return Err("the comment that began its thread was left out".to_owned()),
        Some(post) => post,
    };
    let id = key.item(&old.thread, &old.id);
    let author = match &old.user {
        Some(user) => Some(key.author(post, &format!("user {user}"))),
        // Nobody knows whose it is, but that its parts are of one person.
        None => (texts.len() > 1).then(|| key.author(post, &format!("item {id}"))),
    };
    let created_at = match old.own {
        Some(_) => old.sent_at,
        // The minute, and within it only the order.
        None => old.sent_at.div_euclid(MINUTE_MS) * MINUTE_MS + place.nth.min(MINUTE_MS - 1),
    };
    let is_public = request.is_publishing && old.standing == Standing::Approved;
    let item = |number: usize, text: String| {
        let id = if number == 0 { id } else { key.part(id, number) };
        let place: (Option<ItemId>, _) = if is_post && number == 0 {
            let own = old.own.as_ref();
            let kind = own.and_then(|own| own.kind).unwrap_or(request.kind);
            let topic = own.and_then(|own| own.topic.clone()).unwrap_or_else(|| request.topic.clone());
            (None, Some((kind, topic)))
        } else {
            (Some(post), None)
        };
        ImportedItem {
            id,
            post: place.0,
            topic: place.1,
            text,
            lang: old.own.as_ref().and_then(|own| own.lang.clone()),
            notes: old.own.as_ref().map(|own| own.notes).unwrap_or_default(),
            author,
            recovery: key.recovery(id),
            created_at,
            state: if is_public { State::Published } else { State::Held },
            is_example: old.own.as_ref().is_some_and(|own| own.is_example),
            is_owners: old.own.as_ref().is_some_and(|own| own.is_owners),
        }
    };
    Ok(texts.into_iter().enumerate().map(|(number, text)| item(number, text)).collect())
}

/// The text as one or more of ours, or why it cannot be one.
fn texts(text: &str, is_post: bool, too_long: TooLong) -> Result<Vec<String>, String> {
    if text.len() > COMMENT_BYTES {
        return Err(format!("has {} KiB; expected at most {}", text.len() >> 10, COMMENT_BYTES >> 10));
    }
    let parsed = |text: &str, is_post: bool| {
        if is_post {
            text.parse::<PostText>().map(PostText::into_string)
        } else {
            text.parse::<ReplyText>().map(ReplyText::into_string)
        }
    };
    let most = *if is_post { POST_GRAPHEMES } else { REPLY_GRAPHEMES }.end();
    match parsed(text, is_post) {
        Ok(text) => Ok(vec![text]),
        Err(InvalidText::Length { n_graphemes, max, .. })
            if n_graphemes > max && too_long == TooLong::Skip =>
        {
            Err(format!("has {n_graphemes} characters; expected at most {max}"))
        }
        Err(InvalidText::TooManyBytes(_)) | Err(InvalidText::Length { .. })
            if too_long == TooLong::Split && text.len() > most =>
        {
            let texts = parts(text, most, *REPLY_GRAPHEMES.end());
            let parsed = texts.iter().enumerate().map(|(number, text)| parsed(text, is_post && number == 0));
            parsed.collect::<Result<_, _>>().map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

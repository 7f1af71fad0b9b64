//! The configuration: one TOML file, overridden by flags and the environment, read into types that cannot be wrong.
//!
//! Reading goes on after a mistake, so that all of them are reported at once, each with its place.

mod coverage;
mod notify;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use peer_support_domain::coverage::{AwayRule, Circumstances, Present};
use peer_support_domain::site::{SiteId, SiteMode, TopicId};
use peer_support_domain::wire::Topic;
use toml::{Table, Value};
use url::Url;

pub use self::coverage::SiteCoverage;
use crate::checks::{Proxies, Rate, Rules};
use crate::helplines::Helplines;
use crate::origin::OriginRule;
use crate::outbox::{Channels, Smtp};
use crate::secret::ServerSecret;
use crate::store::{Address, SiteSettings};

/// Where the server listens unless told otherwise: this machine only, because it speaks plain HTTP.
const DEFAULT_ADDR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8787);
/// The data folder unless told otherwise.
const DEFAULT_DATA: &str = "peer-support-data";
/// Hours to a decision that visitors are shown unless the site says otherwise: nobody is assumed to be on duty.
const DEFAULT_DECISION_TARGET_HOURS: i64 = 12;
/// Hours a site may promise at most: what waits longer than a month is purged undecided.
const DECISION_TARGET_HOURS: std::ops::RangeInclusive<i64> = 1..=720;
/// Readers whose reports hide an item while no moderator is there, unless the site says otherwise.
const DEFAULT_HIDE_AFTER_REPORTS: u32 = 3;
/// Approvals of one author in one thread after which their replies are published at once, unless the site says otherwise.
const DEFAULT_PUBLISH_AFTER_APPROVALS: u32 = 3;
/// What both may be: 0 switches the rule off, and more than this would.
const RULE_COUNTS: std::ops::RangeInclusive<i64> = 0..=50;
/// Months that published items are kept unless the site says otherwise.
const DEFAULT_RETENTION_MONTHS: i64 = 12;
/// Months a site may keep them at least, so that nobody's post is gone before it was answered, and at most.
const RETENTION_MONTHS: std::ops::RangeInclusive<i64> = 1..=120;
/// A month as time passes: a twelfth of 365.25 days.
const MONTH_MS: i64 = 2_629_800_000;
/// Characters in the name of a site or a topic: it stands on one line of a phone.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=60;
/// Topics of a site: more do not fit above the feed of a phone.
const TOPICS: std::ops::RangeInclusive<usize> = 1..=24;

/// What a number of posts, replies or votes may be set to. Each within an hour is remembered.
const RULE_NUMBERS: std::ops::RangeInclusive<i64> = 1..=10_000;

/// All that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub addr: SocketAddr,
    /// The folder of the database (SQLite) and of the secret's file.
    pub data: PathBuf,
    /// The folder with the built widget, console and pages; without it, only the API is served.
    pub assets: Option<PathBuf>,
    /// How visitors reach the server, when that is not how it listens: `https://support.example.org`.
    pub public_url: Option<Url>,
    /// Where the data is.
    pub database: Address,
    /// Whether what is published is read at a machine of the database that stands by.
    pub read_from_standby: bool,
    /// The server's secret; `None` for one in the data folder.
    pub secret: Option<ServerSecret>,
    /// What one client may take.
    pub limits: Limits,
    /// The proxies in front of this server.
    pub proxies: Proxies,
    /// Newer helplines, signed; `None` when none are served.
    pub helplines: Option<Helplines>,
    /// The mail server; `None` when no e-mails are sent.
    pub smtp: Option<Smtp>,
    /// The sites.
    pub sites: Sites,
    /// Whether there is no configuration file: the site is the demo, with its examples and a moderator to try it.
    pub is_demo: bool,
}

/// What one client may take of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the last header of a request to the end of its answer. A phone on a slow network sends a post in a few
    /// seconds.
    pub request: Duration,
    /// From the opening of a connection, or the answer before, to the last header of a request: who sends one byte now and
    /// then shall not hold a connection for ever.
    pub header: Duration,
    /// How long a client may take nothing of an answer that waits for it.
    pub write: Duration,
    /// Connections at a time; more wait. Each takes one of the process's open files, of which systems give 1,024.
    pub n_connections: usize,
    /// Streams of what becomes published that are open at a time, each a connection; who finds no room reads without one.
    pub n_streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(15),
            header: Duration::from_secs(15),
            write: Duration::from_secs(30),
            n_connections: 800,
            n_streams: 400,
        }
    }
}

/// A site: who runs it, and which pages may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its id, as it stands in the snippet.
    pub id: SiteId,
    /// Who runs it, for people.
    pub name: String,
    /// Which pages may use it, besides the server's own.
    pub origins: Vec<OriginRule>,
    /// In the order they are offered; never empty.
    pub topics: Vec<Topic>,
    /// Of them those for people who died; closed in a sensitive period.
    pub memorial_topics: Vec<TopicId>,
    /// How long a moderator's decision should take at most, in milliseconds, of what comes while nobody is there.
    pub decision_target_ms: i64,
    /// When moderators are there; `None` where nobody said.
    pub coverage: Option<SiteCoverage>,
    /// What visitors may write, as the owner chose.
    pub mode: SiteMode,
    /// Readers whose reports hide an item while no moderator is there; 0 for never.
    pub hide_after_reports: u32,
    /// Approvals of one author in one thread after which what they reply is published at once, when no check noticed
    /// anything; 0 for never.
    pub publish_after_approvals: u32,
    /// How much one network may send, and when devices have to work.
    pub rules: Rules,
    /// How long what was published is kept, with the replies to it, in milliseconds.
    pub published_retention_ms: i64,
    /// Where notifications to its team go.
    pub channels: Channels,
}

impl Site {
    /// Whether pages of `origin` may use this site.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|rule| rule.allows(origin))
    }

    /// What holds at `now`.
    pub fn present(&self, settings: &SiteSettings, now: i64) -> Present {
        let circumstances = Circumstances {
            mode: self.mode,
            staffing: self.coverage.as_ref().map(|hours| hours.at(now)),
            away: self.coverage.as_ref().map_or(AwayRule::FlagThreshold, |hours| hours.coverage.away),
            forced: settings.forced.filter(|forced| forced.until > now),
            is_sensitive: settings.is_sensitive,
        };
        circumstances.present()
    }

    /// How long a decision should take at most of what comes while this holds, in milliseconds.
    pub fn target_of(&self, present: &Present) -> i64 {
        match &self.coverage {
            Some(hours) if present.is_staffed == Some(true) => hours.staffed_target_ms,
            _ => self.decision_target_ms,
        }
    }

    /// How long a decision should take at most of what came at `since`, by the hours, in milliseconds.
    pub fn target_ms(&self, since: i64) -> i64 {
        match &self.coverage {
            Some(hours) if hours.at(since).is_staffed => hours.staffed_target_ms,
            _ => self.decision_target_ms,
        }
    }

    /// Topics that take nothing while this holds.
    pub fn closed_topics(&self, present: &Present) -> &[TopicId] {
        if present.is_sensitive { &self.memorial_topics } else { &[] }
    }
}

/// The sites of this server, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sites(BTreeMap<SiteId, Site>);

impl Sites {
    /// These sites; of two with one id the last.
    pub fn new(sites: impl IntoIterator<Item = Site>) -> Self {
        Self(sites.into_iter().map(|site| (site.id.clone(), site)).collect())
    }

    /// The site of this id.
    pub fn get(&self, id: &SiteId) -> Option<&Site> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.0.values()
    }

    /// The site that stands in the snippet of an example, open to every page of this machine.
    pub fn demo() -> Self {
        let topic = |id: &str| Topic { id: id.parse().expect("a topic id"), label: None };
        Self::new([Site {
            id: "demo".parse().expect("a site id"),
            name: "Rowan House (an example)".to_owned(),
            origins: vec![OriginRule::Loopback],
            topics: ["anxiety", "low-mood", "loneliness", "grief", "relationships", "general"]
                .map(topic)
                .to_vec(),
            memorial_topics: Vec::new(),
            decision_target_ms: hours_ms(DEFAULT_DECISION_TARGET_HOURS),
            coverage: None,
            mode: SiteMode::Open,
            hide_after_reports: DEFAULT_HIDE_AFTER_REPORTS,
            publish_after_approvals: DEFAULT_PUBLISH_AFTER_APPROVALS,
            rules: Rules::default(),
            published_retention_ms: DEFAULT_RETENTION_MONTHS * MONTH_MS,
            channels: Channels::default(),
        }])
    }
}

const fn hours_ms(hours: i64) -> i64 {
    hours * 60 * 60 * 1_000
}

/// What the command line and the environment say; each wins over the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config`, `PEER_SUPPORT_CONFIG`.
    pub config: Option<PathBuf>,
    /// `--addr`, `PEER_SUPPORT_ADDR`.
    pub addr: Option<String>,
    /// `--data`, `PEER_SUPPORT_DATA`.
    pub data: Option<PathBuf>,
    /// `--assets`, `PEER_SUPPORT_ASSETS`.
    pub assets: Option<PathBuf>,
    /// `--database`, `PEER_SUPPORT_DATABASE`.
    pub database: Option<String>,
    /// `--read-from-standby`, `PEER_SUPPORT_READ_FROM_STANDBY`.
    pub read_from_standby: Option<bool>,
    /// `--public-url`, `PEER_SUPPORT_PUBLIC_URL`.
    pub public_url: Option<String>,
    /// `PEER_SUPPORT_SECRET`; no flag, because every user of a machine sees the flags of its programs.
    pub secret: Option<String>,
    /// `PEER_SUPPORT_SMTP_PASSWORD`; no flag either.
    pub smtp_password: Option<String>,
}

/// Everything that is wrong with a configuration, a line each: `peer-support.toml: sites[0].origins[1]: is not …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblems(Vec<String>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigProblems {}

impl Config {
    /// Reads the file that `overrides` names, if any, and puts them over it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigProblems> {
        let Some(path) = &overrides.config else { return Self::read(None, overrides) };
        let text = std::fs::read_to_string(path)
            .map_err(|e| ConfigProblems(vec![format!("{}: cannot be read: {e}", path.display())]))?;
        Self::read(Some((path, &text)), overrides)
    }

    /// As [`load`](Self::load), with the file's path and text.
    fn read(file: Option<(&Path, &str)>, overrides: &Overrides) -> Result<Self, ConfigProblems> {
        let mut reader = Reader { file: String::new(), folder: PathBuf::new(), problems: Vec::new() };
        let mut top = Section { path: String::new(), table: Table::new() };
        if let Some((path, text)) = file {
            reader.file = path.display().to_string();
            reader.folder = path.parent().map(Path::to_owned).unwrap_or_default();
            match text.parse() {
                Ok(table) => top.table = table,
                Err(e) => {
                    return Err(ConfigProblems(vec![format!("{}: {}", reader.file, e.to_string().trim())]));
                }
            }
        }

        let addr = reader.value(&mut top, "addr", &overrides.addr, |text| {
            text.parse().map_err(|_| "is not an address with a port, such as 127.0.0.1:8787".to_owned())
        });
        let data = reader.folder(&mut top, "data", &overrides.data).unwrap_or_else(|| DEFAULT_DATA.into());
        let assets = reader.folder(&mut top, "assets", &overrides.assets);
        let public_url = reader.value(&mut top, "public_url", &overrides.public_url, public_url);
        let folder = reader.folder.clone();
        let database =
            reader.value(&mut top, "database", &overrides.database, |text| database(text, &folder));
        let read_from_standby = reader.switch(&mut top, "read_from_standby", overrides.read_from_standby);
        if read_from_standby && !database.as_ref().is_some_and(Address::are_several_machines) {
            reader.problems.push(
                "read_from_standby: needs a database whose URL names several machines, of which one may stand by: \
                 postgres://USER@ONE,TWO/DATABASE"
                    .to_owned(),
            );
        }
        let secret = reader.value(&mut top, "secret", &overrides.secret, |text| {
            text.parse::<ServerSecret>().map_err(|e| e.to_string())
        });
        if matches!(database, Some(Address::Postgres(_))) && secret.is_none() && reader.problems.is_empty() {
            reader.problems.push(
                "secret: is needed with PostgreSQL, the same for all servers of one database; \
                 set `secret` or PEER_SUPPORT_SECRET to 64 hexadecimal digits (openssl rand -hex 32)"
                    .to_owned(),
            );
        }
        let (limits, rules) = reader.limits(&mut top);
        let proxies = reader.proxies(&mut top);
        let helplines = reader.helplines(&mut top);
        let smtp = reader.smtp(&mut top, overrides);
        let sites = match file {
            Some(_) => reader.sites(&mut top, rules, smtp.is_some()),
            None => Sites::demo(),
        };
        reader.no_more(top);

        if !reader.problems.is_empty() {
            return Err(ConfigProblems(reader.problems));
        }
        Ok(Self {
            addr: addr.unwrap_or(DEFAULT_ADDR),
            database: database.unwrap_or_else(|| Address::Sqlite(data.join("peer-support.sqlite3"))),
            read_from_standby,
            data,
            assets,
            public_url,
            secret,
            limits,
            proxies,
            helplines,
            smtp,
            sites,
            is_demo: file.is_none(),
        })
    }

    /// Whether visitors reach the server by TLS, so that cookies are marked `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}

fn public_url(text: &str) -> Result<Url, String> {
    let expected = "is not the server's address, such as https://support.example.org, without a path";
    let url = Url::parse(text).map_err(|_| expected.to_owned())?;
    let is_bare = matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none();
    if is_bare { Ok(url) } else { Err(expected.to_owned()) }
}

fn database(text: &str, folder: &Path) -> Result<Address, String> {
    match text.parse::<Address>().map_err(|e| e.to_string())? {
        Address::Sqlite(file) => Ok(Address::Sqlite(folder.join(file))),
        address @ Address::Postgres(_) => Ok(address),
    }
}

/// A table of the file, and where it stands in it.
struct Section {
    path: String,
    table: Table,
}

impl Section {
    fn place(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Takes values out of tables and remembers what is wrong with them.
struct Reader {
    file: String,
    /// What paths in the file are relative to.
    folder: PathBuf,
    problems: Vec<String>,
}

impl Reader {
    fn problem(&mut self, place: &str, what: impl fmt::Display) {
        self.problems.push(format!("{}: {place}: {what}", self.file));
    }

    /// The text of `key`, if it is there and is one.
    fn text(&mut self, section: &mut Section, key: &str) -> Option<String> {
        match section.table.remove(key)? {
            Value::String(text) => Some(text),
            other => {
                self.problem(&section.place(key), format_args!("is {}; expected a text", article(&other)));
                None
            }
        }
    }

    /// What `parse` makes of the override or else of `key`.
    fn value<T>(
        &mut self,
        section: &mut Section,
        key: &str,
        over: &Option<String>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(section, key);
        if let Some(over) = over {
            let name = key.replace('_', "-");
            return match parse(over) {
                Ok(value) => Some(value),
                Err(what) => {
                    self.problems.push(format!("--{name} or PEER_SUPPORT_{}: {what}", key.to_uppercase()));
                    None
                }
            };
        }
        match parse(&text?) {
            Ok(value) => Some(value),
            Err(what) => {
                self.problem(&section.place(key), what);
                None
            }
        }
    }

    /// Whether the override, or else `key`, is `true`.
    fn switch(&mut self, section: &mut Section, key: &str, over: Option<bool>) -> bool {
        let in_file = match section.table.remove(key) {
            None => false,
            Some(Value::Boolean(is_on)) => is_on,
            Some(other) => {
                let what = format!("is {}; expected true or false", article(&other));
                self.problem(&section.place(key), what);
                false
            }
        };
        over.unwrap_or(in_file)
    }

    fn folder(&mut self, section: &mut Section, key: &str, over: &Option<PathBuf>) -> Option<PathBuf> {
        let in_file = self.text(section, key).map(|path| self.folder.join(path));
        over.clone().or(in_file)
    }

    fn whole_number(
        &mut self,
        section: &mut Section,
        key: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = section.table.remove(key)?;
        match value.as_integer().filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => {
                let (min, max) = range.into_inner();
                self.problem(&section.place(key), format_args!("is not a whole number from {min} to {max}"));
                None
            }
        }
    }

    fn list(&mut self, section: &mut Section, key: &str) -> Option<Vec<Value>> {
        match section.table.remove(key)? {
            Value::Array(values) => Some(values),
            other => {
                self.problem(&section.place(key), format_args!("is {}; expected a list", article(&other)));
                None
            }
        }
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, place: &str, value: Value) -> Option<T> {
        let Value::String(text) = value else {
            self.problem(place, format_args!("is {}; expected a text", article(&value)));
            return None;
        };
        text.parse().map_err(|e| self.problem(place, e)).ok()
    }

    /// The table `key`, if it is there and is one.
    fn table(&mut self, section: &mut Section, key: &str) -> Option<Section> {
        let path = section.place(key);
        match section.table.remove(key)? {
            Value::Table(table) => Some(Section { path, table }),
            _ => {
                self.problem(&path, "is not a table");
                None
            }
        }
    }

    /// `[limits]`: what one client may take, and how much one network may send to each site that says nothing else.
    fn limits(&mut self, top: &mut Section) -> (Limits, Rules) {
        let default = Limits::default();
        let Some(mut section) = self.table(top, "limits") else { return (default, Rules::default()) };
        let mut seconds = |key, default: Duration| {
            let seconds = self.whole_number(&mut section, key, 1..=300);
            seconds.map_or(default, |seconds| Duration::from_secs(seconds.cast_unsigned()))
        };
        let request = seconds("request_seconds", default.request);
        let header = seconds("header_seconds", default.header);
        let write = seconds("write_seconds", default.write);
        let connections = self.whole_number(&mut section, "connections", 1..=100_000);
        let streams = self.whole_number(&mut section, "streams", 0..=100_000);
        let rules = self.rules(&mut section, Rules::default());
        self.no_more(section);
        let n_connections = connections.and_then(|n| n.try_into().ok()).unwrap_or(default.n_connections);
        let n_streams = streams.and_then(|n| n.try_into().ok()).unwrap_or(default.n_streams);
        (Limits { request, header, write, n_connections, n_streams }, rules)
    }

    /// How much one network may send, as `section` says; `default` where it does not.
    fn rules(&mut self, section: &mut Section, default: Rules) -> Rules {
        let mut number = |key, default: u32| {
            let number = self.whole_number(section, key, RULE_NUMBERS);
            number.and_then(|number| number.try_into().ok()).unwrap_or(default)
        };
        let posts = Rate {
            a_minute: number("posts_a_minute", default.posts.a_minute),
            an_hour: number("posts_an_hour", default.posts.an_hour),
        };
        let replies = Rate {
            a_minute: number("replies_a_minute", default.replies.a_minute),
            an_hour: number("replies_an_hour", default.replies.an_hour),
        };
        let votes_a_day = number("votes_a_day", default.votes_a_day);
        let work_from_a_minute = number("work_from_a_minute", default.work_from_a_minute);
        let work = section.table.remove("work");
        let work = work.and_then(|value| self.parsed(&section.place("work"), value)).unwrap_or(default.work);
        Rules { posts, replies, votes_a_day, work, work_from_a_minute }
    }

    fn proxies(&mut self, top: &mut Section) -> Proxies {
        let nets = self.list(top, "trusted_proxies").unwrap_or_default();
        let nets = nets
            .into_iter()
            .enumerate()
            .map(|(place, value)| self.parsed(&format!("trusted_proxies[{place}]"), value));
        let trusted: Vec<_> = nets.collect::<Vec<_>>().into_iter().flatten().collect();
        let header = top.table.remove("forwarded_header");
        if header.is_some() && trusted.is_empty() {
            self.problem("forwarded_header", "is read from trusted_proxies only, and there are none");
        }
        let header = header.and_then(|value| self.parsed("forwarded_header", value)).unwrap_or_default();
        Proxies { trusted, header }
    }

    fn helplines(&mut self, top: &mut Section) -> Option<Helplines> {
        let mut section = self.table(top, "helplines")?;
        let folder: Option<String> =
            self.needed(&mut section, "folder").and_then(|(place, value)| self.parsed(&place, value));
        let public_key = section.table.remove("public_key");
        let public_key = public_key.and_then(|value| self.parsed(&section.place("public_key"), value));
        self.no_more(section);
        Some(Helplines { folder: self.folder.join(folder?), public_key })
    }

    fn sites(&mut self, top: &mut Section, rules: Rules, has_smtp: bool) -> Sites {
        let tables = self.list(top, "sites").unwrap_or_default();
        if tables.is_empty() {
            self.problem("sites", "is missing; expected at least one [[sites]]");
        }
        let mut sites = BTreeMap::new();
        for (place, table) in tables.into_iter().enumerate() {
            let path = format!("sites[{place}]");
            let Value::Table(table) = table else {
                self.problem(&path, "is not a table; expected [[sites]]");
                continue;
            };
            let section = Section { path: path.clone(), table };
            let Some(site) = self.site(section, rules, has_smtp) else { continue };
            if let Some(site) = sites.insert(site.id.clone(), site) {
                self.problem(&format!("{path}.id"), format_args!("{} is used twice", site.id));
            }
        }
        Sites(sites)
    }

    fn site(&mut self, mut section: Section, rules: Rules, has_smtp: bool) -> Option<Site> {
        let id = self.needed(&mut section, "id").and_then(|(place, value)| self.parsed(&place, value));
        let name = self.needed(&mut section, "name").and_then(|(place, value)| self.name(&place, value));
        let origins = self.origins(&mut section);
        let (topics, memorial_topics) = self.topics(&mut section);
        let hours = self
            .whole_number(&mut section, "decision_target_hours", DECISION_TARGET_HOURS)
            .unwrap_or(DEFAULT_DECISION_TARGET_HOURS);
        let mode = section.table.remove("mode");
        let mode = mode.and_then(|value| self.parsed(&section.place("mode"), value)).unwrap_or_default();
        let hide_after_reports =
            self.rule_count(&mut section, "hide_after_reports").unwrap_or(DEFAULT_HIDE_AFTER_REPORTS);
        let publish_after_approvals = self
            .rule_count(&mut section, "publish_after_approvals")
            .unwrap_or(DEFAULT_PUBLISH_AFTER_APPROVALS);
        let rules = match self.table(&mut section, "limits") {
            Some(mut limits) => {
                let rules = self.rules(&mut limits, rules);
                self.no_more(limits);
                rules
            }
            None => rules,
        };
        let months = self
            .whole_number(&mut section, "published_retention_months", RETENTION_MONTHS)
            .unwrap_or(DEFAULT_RETENTION_MONTHS);
        let coverage = self.coverage(&mut section);
        let channels = self.channels(&mut section, has_smtp);
        self.no_more(section);
        Some(Site {
            id: id?,
            name: name?,
            origins,
            topics,
            memorial_topics,
            decision_target_ms: hours_ms(hours),
            coverage,
            mode,
            hide_after_reports,
            publish_after_approvals,
            rules,
            published_retention_ms: months * MONTH_MS,
            channels,
        })
    }

    fn rule_count(&mut self, section: &mut Section, key: &str) -> Option<u32> {
        self.whole_number(section, key, RULE_COUNTS).and_then(|count| u32::try_from(count).ok())
    }

    fn needed(&mut self, section: &mut Section, key: &str) -> Option<(String, Value)> {
        let place = section.place(key);
        let value = section.table.remove(key);
        if value.is_none() {
            self.problem(&place, "is missing");
        }
        value.map(|value| (place, value))
    }

    fn name(&mut self, place: &str, value: Value) -> Option<String> {
        let name: String = self.parsed(place, value)?;
        let n_chars = name.chars().count();
        if !NAME_CHARS.contains(&n_chars) || name.chars().any(char::is_control) || name.trim() != name {
            let (min, max) = NAME_CHARS.into_inner();
            self.problem(place, format_args!("is not a name of {min} to {max} characters on one line"));
            return None;
        }
        Some(name)
    }

    fn origins(&mut self, section: &mut Section) -> Vec<OriginRule> {
        let Some((place, value)) = self.needed(section, "origins") else { return Vec::new() };
        let Value::Array(values) = value else {
            self.problem(&place, "is not a list of origins");
            return Vec::new();
        };
        let parsed =
            values.into_iter().enumerate().map(|(n, value)| self.parsed(&format!("{place}[{n}]"), value));
        parsed.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn topics(&mut self, section: &mut Section) -> (Vec<Topic>, Vec<TopicId>) {
        let nothing = (Vec::new(), Vec::new());
        let Some((place, value)) = self.needed(section, "topics") else { return nothing };
        let Value::Array(values) = value else {
            self.problem(&place, "is not a list of topics");
            return nothing;
        };
        if !TOPICS.contains(&values.len()) {
            let (min, max) = TOPICS.into_inner();
            self.problem(&place, format_args!("has {} topics; expected {min} to {max}", values.len()));
        }
        let (mut topics, mut memorial) = nothing;
        for (n, value) in values.into_iter().enumerate() {
            let place = format!("{place}[{n}]");
            let Some((topic, is_memorial)) = self.topic(&place, value) else { continue };
            if is_memorial {
                memorial.push(topic.id.clone());
            }
            if topics.iter().any(|before: &Topic| before.id == topic.id) {
                self.problem(&place, format_args!("{} is used twice", topic.id));
            }
            topics.push(topic);
        }
        (topics, memorial)
    }

    /// `"low-mood"`, whose label is in `locales/`, or `{ id = "exams", label = "Exams" }`.
    /// And whether it is for people who died.
    fn topic(&mut self, place: &str, value: Value) -> Option<(Topic, bool)> {
        let Value::Table(table) = value else {
            return self.parsed::<TopicId>(place, value).map(|id| (Topic { id, label: None }, false));
        };
        let mut section = Section { path: place.to_owned(), table };
        let id = self.needed(&mut section, "id").and_then(|(place, value)| self.parsed(&place, value));
        let label = match section.table.remove("label") {
            Some(value) => Some(self.name(&section.place("label"), value)?),
            None => None,
        };
        let is_memorial = self.yes_or_no(&mut section, "is_memorial").unwrap_or(false);
        self.no_more(section);
        Some((Topic { id: id?, label }, is_memorial))
    }

    /// What nobody took is a misspelling, or a setting that would silently do nothing.
    fn no_more(&mut self, section: Section) {
        for key in section.table.keys() {
            self.problem(&section.place(key), "is not a setting of this version");
        }
    }
}

fn article(value: &Value) -> String {
    match value {
        Value::Integer(_) => "a whole number".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => format!("a {}", other.type_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::WorkRule;

    fn read(text: &str) -> Result<Config, String> {
        read_with(text, &Overrides::default())
    }

    fn read_with(text: &str, overrides: &Overrides) -> Result<Config, String> {
        Config::read(Some((Path::new("conf/ps.toml"), text)), overrides).map_err(|e| e.to_string())
    }

    const SITE: &str = r#"
        [[sites]]
        id = "rowan"
        name = "Rowan House"
        origins = ["https://rowan.example"]
        topics = ["low-mood", { id = "exams", label = "Exams" }]
        decision_target_hours = 2
        publish_after_approvals = 0
    "#;

    #[test]
    fn without_a_file_there_is_a_demo_on_loopback() {
        let config = Config::read(None, &Overrides::default()).unwrap();

        assert!(config.is_demo);
        assert_eq!(config.addr.to_string(), "127.0.0.1:8787");
        assert_eq!(config.database, Address::Sqlite("peer-support-data/peer-support.sqlite3".into()));
        assert!(config.sites.get(&"demo".parse().unwrap()).unwrap().allows("http://localhost:3000"));
    }

    #[test]
    fn a_site_is_read_as_it_is_written() {
        let config = read(SITE).unwrap();

        let site = config.sites.get(&"rowan".parse().unwrap()).unwrap();
        assert_eq!(site.name, "Rowan House");
        assert!(site.allows("https://rowan.example") && !site.allows("http://localhost"));
        assert_eq!(site.topics[1].label.as_deref(), Some("Exams"));
        assert_eq!(site.decision_target_ms, 2 * 60 * 60 * 1_000);
        assert_eq!(site.mode, SiteMode::Open);
        assert_eq!((site.hide_after_reports, site.publish_after_approvals), (3, 0));
        assert_eq!(site.published_retention_ms, 12 * MONTH_MS);
        assert!(!config.is_demo);
    }

    #[test]
    fn a_standby_is_read_at_when_asked_for_and_where_one_may_be() {
        let of = |database: &str| {
            let secret = "5e".repeat(32);
            read(&format!("read_from_standby = true\nsecret = \"{secret}\"\n{database}\n{SITE}"))
        };

        assert!(
            of("database = \"postgres://ps@one.example,two.example/support\"").unwrap().read_from_standby
        );
        for one in ["", "database = \"postgres://ps@one.example/support\""] {
            assert!(
                of(one)
                    .unwrap_err()
                    .starts_with("read_from_standby: needs a database whose URL names several")
            );
        }
        assert!(!read(SITE).unwrap().read_from_standby);
    }

    #[test]
    fn a_site_says_what_visitors_may_write() {
        for mode in SiteMode::ALL {
            let config = read(&format!("{SITE}\nmode = \"{mode}\"")).unwrap();

            assert_eq!(config.sites.get(&"rowan".parse().unwrap()).unwrap().mode, mode);
        }
    }

    #[test]
    fn every_problem_is_reported_at_once_with_its_place() {
        let problems = read(
            r#"
            addr = "here"
            adr = "127.0.0.1:1"
            public_url = "https://example.org/path"
            database = "mysql://x"
            secret = "short"
            [limits]
            request_seconds = 0
            body_bytes = 10
            [[sites]]
            id = "Not A Slug"
            origins = ["https://a.example/", 5]
            topics = []
            decision_target_hours = "soon"
            mode = "closed"
            hide_after_reports = 51
            publish_after_approvals = -1
            published_retention_months = 0
            colour = "teal"
            [[sites]]
            id = "b"
            name = ""
            origins = []
            topics = ["x", "x", { label = "no id" }]
            "#,
        )
        .unwrap_err();

        let places: Vec<_> = problems.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
        assert_eq!(
            places,
            [
                "addr",
                "public_url",
                "database",
                "secret",
                "limits.request_seconds",
                "limits.body_bytes",
                "sites[0].id",
                "sites[0].name",
                "sites[0].origins[0]",
                "sites[0].origins[1]",
                "sites[0].topics",
                "sites[0].decision_target_hours",
                "sites[0].mode",
                "sites[0].hide_after_reports",
                "sites[0].publish_after_approvals",
                "sites[0].published_retention_months",
                "sites[0].colour",
                "sites[1].name",
                "sites[1].topics[1]",
                "sites[1].topics[2].id",
                "adr",
            ]
        );
        assert!(problems.lines().all(|line| line.starts_with("conf/ps.toml: ")), "{problems}");
    }

    #[test]
    fn a_site_has_the_servers_limits_unless_it_sets_its_own() {
        let of = |config: Config| config.sites.get(&"rowan".parse().unwrap()).unwrap().rules;

        let server = of(read(&format!("[limits]\nposts_an_hour = 7\nwork = \"never\"\n{SITE}")).unwrap());
        let own = format!(
            "[limits]\nposts_an_hour = 7\n{SITE}\nlimits = {{ posts_an_hour = 60, replies_a_minute = 3 }}"
        );
        let own = of(read(&own).unwrap());

        assert_eq!(of(read(SITE).unwrap()), Rules::default());
        assert_eq!(server.posts, Rate { a_minute: 1, an_hour: 7 });
        assert_eq!(server.work, WorkRule::Never);
        assert_eq!((own.posts.an_hour, own.replies.a_minute, own.work), (60, 3, WorkRule::Auto));
    }

    #[test]
    fn wrong_limits_and_proxies_are_named() {
        let problems = read(&format!(
            r#"
            trusted_proxies = ["127.0.0.1", "10.0.0.0/40", 5]
            forwarded_header = "x-real-ip"
            [limits]
            posts_a_minute = 0
            work = "sometimes"
            {SITE}
            limits = {{ replies_an_hour = 1000000, posts = 5 }}
            "#
        ))
        .unwrap_err();

        let places: Vec<_> = problems.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
        assert_eq!(
            places,
            [
                "limits.posts_a_minute",
                "limits.work",
                "trusted_proxies[1]",
                "trusted_proxies[2]",
                "forwarded_header",
                "sites[0].limits.replies_an_hour",
                "sites[0].limits.posts",
            ]
        );
        let useless = read(&format!("forwarded_header = \"forwarded\"\n{SITE}")).unwrap_err();
        assert!(useless.starts_with("conf/ps.toml: forwarded_header: is read from trusted_proxies only"));
    }

    #[test]
    fn signed_helplines_are_served_from_a_folder_beside_the_file() {
        let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; // of RFC 8037, appendix A.2
        let setting = format!("[helplines]\nfolder = \"signed\"\npublic_key = \"{key}\"\n{SITE}");

        let helplines = read(&setting).unwrap().helplines.unwrap();

        assert_eq!(helplines.folder, Path::new("conf/signed"));
        assert_eq!(helplines.public_key.unwrap().to_string(), key);
        assert_eq!(read(SITE).unwrap().helplines, None);
        let problems = read(&format!("helplines = \"signed\"\n{SITE}")).unwrap_err();
        assert_eq!(problems, "conf/ps.toml: helplines: is not a table");
    }

    #[test]
    fn two_sites_of_one_id_are_a_problem() {
        let problems = read(&format!("{SITE}{SITE}")).unwrap_err();

        assert_eq!(problems, "conf/ps.toml: sites[1].id: rowan is used twice");
    }

    #[test]
    fn a_file_that_is_no_toml_is_one_problem_with_its_line() {
        let problems = read("addr = \n").unwrap_err();

        assert!(problems.starts_with("conf/ps.toml: ") && problems.contains("line 1"), "{problems}");
    }

    #[test]
    fn flags_and_environment_win_over_the_file() {
        let overrides = Overrides {
            addr: Some("127.0.0.1:1".to_owned()),
            data: Some("elsewhere".into()),
            ..Overrides::default()
        };

        let config =
            read_with(&format!("addr = \"127.0.0.1:2\"\ndata = \"here\"\n{SITE}"), &overrides).unwrap();

        assert_eq!(config.addr.port(), 1);
        assert_eq!(config.data, Path::new("elsewhere"));
    }

    #[test]
    fn a_wrong_flag_is_named_as_a_flag() {
        let overrides = Overrides { addr: Some("here".to_owned()), ..Overrides::default() };

        let problems = read_with(SITE, &overrides).unwrap_err();

        assert!(problems.starts_with("--addr or PEER_SUPPORT_ADDR: is not an address"), "{problems}");
    }

    #[test]
    fn paths_in_the_file_are_relative_to_it() {
        let config = read(&format!("data = \"d\"\ndatabase = \"sqlite:x.db\"\n{SITE}")).unwrap();

        assert_eq!(config.data, Path::new("conf/d"));
        assert_eq!(config.database, Address::Sqlite("conf/x.db".into()));
    }

    #[test]
    fn postgresql_needs_a_secret_that_its_servers_share() {
        let url = "database = \"postgres://u:hunter2@db/x\"\n";
        assert!(read(&format!("{url}{SITE}")).unwrap_err().starts_with("secret: is needed with PostgreSQL"));

        let config = read(&format!("{url}secret = \"{}\"\n{SITE}", "0a".repeat(32))).unwrap();

        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!format!("{config:?}").contains("0a0a"));
    }
}

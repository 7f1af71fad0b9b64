//! The command line of the server.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use peer_support_domain::limits::{ACCOUNT_NAME_CHARS, PAGE_ITEMS, UNPUBLISHED_RETENTION_MS};
use peer_support_domain::line_report::Day;
use peer_support_domain::post::{Kind, Role};
use peer_support_domain::roles::{Reach, Roles};
use peer_support_domain::site::{SiteId, TopicId};
use peer_support_domain::wire::SiteSetting;
use peer_support_server::audit::{self, AuditHash};
use peer_support_server::clock::{Clock, Random};
use peer_support_server::config::{Config, Overrides, Site};
use peer_support_server::export::{Format, export};
use peer_support_server::helplines::{Helplines, PublicKey, SecretKey};
use peer_support_server::import::{Outcome, Source, TooLong};
use peer_support_server::secret::SignInCode;
use peer_support_server::store::{CopyTerms, Moderator, NewRole, RoleChanged, StoreError};
use peer_support_server::{helplines, import, serve, store, triage};

/// How long a sign-in code that an admin asked for can be used: it is handed over by hand.
const SIGN_IN_CODE_MS: i64 = 24 * 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Days that a copy may be kept: as long as the server itself keeps what is not published, which is the shortest of all.
const MAX_KEEP_DAYS: i64 = UNPUBLISHED_RETENTION_MS / DAY_MS;

/// The server of peer-support panels: posts, replies, moderation.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

/// Each wins over the configuration file.
#[derive(Args)]
struct Settings {
    /// The configuration file; without one, a demo site is served on this machine.
    #[arg(long, global = true, env = "PEER_SUPPORT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8787; port 0 takes a free one].
    #[arg(long, global = true, env = "PEER_SUPPORT_ADDR", value_name = "ADDRESS:PORT")]
    addr: Option<String>,
    /// The folder of the database and the server's secret [default: ./peer-support-data].
    #[arg(long, global = true, env = "PEER_SUPPORT_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The folder with the built widget and console; without it, only the API is served.
    #[arg(long, global = true, env = "PEER_SUPPORT_ASSETS", value_name = "DIR")]
    assets: Option<PathBuf>,
    /// `sqlite:FILE` or `postgres://…` [default: SQLite in the data folder].
    #[arg(long, global = true, env = "PEER_SUPPORT_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// Reads what is published at a machine of the database that stands by.
    #[arg(long, global = true, env = "PEER_SUPPORT_READ_FROM_STANDBY", value_name = "BOOL")]
    read_from_standby: Option<bool>,
    /// How visitors reach the server, such as https://support.example.org.
    #[arg(long, global = true, env = "PEER_SUPPORT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until Ctrl-C.
    Serve,
    /// Reads the configuration and says everything that is wrong with it.
    CheckConfig,
    /// Brings the database to this version; `serve` does that too.
    Migrate,
    /// Writes a copy of all data to FILE, while the server runs, and says by when the copy must be thrown away.
    Backup {
        /// Must not exist.
        file: PathBuf,
        /// For how many days the copy may be kept: it goes on holding what people delete meanwhile.
        #[arg(long, value_name = "DAYS", default_value_t = MAX_KEEP_DAYS, value_parser = clap::value_parser!(i64).range(1..=MAX_KEEP_DAYS))]
        keep_days: i64,
    },
    /// Fills an empty or missing database with a copy that `backup` made of either kind of database.
    Restore {
        /// What `backup` wrote.
        file: PathBuf,
        /// Also when the copy should have been thrown away: what people deleted since it was made comes back.
        #[arg(long)]
        even_expired: bool,
    },
    /// Imports the comments of another system, or goes on where that was cut short. All of them show at once, at the end.
    Import(ImportArguments),
    /// Writes what everyone can read on a site to FILE, or to standard output for `-`.
    Export {
        /// The site.
        #[arg(long)]
        site: SiteId,
        /// How.
        #[arg(long, default_value = "jsonl")]
        format: Format,
        /// Also what is held, declined or hidden.
        #[arg(long)]
        all: bool,
        /// Must not exist.
        file: PathBuf,
    },
    /// Moderators' accounts.
    #[command(subcommand)]
    Moderator(ModeratorCommand),
    /// The audit log: what moderators, rules and commands did.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Begins or ends a sensitive period of a site: all that comes is held, and topics for people who died are closed.
    Sensitive {
        /// What it shall be.
        state: OnOff,
        /// The site.
        #[arg(long)]
        site: SiteId,
    },
    /// Prints as CSV what visitors reported of helplines that did not work, the newest day first.
    LineReports,
    /// Reads texts as JSON Lines `{"id", "text", "lang"?}` from standard input and writes what signals are in each, a line
    /// each. Needs no configuration and stores nothing.
    Triage,
    /// Newer helplines than panels were built with: signs them. Needs no configuration, and better runs where no server
    /// does.
    #[command(subcommand)]
    Helplines(HelplinesCommand),
}

/// A switch.
#[derive(Clone, Copy, ValueEnum)]
enum OnOff {
    /// It begins.
    On,
    /// It ends.
    Off,
}

#[derive(Args)]
struct ImportArguments {
    /// The system that wrote FILE.
    #[arg(long, required_unless_present = "abandon")]
    from: Option<Source>,
    /// The site that the comments go to.
    #[arg(long)]
    site: SiteId,
    /// The topic of all posts [default: the site's first one].
    #[arg(long)]
    topic: Option<TopicId>,
    /// What all posts are for: story, coping or question.
    #[arg(long, default_value_t = Kind::Story)]
    kind: Kind,
    /// Publish what was approved in the other system. Without it all of it is held, for moderators to read.
    #[arg(long)]
    publish: bool,
    /// What becomes of a text that is too long.
    #[arg(long, default_value = "split")]
    too_long: TooLong,
    /// Only read FILE and say what would come of it.
    #[arg(long, conflicts_with = "abandon")]
    dry_run: bool,
    /// Write the list of what is left out or cut there, instead of to standard output. Must not exist.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Take back what an unfinished import of FILE stored, or every unfinished import to the site. Of a finished one only the
    /// record goes, so that FILE may be imported again.
    #[arg(long)]
    abandon: bool,
    /// What the other system wrote, packed by gzip or not.
    #[arg(required_unless_present = "abandon")]
    file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum HelplinesCommand {
    /// Makes a key that signs and prints the one that verifies, for `data-helplines-key` in the snippet.
    Keygen {
        /// Where the secret key goes, for its owner's eyes only. Must not exist.
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
    },
    /// Signs the bundle of each country in a folder: `GB.txt` and so on.
    Sign {
        /// What `keygen` wrote.
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
        /// The bundles, as `cargo xtask helplines bundles` writes them.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// Where the signed files go, under the same names: the server's `helplines.folder`.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// When they are issued, in Unix seconds; widgets take what is younger than their own data [default: now].
        #[arg(long, value_name = "SECONDS")]
        issued: Option<i64>,
    },
    /// Says of each signed file in a folder whether a panel with this key would take it.
    Verify {
        /// What `keygen` printed.
        // One key in 64 begins with a hyphen.
        #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
        public: PublicKey,
        /// What `sign` wrote to.
        folder: PathBuf,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Writes the whole log as JSON Lines to FILE, or to standard output for `-`.
    Export {
        /// Must not exist.
        file: PathBuf,
    },
    /// Says whether a line is missing or changed, and which, and prints the hash of the last one, to note down.
    Verify {
        /// What `export` wrote; without it, the database's log. With it, no configuration is needed.
        file: Option<PathBuf>,
        /// A hash that was noted before: without it, nobody can tell that the end was cut off.
        #[arg(long, value_name = "HASH")]
        expect: Option<AuditHash>,
    },
}

#[derive(Subcommand)]
enum ModeratorCommand {
    /// Opens an account and prints a one-time sign-in.
    Add {
        /// Stands in the record of decisions.
        name: String,
        #[arg(long, default_value = "moderator")]
        role: RoleName,
        /// The only site on which it has that role; without it, all sites.
        #[arg(long)]
        site: Option<SiteId>,
    },
    /// Gives an account another role, on all sites or on one, or takes it away. What is taken away ends at once.
    Role {
        /// The account.
        name: String,
        #[arg(long, required_unless_present = "none")]
        role: Option<RoleName>,
        /// Takes the role away.
        #[arg(long, conflicts_with = "role")]
        none: bool,
        /// Where; without it, the role that it has for all sites.
        #[arg(long)]
        site: Option<SiteId>,
    },
    /// Lists the open accounts.
    List,
    /// Closes an account and ends its sessions; its decisions stay on record.
    Close {
        /// The account.
        name: String,
    },
    /// Prints a one-time sign-in for an account, whose password and authenticator stay as they are.
    SignIn {
        /// The account.
        name: String,
    },
    /// Takes password, authenticator and recovery codes of an account away, ends its sessions, and prints a one-time sign-in:
    /// for who lost them, or whose were stolen.
    Reset {
        /// The account.
        name: String,
    },
    /// Lists what happened to an account: sign-ins, codes, and changes of how it signs in.
    Events {
        /// The account.
        name: String,
    },
}

/// A role, as the command line takes it.
#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    /// Reads the queue.
    Viewer,
    /// Decides.
    Moderator,
    /// Decides what two must agree on.
    Lead,
    /// Manages accounts.
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Moderator => Self::Moderator,
            RoleName::Lead => Self::Lead,
            RoleName::Admin => Self::Admin,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Standard output holds what a command answers, and nothing else.
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(is_terminal).init();
    std::panic::set_hook(Box::new(|panic| {
        // Where, but not what: the message may repeat what somebody wrote.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!("panicked at {place}");
    }));
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(Cli { command, settings }: Cli) -> anyhow::Result<()> {
    let command = match command {
        Command::Helplines(command) => return helplines(command),
        Command::Audit(AuditCommand::Verify { file: Some(file), expect }) => {
            return told(audit::verify_file(&file, expect)?);
        }
        Command::Triage => return triage::triage(std::io::stdin().lock(), std::io::stdout().lock()),
        command => command,
    };
    let config = Config::load(&Overrides {
        config: settings.config.clone(),
        addr: settings.addr,
        data: settings.data,
        assets: settings.assets,
        database: settings.database,
        read_from_standby: settings.read_from_standby,
        public_url: settings.public_url,
        secret: std::env::var("PEER_SUPPORT_SECRET").ok(),
        smtp_password: std::env::var("PEER_SUPPORT_SMTP_PASSWORD").ok(),
    })?;
    let runtime = tokio::runtime::Runtime::new().context("threads cannot be started")?;
    runtime.block_on(async {
        match command {
            Command::Serve => serve::serve(&config, stop_signal()?).await,
            Command::CheckConfig => check(&config, settings.config.as_deref()),
            Command::Migrate => {
                serve::open_store(&config).await?.close().await;
                println!("{:?}: up to date", config.database);
                Ok(())
            }
            Command::Backup { file, keep_days } => backup(&config, &file, keep_days).await,
            Command::Restore { file, even_expired } => restore(&config, &file, even_expired).await,
            Command::Import(arguments) => import(&config, arguments).await,
            Command::Export { site, format, all, file } => {
                let site = &known_site(&config, &site)?.id;
                let store = serve::open_store(&config).await?;
                let to = Some(file.as_path()).filter(|file| *file != Path::new("-"));
                let n_items = export(&store, site.clone(), all, format, to).await?;
                store.close().await;
                if to.is_some() {
                    println!("wrote {n_items} posts and replies to {}", file.display());
                }
                Ok(())
            }
            Command::Moderator(command) => moderator(&config, command).await,
            Command::Sensitive { state, site } => {
                let site = &known_site(&config, &site)?.id;
                let is_on = matches!(state, OnOff::On);
                let store = serve::open_store(&config).await?;
                let now = Clock::system().now_ms();
                store.change_site(site.clone(), SiteSetting::Sensitive(is_on), None, now).await?;
                store.close().await;
                println!("site {site}: the sensitive period {}", if is_on { "begins" } else { "ends" });
                Ok(())
            }
            Command::Audit(command) => {
                let store = serve::open_store(&config).await?;
                let done = match command {
                    AuditCommand::Export { file } => {
                        let to = Some(file.as_path()).filter(|file| *file != Path::new("-"));
                        let n_lines = audit::export(&store, to).await?;
                        if to.is_some() {
                            println!("wrote {n_lines} lines to {}", file.display());
                        }
                        Ok(())
                    }
                    AuditCommand::Verify { expect, .. } => audit::verify(&store, expect).await.and_then(told),
                };
                store.close().await;
                done
            }
            Command::LineReports => line_reports(&config).await,
            Command::Helplines(_) | Command::Triage => unreachable!("it was run above"),
        }
    })
}

/// Says that a log is whole.
fn told((n_lines, hash): (i64, String)) -> anyhow::Result<()> {
    println!("{n_lines} lines, none missing or changed; the hash of the last one: {hash}");
    Ok(())
}

/// Ready at Ctrl-C or when the system asks the server to end.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn check(config: &Config, file: Option<&Path>) -> anyhow::Result<()> {
    let survey = config.helplines.as_ref().map(Helplines::survey);
    if let Some((_, problems)) = &survey
        && !problems.is_empty()
    {
        bail!("{}", problems.join("\n"));
    }
    match file {
        Some(file) => println!("{}: fine", file.display()),
        None => println!("no configuration file: a demo site on this machine"),
    }
    println!("listens on {}, data in {:?}", config.addr, config.database);
    for site in config.sites.iter() {
        let origins: Vec<_> = site.origins.iter().map(ToString::to_string).collect();
        println!("site {}: {}, used by {}", site.id, site.name, origins.join(", "));
    }
    if let (Some(helplines), Some((n_files, _))) = (&config.helplines, survey) {
        let how = if helplines.public_key.is_some() { "verified" } else { "not verified: no public_key" };
        println!("signed helplines of {n_files} countries in {}, {how}", helplines.folder.display());
    }
    Ok(())
}

async fn backup(config: &Config, file: &Path, keep_days: i64) -> anyhow::Result<()> {
    let made_at = Clock::system().now_ms();
    let terms = CopyTerms { made_at, expires_at: made_at + keep_days * DAY_MS };
    let store = serve::open_store(config).await?;
    store.backup(file, terms).await.with_context(|| format!("{} was not written", file.display()))?;
    store.close().await;
    println!("wrote {}", file.display());
    println!(
        "throw it away by {}: it holds what people delete from now on, and what the server forgets after {} days",
        Day::of_ms(terms.expires_at),
        UNPUBLISHED_RETENTION_MS / DAY_MS
    );
    Ok(())
}

async fn restore(config: &Config, file: &Path, is_even_expired: bool) -> anyhow::Result<()> {
    let now = Clock::system().now_ms();
    match store::restore(&config.database, file, now, is_even_expired).await {
        Err(StoreError::Expired(at)) => {
            let by = at.map_or_else(String::new, |at| format!(" by {}", Day::of_ms(at)));
            bail!(
                "{} should have been thrown away{by}: it may hold what people deleted since it was made; \
                 --even-expired restores it all the same",
                file.display()
            );
        }
        restored => restored.with_context(|| format!("{} was not restored", file.display()))?,
    }
    println!("restored {} to {:?}", file.display(), config.database);
    let store = serve::open_store(config).await?;
    let n_purged = serve::purge_once(&*store, &config.sites, now)
        .await
        .context("it could not be purged; `serve` does it first")?;
    store.close().await;
    println!("{n_purged} posts and replies in it were past their time, and are gone again");
    println!("what people deleted after the copy was made is back: delete it again where you know of it");
    Ok(())
}

/// A site of the configuration.
fn known_site<'a>(config: &'a Config, id: &SiteId) -> anyhow::Result<&'a Site> {
    let names = || config.sites.iter().map(|site| site.id.to_string()).collect::<Vec<_>>().join(", ");
    config.sites.get(id).with_context(|| format!("there is no site {id}; expected one of {}", names()))
}

async fn import(config: &Config, arguments: ImportArguments) -> anyhow::Result<()> {
    let site = known_site(config, &arguments.site)?;
    let store = serve::open_store(config).await?;
    serve::create_private_folder(&config.data)?;
    if arguments.abandon {
        let abandoned = import::abandon(&store, &config.data, &site.id, arguments.file.as_deref()).await;
        let (n_imports, n_items) = abandoned?;
        store.close().await;
        println!(
            "abandoned {n_imports} imports to {}: {n_items} posts and replies that nobody saw are gone",
            site.id
        );
        return Ok(());
    }
    let topics: Vec<TopicId> = site.topics.iter().map(|topic| topic.id.clone()).collect();
    let topic = arguments.topic.unwrap_or_else(|| topics[0].clone());
    ensure!(topics.contains(&topic), "the site {} has no topic {topic}", site.id);
    let request = import::Request {
        file: arguments.file.context("which file?")?,
        source: arguments.from.context("from which system?")?,
        site: site.id.clone(),
        topic,
        topics,
        kind: arguments.kind,
        is_publishing: arguments.publish,
        too_long: arguments.too_long,
        is_trial: arguments.dry_run,
    };
    let report: Box<dyn Write + Send> = match &arguments.report {
        Some(file) => {
            let created = std::fs::File::create_new(file);
            Box::new(std::io::BufWriter::new(
                created.with_context(|| format!("{} was not written", file.display()))?,
            ))
        }
        None => Box::new(std::io::BufWriter::new(std::io::stdout())),
    };
    let say = |what: &str| eprintln!("{what}");
    let (clock, random) = (Clock::system(), Random::system());
    let outcome = import::import(&store, &config.data, request, &clock, &random, report, say).await?;
    store.close().await;
    let counted = |summary: import::Summary| {
        format!(
            "{} posts and {} replies, {} of them published and the others held; {} long texts cut; {} comments left out",
            summary.n_posts, summary.n_replies, summary.n_published, summary.n_split, summary.n_left_out
        )
    };
    match outcome {
        Outcome::Imported(summary) => println!("imported to {}: {}", site.id, counted(summary)),
        Outcome::Tried(summary) => println!("nothing was stored; an import would bring {}", counted(summary)),
        Outcome::Before { at } => {
            println!("this file was imported to {} on {}: nothing was added", site.id, Day::of_ms(at));
        }
    }
    Ok(())
}

fn helplines(command: HelplinesCommand) -> anyhow::Result<()> {
    match command {
        HelplinesCommand::Keygen { secret: file } => {
            let secret = SecretKey::draw(&Random::system());
            secret.write(&file).with_context(|| format!("{} was not written", file.display()))?;
            println!("{}", secret.public());
        }
        HelplinesCommand::Sign { secret: file, from, to, issued } => {
            let text = std::fs::read_to_string(&file);
            let text = text.with_context(|| format!("{} cannot be read", file.display()))?;
            let secret: SecretKey = text.parse().with_context(|| format!("{}", file.display()))?;
            let now_ms = Clock::system().now_ms();
            let issued_s = issued.unwrap_or(now_ms / 1_000);
            let signing = helplines::sign(&secret, &from, &to, issued_s, now_ms)?;
            println!("{}: signed {} files, issued {issued_s}", to.display(), signing.n_files);
            println!("the public key: {}", secret.public());
            for country in signing.left {
                println!("{country}.txt: left as it was, there is no bundle of it in {}", from.display());
            }
        }
        HelplinesCommand::Verify { public, folder } => {
            let verified = helplines::verify(&public, &folder);
            let (good, bad) = verified.with_context(|| format!("{} cannot be read", folder.display()))?;
            for line in &good {
                println!("{line}");
            }
            ensure!(bad.is_empty(), "{}", bad.join("\n"));
            ensure!(!good.is_empty(), "{} has no file such as GB.txt", folder.display());
        }
    }
    Ok(())
}

/// All reports, page by page: there may be many.
async fn line_reports(config: &Config) -> anyhow::Result<()> {
    let store = serve::open_store(config).await?;
    let mut csv = csv::Writer::from_writer(std::io::stdout().lock());
    csv.write_record(["day", "site", "line", "contact", "problem", "reports"])?;
    let mut after = None;
    loop {
        let page = store.line_reports(Reach::Everywhere, after, *PAGE_ITEMS.end()).await?;
        for report in page.items {
            csv.write_record([
                report.day.to_string(),
                report.site.to_string(),
                report.line.to_string(),
                report.contact.to_string(),
                report.problem.to_string(),
                report.n_reports.to_string(),
            ])?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    csv.flush()?;
    store.close().await;
    Ok(())
}

async fn moderator(config: &Config, command: ModeratorCommand) -> anyhow::Result<()> {
    let store = serve::open_store(config).await?;
    let clock = Clock::system();
    let now = clock.now_ms();
    let sign_in = async |name: &str| {
        let code = SignInCode::draw(&Random::system());
        if !store.add_sign_in_code(name.to_owned(), code.hash(), now, now + SIGN_IN_CODE_MS).await? {
            bail!("there is no open account {name:?}");
        }
        let base = config
            .public_url
            .as_ref()
            .map_or_else(|| format!("http://{}/", config.addr), ToString::to_string);
        println!("sign in once, within a day: {base}console/#code={code}");
        Ok(())
    };
    match command {
        ModeratorCommand::Add { name, role, site } => {
            let name = account_name(&name)?;
            let role = Role::from(role);
            let everywhere = if site.is_none() { Some(role) } else { None };
            // A slip of the pen would give a role that opens nothing.
            site.as_ref().map(|site| known_site(config, site)).transpose()?;
            let Some(moderator) = store.add_account(name.clone(), everywhere, now).await? else {
                bail!("there is an account of this name already");
            };
            let moderator = match site {
                None => moderator,
                Some(site) => {
                    let new = NewRole { name, site: Some(site), role: Some(role), by: None, at: now };
                    changed(store.set_role(new).await?)?
                }
            };
            println!("{}: {}", moderator.name, in_words(&moderator.roles));
            sign_in(&moderator.name).await?;
        }
        ModeratorCommand::Role { name, role, none: _, site } => {
            // A slip of the pen would give a role that opens nothing.
            site.as_ref().map(|site| known_site(config, site)).transpose()?;
            let new = NewRole { name, site, role: role.map(Role::from), by: None, at: now };
            let moderator = changed(store.set_role(new).await?)?;
            println!("{}: {}", moderator.name, in_words(&moderator.roles));
        }
        ModeratorCommand::List => {
            for moderator in store.moderators().await? {
                let account = store.account(moderator.id).await?;
                let signs_in = match (account.has_password, account.has_authenticator) {
                    (true, true) => {
                        format!("password and authenticator, {} recovery codes", account.n_recovery_codes)
                    }
                    (true, false) => "password, no authenticator yet: signs in with codes".to_owned(),
                    (false, true) => "authenticator, no password yet: signs in with codes".to_owned(),
                    (false, false) => "signs in with codes".to_owned(),
                };
                println!("{}: {}; {signs_in}", moderator.name, in_words(&moderator.roles));
            }
        }
        ModeratorCommand::Close { name } => {
            if !store.close_moderator(name.clone(), now).await? {
                bail!("there is no open account {name:?}");
            }
            println!("{name}: closed");
        }
        ModeratorCommand::SignIn { name } => sign_in(&name).await?,
        ModeratorCommand::Reset { name } => {
            if !store.reset_moderator(name.clone(), now).await? {
                bail!("there is no open account {name:?}");
            }
            println!("{name}: password, authenticator, recovery codes and sessions are gone");
            sign_in(&name).await?;
        }
        ModeratorCommand::Events { name } => {
            let moderators = store.moderators().await?;
            let moderator = moderators.into_iter().find(|moderator| moderator.name == name);
            let moderator = moderator.with_context(|| format!("there is no open account {name:?}"))?;
            for (event, at) in store.account(moderator.id).await?.events {
                let minutes = at.rem_euclid(DAY_MS) / 60_000;
                println!("{} {:02}:{:02} UTC: {event}", Day::of_ms(at), minutes / 60, minutes % 60);
            }
        }
    }
    store.close().await;
    Ok(())
}

fn changed(changed: RoleChanged) -> anyhow::Result<Moderator> {
    match changed {
        RoleChanged::Done(moderator) => Ok(moderator),
        RoleChanged::NoSuchAccount => bail!("there is no open account of this name"),
        RoleChanged::NotGiven(why) => bail!("{why}"),
    }
}

/// The roles of an account on one line.
fn in_words(roles: &Roles) -> String {
    let everywhere = roles.everywhere.map(|role| role.to_string());
    let by_site = roles.by_site.iter().map(|(site, role)| format!("{role} of {site}"));
    let words: Vec<String> = everywhere.into_iter().chain(by_site).collect();
    if words.is_empty() { "no role".to_owned() } else { words.join(", ") }
}

/// The name of an account: it stands in records and on one line of the console.
fn account_name(name: &str) -> anyhow::Result<String> {
    let name = name.trim();
    let n_chars = name.chars().count();
    if !ACCOUNT_NAME_CHARS.contains(&n_chars) || name.chars().any(char::is_control) {
        let (min, max) = ACCOUNT_NAME_CHARS.into_inner();
        bail!("a name has {min} to {max} characters on one line");
    }
    Ok(name.to_owned())
}

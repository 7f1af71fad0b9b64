//! The command line of the server.

use std::future::Future;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use peer_support_domain::limits::PAGE_ITEMS;
use peer_support_domain::post::Role;
use peer_support_server::clock::{Clock, Random};
use peer_support_server::config::{Config, Overrides};
use peer_support_server::helplines::{Helplines, PublicKey, SecretKey};
use peer_support_server::secret::SignInCode;
use peer_support_server::{helplines, serve, store};

/// How long a sign-in code that an admin asked for can be used: it is handed over by hand.
const SIGN_IN_CODE_MS: i64 = 24 * 60 * 60 * 1_000;

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
    /// Writes a copy of all data to FILE, while the server runs.
    Backup {
        /// Must not exist.
        file: PathBuf,
    },
    /// Fills an empty or missing database with a copy that `backup` made of either kind of database.
    Restore {
        /// What `backup` wrote.
        file: PathBuf,
    },
    /// Moderators' accounts.
    #[command(subcommand)]
    Moderator(ModeratorCommand),
    /// Prints as CSV what visitors reported of helplines that did not work, the newest day first.
    LineReports,
    /// Newer helplines than panels were built with: signs them. Needs no configuration, and better runs where no server
    /// does.
    #[command(subcommand)]
    Helplines(HelplinesCommand),
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
enum ModeratorCommand {
    /// Opens an account and prints a one-time sign-in.
    Add {
        /// Stands in the record of decisions.
        name: String,
        #[arg(long, default_value = "moderator")]
        role: RoleName,
    },
    /// Lists the open accounts.
    List,
    /// Closes an account and ends its sessions; its decisions stay on record.
    Close {
        /// The account.
        name: String,
    },
    /// Prints a one-time sign-in for an account.
    SignIn {
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
    if let Command::Helplines(command) = command {
        return helplines(command);
    }
    let config = Config::load(&Overrides {
        config: settings.config.clone(),
        addr: settings.addr,
        data: settings.data,
        assets: settings.assets,
        database: settings.database,
        public_url: settings.public_url,
        secret: std::env::var("PEER_SUPPORT_SECRET").ok(),
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
            Command::Backup { file } => {
                let store = serve::open_store(&config).await?;
                store.backup(&file).await.with_context(|| format!("{} was not written", file.display()))?;
                store.close().await;
                println!("wrote {}", file.display());
                Ok(())
            }
            Command::Restore { file } => {
                let restored = store::restore(&config.database, &file).await;
                restored.with_context(|| format!("{} was not restored", file.display()))?;
                println!("restored {} to {:?}", file.display(), config.database);
                Ok(())
            }
            Command::Moderator(command) => moderator(&config, command).await,
            Command::LineReports => line_reports(&config).await,
            Command::Helplines(_) => unreachable!("it was run above"),
        }
    })
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
        let page = store.line_reports(after, *PAGE_ITEMS.end()).await?;
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
        if !store.add_sign_in_code(name.to_owned(), code.hash(), now + SIGN_IN_CODE_MS).await? {
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
        ModeratorCommand::Add { name, role } => {
            let name = account_name(&name)?;
            let role = Role::from(role);
            let Some(moderator) = store.add_moderator(name, role, now).await? else {
                bail!("there is an account of this name already");
            };
            println!("{}: {}", moderator.name, moderator.role);
            sign_in(&moderator.name).await?;
        }
        ModeratorCommand::List => {
            for moderator in store.moderators().await? {
                println!("{}: {}", moderator.name, moderator.role);
            }
        }
        ModeratorCommand::Close { name } => {
            if !store.close_moderator(name.clone(), now).await? {
                bail!("there is no open account {name:?}");
            }
            println!("{name}: closed");
        }
        ModeratorCommand::SignIn { name } => sign_in(&name).await?,
    }
    store.close().await;
    Ok(())
}

/// The name of an account: it stands in records and on one line of the console.
fn account_name(name: &str) -> anyhow::Result<String> {
    let name = name.trim();
    let n_chars = name.chars().count();
    if !(1..=60).contains(&n_chars) || name.chars().any(char::is_control) {
        bail!("a name has 1 to 60 characters on one line");
    }
    Ok(name.to_owned())
}

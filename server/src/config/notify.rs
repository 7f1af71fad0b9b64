//! `[smtp]` and `[sites.notify]`: where notifications to a site's team go.

use std::net::IpAddr;

use lettre::message::Mailbox;
use peer_support_domain::limits::{NOTIFIED_ADDRESSES, WEBHOOK_SECRETS, WEBHOOKS};
use peer_support_domain::site::TopicId;
use toml::Value;

use super::{Overrides, Reader, Section};
use crate::outbox::{Channels, Security, Smtp, Tongue, Webhook};

/// Ports of a mail server, by how the connection is kept.
const fn usual_port(security: Security) -> i64 {
    match security {
        Security::StartTls => 587,
        Security::Tls => 465,
        Security::None => 25,
    }
}

impl Reader {
    pub(super) fn smtp(&mut self, top: &mut Section, overrides: &Overrides) -> Option<Smtp> {
        let mut section = self.table(top, "smtp")?;
        let host =
            self.needed(&mut section, "host").and_then(|(place, value)| self.parsed::<String>(&place, value));
        let from = self.needed(&mut section, "from").and_then(|(place, value)| self.mailbox(&place, value));
        let security = match self.text(&mut section, "security").as_deref() {
            None | Some("starttls") => Security::StartTls,
            Some("tls") => Security::Tls,
            Some("none") => Security::None,
            Some(_) => {
                self.problem("smtp.security", "is not starttls, tls or none");
                Security::StartTls
            }
        };
        let port = self.whole_number(&mut section, "port", 1..=65_535).unwrap_or(usual_port(security));
        let user = self.text(&mut section, "user");
        let password =
            self.value(&mut section, "password", &overrides.smtp_password, |text| Ok(text.to_owned()));
        if user.is_some() != password.is_some() {
            self.problem("smtp.user", "and password belong together, and one is missing");
        }
        self.no_more(section);
        let host = host?;
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if security == Security::None && !is_here {
            self.problem("smtp.security", "is none, which is taken for this machine only");
        }
        Some(Smtp {
            host,
            port: u16::try_from(port).ok()?,
            security,
            credentials: user.zip(password),
            from: from?,
        })
    }

    /// `[sites.notify]`.
    pub(super) fn channels(&mut self, site: &mut Section, has_smtp: bool) -> Channels {
        let mut channels = Channels::default();
        let Some(mut section) = self.table(site, "notify") else { return channels };
        channels.tells_of_risk = self.yes_or_no(&mut section, "risk").unwrap_or(channels.tells_of_risk);
        channels.tells_of_late = self.yes_or_no(&mut section, "late").unwrap_or(channels.tells_of_late);
        if let Some(tag) = self.text(&mut section, "lang") {
            match Tongue::of_tag(&tag) {
                Some(tongue) => channels.tongue = tongue,
                None => self.problem(&section.place("lang"), "is not en, es or ar"),
            }
        }
        let place = section.place("email");
        if let Some(addresses) = self.list(&mut section, "email") {
            if !NOTIFIED_ADDRESSES.contains(&addresses.len()) {
                let (min, max) = NOTIFIED_ADDRESSES.into_inner();
                self.problem(
                    &place,
                    format_args!("has {} addresses; expected {min} to {max}", addresses.len()),
                );
            }
            if !has_smtp {
                self.problem(&place, "needs a mail server; expected [smtp]");
            }
            let addresses = addresses.into_iter().enumerate();
            channels.email =
                addresses.filter_map(|(n, value)| self.mailbox(&format!("{place}[{n}]"), value)).collect();
        }
        let place = section.place("webhooks");
        let webhooks = self.list(&mut section, "webhooks").unwrap_or_default();
        if webhooks.len() > WEBHOOKS {
            self.problem(&place, format_args!("has {} entries; expected at most {WEBHOOKS}", webhooks.len()));
        }
        for (n, value) in webhooks.into_iter().enumerate() {
            let path = format!("{place}[{n}]");
            let Value::Table(table) = value else {
                self.problem(&path, "is not a table");
                continue;
            };
            let Some(webhook) = self.webhook(Section { path: path.clone(), table }) else { continue };
            if webhook.name == crate::outbox::EMAIL
                || channels.webhooks.iter().any(|w| w.name == webhook.name)
            {
                self.problem(&format!("{path}.name"), format_args!("{} is used twice", webhook.name));
            }
            channels.webhooks.push(webhook);
        }
        self.no_more(section);
        channels
    }

    fn webhook(&mut self, mut section: Section) -> Option<Webhook> {
        // Its form is that of a topic: short, and fit for a log.
        let name: Option<TopicId> =
            self.needed(&mut section, "name").and_then(|(place, value)| self.parsed(&place, value));
        let url = self.needed(&mut section, "url").and_then(|(place, value)| self.parsed(&place, value));
        let place = section.place("secrets");
        let secrets = self.list(&mut section, "secrets").unwrap_or_default();
        if !WEBHOOK_SECRETS.contains(&secrets.len()) {
            let (min, max) = WEBHOOK_SECRETS.into_inner();
            self.problem(&place, format_args!("has {} secrets; expected {min} to {max}", secrets.len()));
        }
        let secrets = secrets.into_iter().enumerate();
        let secrets = secrets.filter_map(|(n, value)| self.parsed(&format!("{place}[{n}]"), value)).collect();
        let allows_private = self.yes_or_no(&mut section, "allow_private").unwrap_or(false);
        self.no_more(section);
        Some(Webhook { name: name?.to_string(), url: url?, secrets, allows_private })
    }

    fn mailbox(&mut self, place: &str, value: Value) -> Option<Mailbox> {
        let Value::String(text) = value else {
            self.problem(place, "is not an e-mail address");
            return None;
        };
        text.parse().map_err(|_| self.problem(place, "is not an e-mail address")).ok()
    }

    pub(super) fn yes_or_no(&mut self, section: &mut Section, key: &str) -> Option<bool> {
        let value = section.table.remove(key)?;
        if value.as_bool().is_none() {
            self.problem(&section.place(key), "is not true or false");
        }
        value.as_bool()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::*;

    const SITE: &str = r#"
        [[sites]]
        id = "rowan"
        name = "Rowan House"
        origins = []
        topics = ["low-mood"]
        [sites.notify]
    "#;

    fn read(text: &str) -> Result<Config, String> {
        let overrides = Overrides { smtp_password: Some("hunter2".to_owned()), ..Overrides::default() };
        Config::read(Some((Path::new("ps.toml"), text)), &overrides).map_err(|e| e.to_string())
    }

    #[test]
    fn channels_are_read_as_they_are_written_and_show_no_secret() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let config = read(&format!(
            r#"
            [smtp]
            host = "mail.rowan.example"
            user = "ada"
            from = "Rowan House <support@rowan.example>"
            {SITE}
            risk = false
            lang = "es"
            email = ["lead@rowan.example", "Bo <bo@rowan.example>"]
            webhooks = [{{ name = "pager", url = "https://pager.example/a-secret-path", secrets = ["{secret}"] }}]
            "#
        ))
        .unwrap();

        let smtp = config.smtp.as_ref().unwrap();
        assert_eq!((smtp.port, smtp.security), (587, Security::StartTls));
        assert_eq!(smtp.credentials, Some(("ada".to_owned(), "hunter2".to_owned())));
        let channels = &config.sites.get(&"rowan".parse().unwrap()).unwrap().channels;
        assert_eq!((channels.tells_of_risk, channels.tells_of_late), (false, true));
        assert_eq!((channels.email.len(), channels.tongue), (2, Tongue::Spanish));
        assert!(!channels.webhooks[0].allows_private);
        let shown = format!("{config:?}");
        for secret in ["hunter2", "MfKQ9r8G", "a-secret-path"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn what_is_wrong_with_channels_is_named() {
        let problems = read(&format!(
            r#"
            [smtp]
            host = "mail.rowan.example"
            security = "none"
            user = "ada"
            from = "nobody"
            {SITE}
            risk = "yes"
            lang = "tlh"
            email = []
            webhooks = [
                {{ name = "email", url = "http://pager.example", secrets = [] }},
                {{ name = "b", url = "https://pager.example", secrets = ["short"], colour = "red" }},
            ]
            "#
        ))
        .unwrap_err();

        let places: Vec<_> = problems.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
        assert_eq!(
            places,
            [
                "smtp.from",
                "smtp.security",
                "sites[0].notify.risk",
                "sites[0].notify.lang",
                "sites[0].notify.email",
                "sites[0].notify.email",
                "sites[0].notify.webhooks[0].url",
                "sites[0].notify.webhooks[0].secrets",
                "sites[0].notify.webhooks[1].secrets[0]",
                "sites[0].notify.webhooks[1].colour",
            ]
        );
    }
}

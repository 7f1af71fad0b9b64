//! E-mails: one neutral sentence and a link, because a phone shows them to whoever stands beside it.

use std::error::Error;
use std::fmt;

use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use peer_support_domain::delivery::{DeliveryFailure, Occasion};
use peer_support_domain::limits::DELIVERY_TRY;
use tokio_rustls::rustls;

use super::Message;
use super::channels::Channels;

/// The language of a site's e-mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Tongue {
    English,
    Spanish,
    French,
    German,
    Portuguese,
    Italian,
    Polish,
    Ukrainian,
    Arabic,
    Hindi,
    Chinese,
    Japanese,
}

impl Tongue {
    /// Of this tag, when there are e-mails in it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag {
            "en" => Some(Self::English),
            "es" => Some(Self::Spanish),
            "fr" => Some(Self::French),
            "de" => Some(Self::German),
            "pt" | "pt-BR" => Some(Self::Portuguese),
            "it" => Some(Self::Italian),
            "pl" => Some(Self::Polish),
            "uk" => Some(Self::Ukrainian),
            "ar" => Some(Self::Arabic),
            "hi" => Some(Self::Hindi),
            "zh" | "zh-Hans" => Some(Self::Chinese),
            "ja" => Some(Self::Japanese),
            _ => None,
        }
    }

    /// The subject, which says nothing about why.
    const fn subject(self) -> &'static str {
        match self {
            Self::English => "Something waits for you in the console",
            Self::Spanish => "Algo te espera en la consola",
            Self::French => "Quelque chose vous attend dans la console",
            Self::German => "In der Konsole wartet etwas auf dich",
            Self::Portuguese => "Algo espera por você no console",
            Self::Italian => "Qualcosa ti aspetta nella console",
            Self::Polish => "Coś czeka na ciebie w konsoli",
            Self::Ukrainian => "Щось чекає на вас у консолі",
            Self::Arabic => "شيءٌ ما بانتظارك في لوحة الإشراف",
            Self::Hindi => "कंसोल में कुछ आपका इंतज़ार कर रहा है",
            Self::Chinese => "控制台里有事项在等你",
            Self::Japanese => "コンソールに確認していただきたいことがあります",
        }
    }

    /// What ends a sentence.
    const fn full_stop(self) -> &'static str {
        match self {
            Self::Hindi => "।",
            Self::Chinese | Self::Japanese => "。",
            _ => ".",
        }
    }

    const fn more(self, is_test: bool) -> &'static str {
        match (self, is_test) {
            (Self::English, false) => "This message says nothing more on purpose. Please sign in and look.",
            (Self::English, true) => "This is only a test: messages to this address arrive.",
            (Self::Spanish, false) => "Este mensaje no dice nada más a propósito. Entra y míralo, por favor.",
            (Self::Spanish, true) => "Esto es solo una prueba: los mensajes a esta dirección llegan.",
            (Self::French, false) => {
                "Ce message n’en dit pas plus, exprès. Connectez-vous et regardez, s’il vous plaît."
            }
            (Self::French, true) => "Ceci n’est qu’un test : les messages arrivent bien à cette adresse.",
            (Self::German, false) => {
                "Diese Nachricht sagt mit Absicht nicht mehr. Bitte melde dich an und sieh nach."
            }
            (Self::German, true) => "Das ist nur ein Test: Nachrichten an diese Adresse kommen an.",
            (Self::Portuguese, false) => {
                "Esta mensagem não diz mais nada, de propósito. Entre e veja, por favor."
            }
            (Self::Portuguese, true) => "Isto é só um teste: as mensagens para este endereço chegam.",
            (Self::Italian, false) => {
                "Questo messaggio non dice altro, apposta. Accedi e guarda, per favore."
            }
            (Self::Italian, true) => "Questa è solo una prova: i messaggi a questo indirizzo arrivano.",
            (Self::Polish, false) => "Ta wiadomość celowo nie mówi nic więcej. Zaloguj się i zobacz, proszę.",
            (Self::Polish, true) => "To tylko próba: wiadomości na ten adres docierają.",
            (Self::Ukrainian, false) => {
                "Це повідомлення навмисно не каже більше нічого. Увійдіть і подивіться, будь ласка."
            }
            (Self::Ukrainian, true) => "Це лише перевірка: повідомлення на цю адресу доходять.",
            (Self::Hindi, false) => "यह संदेश जान-बूझकर और कुछ नहीं बताता। कृपया साइन इन करके देखें।",
            (Self::Hindi, true) => "यह सिर्फ़ एक जाँच है: इस पते पर संदेश पहुँचते हैं।",
            (Self::Chinese, false) => "这封邮件有意不再多说。请登录查看。",
            (Self::Chinese, true) => "这只是一次测试：发到这个地址的邮件能够送达。",
            (Self::Japanese, false) => {
                "このメールには、これ以上のことをあえて書いていません。サインインして確認してください。"
            }
            (Self::Japanese, true) => "これはテストです。このアドレスにメールが届くことを確かめました。",
            (Self::Arabic, false) => "لا تقول هذه الرسالة أكثر من ذلك عن قصد. يُرجى تسجيل الدخول والاطّلاع.",
            (Self::Arabic, true) => "هذا اختبار فقط: الرسائل إلى هذا العنوان تصل.",
        }
    }
}

/// How the connection to the mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// It begins in the open and must change to TLS.
    StartTls,
    /// By TLS from the start.
    Tls,
    /// Not at all; only on this machine.
    None,
}

/// The mail server.
#[derive(Clone)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept.
    pub security: Security,
    /// Name and password, where it wants them.
    pub credentials: Option<(String, String)>,
    /// Who writes.
    pub from: Mailbox,
}

/// Without the password.
impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({}:{}, {:?})", self.host, self.port, self.security)
    }
}

/// Writes e-mails.
pub struct Letters {
    transport: Option<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
}

impl Letters {
    /// By this mail server.
    pub fn new(smtp: &Smtp) -> Self {
        let tls =
            || TlsParameters::new(smtp.host.clone()).map_err(|e| tracing::error!("no TLS for e-mails: {e}"));
        let tls = match smtp.security {
            Security::StartTls => tls().map(Tls::Required),
            Security::Tls => tls().map(Tls::Wrapper),
            Security::None => Ok(Tls::None),
        };
        let transport = tls.ok().map(|tls| {
            let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
                .port(smtp.port)
                .tls(tls)
                .timeout(Some(DELIVERY_TRY));
            if let Some((user, password)) = &smtp.credentials {
                builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
            }
            builder.build()
        });
        Self { transport, from: smtp.from.clone() }
    }

    /// Writes to all addresses of the site.
    pub(super) async fn send(
        &self,
        channels: &Channels,
        message: &Message<'_>,
    ) -> Result<(), DeliveryFailure> {
        let transport = self.transport.as_ref().ok_or(DeliveryFailure::Tls)?;
        let tongue = channels.tongue;
        let mut body = format!("{}{}\n", tongue.subject(), tongue.full_stop());
        if let Some(console) = message.console {
            body.push_str(&format!("\n{console}\n"));
        }
        body.push_str(&format!("\n{}\n", tongue.more(message.occasion == Occasion::Test)));
        let domain = self.from.email.domain();
        let mut letter = MessageBuilder::new()
            .from(self.from.clone())
            .subject(tongue.subject())
            // The same in every try, so that mail programs show it once.
            .message_id(Some(format!("<{}@{domain}>", message.id)));
        for to in &channels.email {
            letter = letter.to(to.clone());
        }
        let letter = letter.body(body).map_err(|_| DeliveryFailure::Refused)?;
        transport.send(letter).await.map(drop).map_err(|e| failure(&e))
    }
}

/// Whether a connection failed because of its certificate or encryption.
fn is_about_tls(error: &dyn Error) -> bool {
    let mut sources = std::iter::successors(error.source(), |&error| error.source());
    sources.any(|source| {
        let inside = source.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        source.is::<rustls::Error>() || inside.is_some_and(|inside| inside.is::<rustls::Error>())
    })
}

fn failure(error: &lettre::transport::smtp::Error) -> DeliveryFailure {
    if error.is_permanent() {
        DeliveryFailure::Refused
    } else if error.is_timeout() {
        DeliveryFailure::TimedOut
    } else if error.is_tls() || is_about_tls(error) {
        DeliveryFailure::Tls
    } else if error.is_transient() || error.is_response() {
        DeliveryFailure::ReceiverFailed
    } else {
        DeliveryFailure::Unreachable
    }
}

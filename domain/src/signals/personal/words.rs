//! The words around personal data, in the languages that have rules.

use std::sync::LazyLock;

use super::super::plain::{ByHash, SEED, spread, step};
use crate::search::plain;

/// What a word says about its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Cue {
    /// A phone.
    Phone,
    /// Papers and accounts that have a number.
    Id,
    /// What is measured: no number of a phone.
    Unit,
    /// Behind `@`, nobody's account.
    NoAccount,
    /// The end of a web address.
    Domain,
    /// One that is no word of a sentence.
    SureDomain,
    /// Social networks and games.
    Network,
    /// Between a network and an account: "is", "name".
    Is,
    /// Asks for contact.
    AddMe,
    /// "on", before a network.
    On,
    /// The sign `@` as a word.
    At,
    /// The full stop as a word.
    Dot,
    /// Who keeps mail.
    MailHost,
    /// Mail.
    Mail,
    /// "double zero".
    Double,
    /// A street, behind its name.
    StreetAfter,
    /// One that is also another word.
    StreetShort,
    /// A street, before its name.
    StreetBefore,
    /// "live at".
    Live,
    /// Between the parts of a name: "de", "van".
    Particle,
    /// "Dr", "Mrs".
    Title,
    /// Who has a name: "boss", "my sister".
    Person,
    /// Before a name that did something: "by", "told".
    DoneBy,
    /// Before a place: "in", "from".
    Place,
    /// Capital letters that are no name of a person: days, countries, who everybody knows.
    NoName,
    /// Schools, hospitals, firms.
    Institution,
    /// "study at", "work for".
    AtWork,
    /// Words that are no name and no account.
    Common,
}

const WORDS: &[(Cue, &str)] = &[
    (
        Cue::Phone,
        "phone cell mobile call text ring whatsapp number tel telephone telefono movil celular llamame telefone telemovel handy telefon nummer ruf anrufen telephone portable numero appelle ligue liga zap zapp sms landline",
    ),
    (
        Cue::Id,
        "ssn passport licence license nhs insurance policy account acc iban aadhaar pan medicare plate id inmate mrn ref reference case \
        tfn pps employee member card patient student sort social national nin ni visa badge ticket registration vin \
        dni nie pasaporte cedula nif curp nss rfc cuenta matricula tarjeta expediente seguridad \
        cpf rg cnh passaporte conta cartao sus utente contribuinte processo \
        ausweis personalausweis reisepass kontonummer versicherungsnummer sozialversicherungsnummer steuer steuernummer kennzeichen kundennummer matrikelnummer aktenzeichen patientennummer svnr \
        passeport securite secu plaque immatriculation dossier carte identite compte siret nir \
        パスポート マイナンバー आधार पासपोर्ट पैन",
    ),
    (
        Cue::Unit,
        "mg g kg km k ml cl l lb lbs kgs cm mm m mi miles mcg ug cal kcal calories steps days day weeks week months month years year yrs yr yo hours hour hrs hr h minutes min mins \
        seconds sec s times am pm percent pounds dollars euros euro bucks quid rupees reais dias semanas meses anos horas minutos veces vezes pasos passos tage wochen monate jahre stunden minuten uhr mal \
        jours semaines mois ans heures minutes fois likes followers views people persons users members points pages words usd eur gbp inr brl %",
    ),
    (
        Cue::NoAccount,
        "user users mods mod admin everyone here all home work school channel team moderator moderators",
    ),
    (
        Cue::Domain,
        "com org net edu gov info io co uk us de fr es pt br mx ar cl pe it nl be ch at ca au nz ie in jp app gg me tv site xyz link dev blog online club shop eu ru pl se no dk fi cz example test invalid",
    ),
    (Cue::SureDomain, "com org net de fr es co uk example br pt io"),
    (
        Cue::Network,
        "insta instagram ig snap snapchat discord disc telegram tg tele kik tiktok twitter facebook fb steam xbox psn reddit wechat skype gamertag twitch \
        threads bluesky bsky mastodon linkedin signal onlyfans tumblr pinterest youtube line viber messenger whatsapp wpp insta's roblox インスタ",
    ),
    (
        Cue::Is,
        "is its it's name username user handle id account under as at = - : me called named mine's mines i'm im es se llama soy esta usuario cuenta nombre lautet heisst heiße ist unter als name benutzername est c'est sous pseudo compte nom e eh chama usuario conta nome meu mein mi mon my",
    ),
    (
        Cue::AddMe,
        "add me follow dm message msg find hmu snap my agregame sigueme buscame adiciona segue chama adde folg folgt schreib ajoute ajoutez suivez mi mein meine meu mon mes name username handle",
    ),
    (Cue::On, "on at in en no na auf bei sur chez @"),
    (Cue::At, "at arroba arobase arobas ät klammeraffe at-sign"),
    (Cue::Dot, "dot punto ponto punkt point period"),
    (Cue::MailHost, "gmail hotmail outlook yahoo icloud proton protonmail gmx web aol"),
    (Cue::Mail, "mail email e-mail correo mailme write escribeme schreib ecris"),
    (Cue::Double, "double triple doble dobro doppel and dash hyphen"),
    (
        Cue::StreetAfter,
        "street st road rd avenue ave av lane ln drive dr close court ct way place pl terrace crescent cres gardens boulevard blvd highway hwy grove walk row square sq mews hill parade quay circle cir trail loop pike pkwy parkway straße strasse weg allee gasse platz street, rue",
    ),
    (
        Cue::StreetShort,
        "st close court ct way place pl drive dr walk row hill square circle loop trail gardens point ave av lane",
    ),
    (
        Cue::StreetBefore,
        "rue avenue av boulevard bd impasse chemin allee allée quai place route calle c/ avenida avda paseo plaza carrera calzada callejon camino privada rua travessa alameda praca praça largo estrada rodovia rúa",
    ),
    (
        Cue::Live,
        "live lives living stay staying address at moved to house apartment flat wohne vivo habite moro",
    ),
    (
        Cue::Particle,
        "de da do dos das del della di la las los el le van von der den ten bin al al- ibn o' mac mc du des y e zu of and the te",
    ),
    (
        Cue::Title,
        "dr mr mrs ms miss prof professor sir father pastor nurse señor señora sr sra srta don doña dra doctor doctora herr frau doktor monsieur madame mme mlle docteur senhor senhora doutor doutora",
    ),
    (
        Cue::Person,
        "boss manager teacher therapist counsellor counselor psychiatrist psychologist doctor gp nurse neighbour neighbor friend husband wife boyfriend girlfriend ex partner brother sister mother father mum mom dad uncle aunt cousin coach roommate flatmate landlord pastor priest abuser stepdad stepfather son daughter grandma grandpa classmate colleague supervisor \
        jefe jefa profesor profesora maestro maestra vecino vecina amigo amiga marido esposo esposa novio novia hermano hermana padre madre tio tia primo prima medico psicologa psicologo terapeuta hijo hija exnovio exmarido \
        chef chefin lehrer lehrerin nachbar nachbarin freund freundin mann frau exfreund bruder schwester mutter vater onkel tante therapeut therapeutin arzt ärztin kollege kollegin mitbewohner sohn tochter \
        patron patronne prof voisin voisine ami amie mari femme copain copine frere soeur mere pere oncle tante cousin cousine medecin psy psychologue collegue fils fille \
        chefe professora vizinho vizinha marido namorado namorada irmao irma pai mae tia medica psicologa terapeuta colega filho filha patrao",
    ),
    (
        Cue::DoneBy,
        "by is was with told named called know knows to and from met saw against hate love about it's its por con conozco llamada llamado mit von heißt heisst namens genannt avec par appelle connais nomme com chamado chamada conheço signed name",
    ),
    (Cue::Place, "in from near at to around en de desde a nach aus in bei im à dans vers em no na para new"),
    (
        Cue::NoName,
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december new york los angeles san francisco united kingdom states south north east west africa america london paris christmas easter god jesus day year street road university high school hospital harry potter taylor swift suicide squad red bull star wars game thrones black mirror netflix spotify youtube \
        mental health anonymous samaritans lifeline childline helpline line hotline crisis dear good happy merry lunes enero dios navidad buenos dias nueva montag januar gott weihnachten lundi janvier dieu noel segunda feira janeiro deus natal bom dia guten morgen bonne nuit netflix hollywood asian american indian english spanish french german british adhd ptsd ocd bpd cptsd",
    ),
    (
        Cue::Institution,
        "school college university uni academy high elementary primary secondary hospital clinic institute gmbh ltd inc llc corp plc colegio universidad instituto escuela hospital clinica schule gymnasium realschule gesamtschule universität universitaet uni klinik krankenhaus hochschule lycee lycée collège ecole école université universite hopital hôpital clinique escola universidade faculdade colégio sons group solutions company & holdings",
    ),
    (
        Cue::AtWork,
        "at in study studying attend go goes work works working for teach from student my job estudio trabajo estudia trabaja en studiere arbeite gehe an der am bei étudie etudie travaille à au chez estudo trabalho na no em intern shift",
    ),
    (
        Cue::Common,
        "i a an the and or but so if of in on at to for from with by it its it's is was am are be been do did does not no yes ok okay u ur you your he she they we me my mine his her this that these those there here what who when where why how \
        just only very really too also still even ever never always sure sorry glad happy sad tired lost lonely alone done fine good bad new scared afraid worried going gonna trying feeling a bit so not back your the literally him them \
        please pls plz thanks thx hi hello hey lol idk tbh ngl and but because about if more stuff post posts thing things account accounts instead again anymore now today tonight tomorrow soon later then than like same both each every all any some \
        first second third last one two three deleted delete off app apps everyday every page group groups chat chats feed story stories videos video messages reels \
        yo tu el ella nosotros ellos un una unos unas los las y o pero si no muy mas que como cuando donde porque todo nada bien mal ya aqui ahi asi muy sola solo \
        ich du er sie es wir ihr ein eine der die das und oder aber wenn nicht sehr mehr so hier jetzt gut schlecht schon auch nur noch nie immer müde allein traurig froh einfach ein kein \
        je tu il elle nous vous ils elles un une le la les et ou mais si pas tres plus que comme quand ici bien mal deja aussi fatigue seul seule perdu \
        eu tu ele ela nos eles um uma os as e ou mas se nao muito mais que como quando aqui bem mal ja tambem sempre nunca cansado cansada sozinho sozinha",
    ),
];

/// Words for digits.
const DIGITS: &str = "zero oh o cero null nul nula=0 one uno un eins ein um uma=1 two dos zwei zwo deux dois duas=2 three tres drei trois=3 four cuatro vier quatre quatro=4 \
five cinco fünf fuenf cinq=5 six seis sechs meia=6 seven siete sieben sept sete=7 eight ocho acht huit oito=8 nine nueve neun neuf nove=9";

/// What stands before a name, and how many capital letters then make it one: none where only a name can follow.
pub struct NameCue {
    /// Of each of its words.
    pub hashes: Vec<u32>,
    /// How many words must begin with a capital letter.
    pub n_capital: usize,
}

const NAME_CUES: [(usize, &str); 3] = [
    (
        0,
        "my name is|my names|name's|my real name is|real name's|my full name is|full name is|the name's|my name's|mi nombre es|mein name ist|mon nom est|meu nome é|meu nome e|meu nome completo é|mi nombre completo es|je m'appelle|je mappelle|me llamo|me chamo|chamo-me|chamo me|ich heiße|ich heisse|yo me llamo|eu me chamo|moi c'est|i'm called|im called",
    ),
    (
        1,
        "call me|hi i'm|hi im|this is|myself|name|signed|sincerely|regards|love|i am|soy|ich bin|je suis|sou|eu sou|sou o|sou a|aqui|hier ist|ici|went by|i go by|it was|his name is|her name is|su nombre es|se llama|er heißt|sie heißt|heißt|il s'appelle|elle s'appelle|s'appelle|o nome dele é|o nome dela é|se chama|his name's|named|names|namens|nommé|chamado|llamado|llamada|chamada",
    ),
    (
        2,
        "i'm|im|it's|its|by|hate|know|met|dated|against|with|about|told|mr|mrs|ms|dr|herr|frau|señor|señora|sr|sra|monsieur|madame|mme|dona|don|doña|senhor|senhora|se llama|con|mit|avec|com|heißt",
    ),
];

/// What stands before and after a name in scripts that do not divide words, or in Hindi; several ends parted by `|`, and an
/// empty first one when the name may end with its clause.
pub const UNDIVIDED_NAME_CUES: [(&str, &str); 16] = [
    ("私の名前は", "|です|と申|といい|だ"),
    ("名前は", "|です|と申|といい|だよ"),
    ("本名は", "|です|と申|といい|だ"),
    ("氏名は", "|です"),
    ("私は", "と申します|と申し|といいます|と言います|っていいます"),
    ("僕は", "と申します|と申し|といいます|と言います|っていいます"),
    ("上司の", "さんが|さんは|さんに|さんを|が|は|に|を"),
    ("夫の", "さんが|さんは|が|は|に|を"),
    ("先生の", "さんが|が|は"),
    ("我叫", "|，|。"),
    ("我的名字是", "|，|。"),
    ("मेरा नाम", " है| हैं"),
    ("मेरा पूरा नाम", " है"),
    ("उसका नाम", " है| था"),
    ("मेरे पति का नाम", " है"),
    ("नाम:", "|,"),
];

/// Parts of addresses in scripts that do not divide words, and in Hindi, beside digits.
pub const UNDIVIDED_PLACES: [&str; 12] = [
    "丁目",
    "番地",
    "号室",
    "〒",
    "号楼",
    "मकान नंबर",
    "मकान नं",
    "गली नंबर",
    "गली नं",
    "पिन कोड",
    "फ्लैट नंबर",
    "प्लॉट नंबर",
];

const GERMAN_STREETS: [&str; 11] =
    ["straße", "strasse", "str", "weg", "allee", "gasse", "platz", "ring", "damm", "ufer", "chaussee"];

static CUES: LazyLock<ByHash<u32>> = LazyLock::new(|| {
    let mut cues = ByHash::default();
    for (cue, words) in WORDS {
        for word in words.split_whitespace() {
            *cues.entry(hash_str(word)).or_insert(0) |= 1 << *cue as u32;
        }
    }
    cues
});

static DIGIT_WORDS: LazyLock<ByHash<u8>> = LazyLock::new(|| {
    let mut digits = ByHash::default();
    let mut waiting: Vec<&str> = Vec::new();
    for word in DIGITS.split_whitespace() {
        match word.split_once('=') {
            None => waiting.push(word),
            Some((word, digit)) => {
                waiting.push(word);
                let digit = digit.parse().unwrap_or_default();
                digits.extend(waiting.drain(..).map(|word| (hash_str(word), digit)));
            }
        }
    }
    digits
});

static CUES_OF_NAMES: LazyLock<ByHash<Vec<NameCue>>> = LazyLock::new(|| {
    let cue = |n_capital: usize, words: &str| NameCue {
        hashes: words.split(' ').map(hash_str).collect(),
        n_capital,
    };
    let mut cues: ByHash<Vec<NameCue>> = ByHash::default();
    for (n_capital, all) in &NAME_CUES {
        for words in all.split('|') {
            let cue = cue(*n_capital, words);
            cues.entry(cue.hashes[0]).or_default().push(cue);
        }
    }
    for cues in cues.values_mut() {
        cues.sort_by_key(|cue| std::cmp::Reverse(cue.hashes.len()));
    }
    cues
});

/// What stands before a name and begins with the word of this hash, the longest first.
pub fn name_cues(first: u32) -> &'static [NameCue] {
    CUES_OF_NAMES.get(&first).map_or(&[], |cues| cues)
}

/// All that the word of this hash says, a bit for each [`Cue`].
pub fn cues(hash: u32) -> u32 {
    CUES.get(&hash).copied().unwrap_or_default()
}

/// Whether the word of this hash says so.
pub fn is(hash: u32, cue: Cue) -> bool {
    cues(hash) & (1 << cue as u32) != 0
}

/// The digit that a word says.
pub fn digit_word(hash: u32) -> Option<u8> {
    DIGIT_WORDS.get(&hash).copied()
}

/// The hash of a word in small letters without accents.
pub fn hash(text: &[char]) -> u32 {
    spread(text.iter().fold(SEED, |hash, c| match plain(*c) {
        None => hash,
        Some(' ') => step(hash, *c as u32),
        Some(c) => step(hash, c as u32),
    }))
}

fn hash_str(word: &str) -> u32 {
    hash(&word.chars().collect::<Vec<_>>())
}

/// Whether it is one word with a street at its end: "Lindenstraße", "Lindenstr".
pub fn ends_like_a_street(text: &[char]) -> bool {
    text.first().is_some_and(|c| c.is_uppercase())
        && GERMAN_STREETS.iter().any(|street| {
            let n = street.chars().count();
            text.len() > n + 2 && text[text.len() - n..].iter().copied().eq(street.chars())
        })
}

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

const EN: &str = include_str!("../../../helplines/terms/en.txt");
const ES: &str = include_str!("../../../helplines/terms/es.txt");
const AR: &str = include_str!("../../../helplines/terms/ar.txt");
const FR: &str = include_str!("../../../helplines/terms/fr.txt");
const DE: &str = include_str!("../../../helplines/terms/de.txt");
const PT: &str = include_str!("../../../helplines/terms/pt-BR.txt");
const IT: &str = include_str!("../../../helplines/terms/it.txt");
const PL: &str = include_str!("../../../helplines/terms/pl.txt");
const UK: &str = include_str!("../../../helplines/terms/uk.txt");
const HI: &str = include_str!("../../../helplines/terms/hi.txt");
const ZH: &str = include_str!("../../../helplines/terms/zh-Hans.txt");
const JA: &str = include_str!("../../../helplines/terms/ja.txt");
/// Every list, with its name.
const ALL: [(&str, &str); 12] = [
    ("en", EN),
    ("es", ES),
    ("ar", AR),
    ("fr", FR),
    ("de", DE),
    ("pt-BR", PT),
    ("it", IT),
    ("pl", PL),
    ("uk", UK),
    ("hi", HI),
    ("zh-Hans", ZH),
    ("ja", JA),
];

fn terms(list: &str) -> Terms {
    Terms::parse(list).unwrap()
}

/// The English list, read once for all cases of a property.
static ENGLISH: LazyLock<Terms> = LazyLock::new(|| terms(EN));

/// The words of an ask, in the order of [`Topic::ALL`] and so on: `domestic_violence sms language:es open`.
fn said(ask: &Ask) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(
        Topic::ALL.iter().filter(|topic| ask.topics.contains(topic)).map(|topic| topic.as_str().to_owned()),
    );
    words.extend(
        Audience::ALL
            .iter()
            .filter(|audience| ask.audiences.contains(audience))
            .map(|audience| format!("for:{}", audience.as_str())),
    );
    words.extend(
        Kind::ALL.iter().filter(|kind| ask.kinds.contains(kind)).map(|kind| kind.as_str().to_owned()),
    );
    words.extend(ask.languages.iter().map(|language| format!("language:{}", language.as_str())));
    words.extend(ask.open_now.then(|| "open".to_owned()));
    words.join(" ")
}

/// What of a table of `phrase => meaning`, a line each, is understood in another way.
fn misunderstood(list: &str, table: &str) -> Vec<String> {
    let terms = terms(list);
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    let pairs = lines.map(|line| line.split_once("=>").expect("phrase => meaning"));
    pairs
        .map(|(phrase, meaning)| (phrase.trim(), meaning.trim(), said(&terms.understand(phrase))))
        .filter(|(_, meaning, said)| meaning != said)
        .map(|(phrase, meaning, said)| format!("{phrase:?} means {said:?}; expected {meaning:?}"))
        .collect()
}

/// Checks such a table; all that is wrong is named at once.
#[track_caller]
fn assert_understood(list: &str, table: &str) -> usize {
    let wrong = misunderstood(list, table);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    table.lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn english_is_understood_as_people_in_distress_write_it() {
    let n_phrases = assert_understood(
        EN,
        "
        can't go on => suicide
        i cant do this anymore => suicide
        I want it to end => suicide
        I don't want to live any more => suicide
        i really dont want to be alive => suicide
        what's the point, better off dead => suicide
        I want to die tonight => suicide open
        thinking about killing myself => suicide
        my friend wants to kill herself => suicide
        i took too many pills => suicide
        overdosed => suicide substance_use
        i keep cutting myself => suicide
        unalive => suicide
        I wish I was dead => suicide
        how to hang myself => suicide
        i feel so alone => emotional_distress
        no one to talk to => emotional_distress
        I need someone to talk to => emotional_distress
        panic attack => emotional_distress
        can't stop crying => emotional_distress
        my girlfriend broke up with me => emotional_distress
        anxiety => emotional_distress
        I'm hearing voices => emotional_distress
        my partner hits me => domestic_violence
        my husband always beats me => domestic_violence
        he threatens to kill me => domestic_violence
        my boyfriend will kill me => domestic_violence
        scared to go home => domestic_violence
        she won't let me leave the house => domestic_violence
        women's shelter => domestic_violence for:women
        I was raped => sexual_violence
        two men raped me => sexual_violence
        sexually assaulted at a party => sexual_violence
        my boss touches me => sexual_violence
        someone has my nudes => sexual_violence
        dad touches me => sexual_violence child_youth
        my dad hits me => domestic_violence child_youth
        I'm being bullied at school => child_youth
        ran away from home => child_youth
        I am 15 and want to die => suicide for:youth
        I think I'm gay => lgbtq for:lgbtq
        coming out to my parents => lgbtq
        trans teenager => lgbtq for:youth for:lgbtq
        text line for an LGBTQ teenager => lgbtq for:youth for:lgbtq sms whatsapp
        i make myself throw up => eating_disorder
        bulimia => eating_disorder
        I'm starving myself => eating_disorder
        can't stop drinking => substance_use
        my husband drinks too much => substance_use
        addicted to heroin => substance_use
        drug abuse => substance_use
        I relapsed => substance_use
        can't stop gambling => gambling
        gambling addiction => gambling
        lost all my money at the casino => gambling
        I'm a veteran with PTSD => emotional_distress veterans for:veterans
        my mother died => bereavement
        lost my baby => bereavement
        miscarriage => bereavement
        my brother died by suicide => suicide bereavement
        they took my passport => trafficking
        forced to work => trafficking
        postpartum depression => parents
        my baby won't stop crying => parents
        I'm pregnant => parents
        we lost our home in the flood => disaster
        poison control => general_health
        elder abuse => older_adults
        help for men => for:men
        deaf => for:deaf
        as a christian => for:faith_based
        native american => for:indigenous
        domestic violence, Spanish, open now => domestic_violence language:es open
        chat in Polish => chat language:pl
        I can't talk on the phone => sms whatsapp chat
        call someone right now => phone open
        whatsapp => whatsapp
        24/7 => open
        ",
    );

    assert!(n_phrases >= 60);
}

#[test]
fn spanish_is_understood_as_people_in_distress_write_it() {
    let n_phrases = assert_understood(
        ES,
        "
        no quiero vivir => suicide
        ya no quiero seguir viviendo => suicide
        me quiero morir => suicide
        quiero matarme => suicide
        estoy cansada de vivir => suicide
        no puedo más => suicide
        quiero acabar con todo => suicide
        mi hermano se quiere matar => suicide
        tomé muchas pastillas => suicide
        me corto los brazos => suicide
        me hago daño => suicide
        estarían mejor sin mí => suicide
        me siento muy sola => emotional_distress
        no tengo con quién hablar => emotional_distress
        ataque de pánico => emotional_distress
        no puedo dormir => emotional_distress
        ansiedad => emotional_distress
        estoy deprimido => emotional_distress
        necesito ayuda => emotional_distress
        oigo voces => emotional_distress
        no dejo de llorar => emotional_distress
        mi pareja me pega => domestic_violence
        mi marido me golpea => domestic_violence
        me pega mi novio => domestic_violence
        le tengo miedo a mi esposo => domestic_violence
        mi ex me amenaza => domestic_violence
        no me deja salir de casa => domestic_violence
        violencia de género => domestic_violence
        busco un refugio => domestic_violence
        me violaron => sexual_violence
        abuso sexual => sexual_violence
        mi jefe me toca => sexual_violence
        publicó mis fotos íntimas => sexual_violence
        mi padrastro me toca => sexual_violence child_youth
        mi papá me pega => domestic_violence child_youth
        me hacen bullying => child_youth
        quiero escaparme de casa => child_youth
        soy gay => lgbtq for:lgbtq
        salir del clóset => lgbtq
        tengo 15 años y soy lesbiana => lgbtq for:youth for:lgbtq
        anorexia => eating_disorder
        vomito después de comer => eating_disorder
        odio mi cuerpo => eating_disorder
        no puedo dejar de beber => substance_use
        mi esposo toma mucho => substance_use
        adicto a la cocaína => substance_use
        recaí => substance_use
        no puedo dejar de apostar => gambling
        ludopatía => gambling
        perdí todo mi dinero en el casino => gambling
        soy veterano => veterans for:veterans
        adulto mayor => older_adults for:older_adults
        murió mi mamá => bereavement
        perdí a mi hijo => bereavement
        mi hermano se suicidó => suicide bereavement
        me quitaron el pasaporte => trafficking
        trata de personas => trafficking
        depresión posparto => parents
        estoy embarazada => parents
        perdí mi casa en el terremoto => disaster
        me siento mal por el huracán => emotional_distress disaster
        soy sorda => for:deaf
        ayuda para hombres => for:men
        violencia doméstica en inglés => domestic_violence language:en
        hablar por chat => chat
        no puedo hablar por teléfono => sms whatsapp chat
        quiero llamar ahora => phone open
        línea de texto => sms whatsapp
        ",
    );

    assert!(n_phrases >= 60);
}

#[test]
fn arabic_is_understood_as_people_in_distress_write_it() {
    let n_phrases = assert_understood(
        AR,
        "
        لا أريد أن أعيش => suicide
        أريد أن أموت => suicide
        بدي موت => suicide
        مش عايز اعيش => suicide
        افكر بالانتحار => suicide
        سأقتل نفسي => suicide
        تعبت من الحياة => suicide
        لا أستطيع الاستمرار => suicide
        بلعت حبوب كثيرة => suicide
        أجرح نفسي => suicide
        أشعر بالوحدة => emotional_distress
        أنا مكتئبة => emotional_distress
        نوبة هلع => emotional_distress
        اكتئاب => emotional_distress
        لا أحد يسمعني => emotional_distress
        زوجي يضربني => domestic_violence
        جوزي بيضربني => domestic_violence
        العنف الأسري => domestic_violence
        خطيبي يهددني => domestic_violence
        خايفة من زوجي => domestic_violence
        أبي يضربني => domestic_violence child_youth
        تعرضت للاغتصاب => sexual_violence
        يبتزني بصوري => sexual_violence
        مديري يتحرش بي => sexual_violence
        عمي يلمسني => sexual_violence child_youth
        خط نجدة الطفل => child_youth
        أتعرض للتنمر في المدرسة => child_youth
        أنا مثلي => lgbtq for:lgbtq
        اضطراب الأكل => eating_disorder
        إدمان المخدرات => substance_use
        ابني يتعاطى => substance_use
        لا أستطيع ترك القمار => gambling
        كبار السن => older_adults for:older_adults
        توفيت والدتي => bereavement
        مات ابني => bereavement
        أخذوا جواز سفري => trafficking
        اكتئاب ما بعد الولادة => parents
        زلزال => disaster
        للنساء => for:women
        أنا أصم => for:deaf
        دردشة بالعربية الآن => chat language:ar open
        رسالة نصية => sms whatsapp
        ",
    );

    assert!(n_phrases >= 30);
}

#[test]
fn typing_errors_are_forgiven() {
    assert_understood(
        EN,
        "
        suicidl => suicide
        suiside => suicide
        kil myself => suicide
        kill myslef => suicide
        deppressed => emotional_distress
        anxeity => emotional_distress
        lonley => emotional_distress
        my parnter hits me => domestic_violence
        domestic vilence => domestic_violence
        alchohol => substance_use
        gambeling => gambling
        anorexa => eating_disorder
        lesbain => lgbtq for:lgbtq
        berevement => bereavement
        whatsap => whatsapp
        ",
    );
    assert_understood(
        ES,
        "
        suicdio => suicide
        no kiero vivir => suicide
        deprecion => emotional_distress
        anciedad => emotional_distress
        violensia => domestic_violence
        mi marrido me pega => domestic_violence
        drogaz => substance_use
        cosaina => substance_use
        bulling => child_youth
        ",
    );
    assert_understood(
        AR,
        "
        انتحر => suicide
        اكتاب => emotional_distress
        مخدارت => substance_use
        العنف الاسرى => domestic_violence
        ",
    );
}

#[test]
fn a_word_is_understood_before_it_is_finished() {
    assert_understood(
        EN,
        "
        suic => suicide
        gambl => gambling
        domestic viol => domestic_violence
        i want to di =>
        eating dis => eating_disorder
        sp =>
        ",
    );
    assert_understood(ES, "ludop => gambling\n ansie => emotional_distress");
    assert_understood(AR, "مخدر => substance_use");
}

#[test]
fn every_language_is_understood_as_people_in_distress_write_it() {
    let tables = [
        (
            FR,
            "
            j'en peux plus => suicide
            Je veux mourir => suicide
            je ne veux plus vivre => suicide
            mon mari me frappe => domestic_violence
            mon copain m'a frappée hier => domestic_violence
            mon enfant a disparu => child_youth
            j'ai été violée => sexual_violence
            besoin de parler à quelqu'un => emotional_distress
            on me harcèle à l'école => child_youth
            je n'arrive pas à arrêter de boire => substance_use
            ",
        ),
        (
            DE,
            "
            Ich kann nicht mehr => suicide
            ich möchte sterben => suicide
            will nicht mehr leben => suicide
            mein Mann schlägt mich => domestic_violence
            mein Kind ist weg => child_youth
            ich wurde vergewaltigt => sexual_violence
            niemand zum Reden => emotional_distress
            werde gemobbt => child_youth
            spielsüchtig => gambling
            meine Mutter ist gestorben => bereavement
            ",
        ),
        (
            PT,
            "
            não aguento mais => suicide
            quero morrer => suicide
            meu parceiro me bate => domestic_violence
            meu marido bebe e me bate => domestic_violence
            minha filha sumiu => child_youth
            preciso conversar com alguém => emotional_distress
            fui estuprada => sexual_violence
            não consigo parar de apostar => gambling
            ",
        ),
        (
            IT,
            "
            non ce la faccio più => suicide
            voglio morire => suicide
            il mio compagno mi picchia => domestic_violence
            mia figlia è scomparsa => child_youth
            ho bisogno di parlare con qualcuno => emotional_distress
            sono stata violentata => sexual_violence
            non riesco a smettere di giocare => gambling
            ",
        ),
        (
            PL,
            "
            nie daję już rady => suicide
            chcę umrzeć => suicide
            nie chcę żyć => suicide
            partner mnie bije => domestic_violence
            mąż bardzo mnie bije => domestic_violence
            moje dziecko zaginęło => child_youth
            zostałam zgwałcona => sexual_violence
            nie mam z kim porozmawiać => emotional_distress
            ",
        ),
        (
            UK,
            "
            я більше не можу => suicide
            не хочу жити => suicide
            хочу померти => suicide
            чоловік мене б’є => domestic_violence
            мій партнер мене б'є => domestic_violence
            зникла дитина => child_youth
            мене зґвалтували => sexual_violence
            мені ні з ким поговорити => emotional_distress
            ",
        ),
        (
            HI,
            "
            अब और नहीं सहा जाता => suicide
            मैं मरना चाहता हूँ => suicide
            जीना नहीं चाहती => suicide
            मेरा साथी मुझे मारता है => domestic_violence
            पति मारता है => domestic_violence
            मेरा बच्चा लापता है => child_youth
            किसी से बात करनी है => emotional_distress
            pati mujhe marta hai => domestic_violence
            ज़िन्दगी से डर लगता है => emotional_distress
            ",
        ),
        (
            ZH,
            "
            我撑不下去了 => suicide
            不想活了 => suicide
            我想死 => suicide
            我老公喝醉了就打我 => domestic_violence substance_use
            伴侣打我 => domestic_violence
            孩子失踪了 => child_youth
            我被强奸了 => sexual_violence
            没人可以说话，想找人聊聊 => emotional_distress
            戒不了赌博 => gambling
            ",
        ),
        (
            JA,
            "
            もう無理 => suicide
            死にたい => suicide
            生きるのがつらいです => suicide
            夫に殴られています => domestic_violence
            夫に毎日、酔って殴られる => domestic_violence substance_use
            子どもがいなくなりました => child_youth
            誰にも言えない => emotional_distress
            学校でいじめられています => child_youth
            DVから逃げたい => domestic_violence
            声を出せないのでチャットで => sms whatsapp chat
            ",
        ),
    ];

    let wrong: Vec<_> = tables.into_iter().flat_map(|(list, table)| misunderstood(list, table)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn signs_that_are_written_together_stand_together() {
    let known = terms("topic suicide: 想死\ntopic domestic_violence: 夫に 殴");

    let means = |query: &str| said(&known.understand(query));

    assert_eq!(means("我想死了"), "suicide");
    assert_eq!(means("想不死"), "", "something stands between");
    assert_eq!(means("夫にいつも殴られる"), "domestic_violence");
    assert_eq!(means("殴る夫に"), "", "the order counts");
}

#[test]
fn what_means_nothing_here_asks_for_nothing() {
    for (list, phrases) in [
        (
            EN,
            "killing time|hit song|the train is late|lovely day|die hard movie|nice weather today|pizza near me\
             |kill the lights|end of season sale|dying my hair|it was a brief chart|live music|thank you very much\
             |what is that|we are trying to share a file|interesting places|dragonfly|repeat the question\
             |football results|how do i cook rice|hello|test|weather forecast|ok|???|",
        ),
        (
            ES,
            "buenos días|dónde está el baño|receta de pollo|partido de fútbol|camino al mar|gracias|busco trabajo",
        ),
        (AR, "كيف حالك|صباح الخير|وصفة الدجاج|مباراة اليوم|شكرا|أين المفتاح"),
    ] {
        let terms = terms(list);
        for phrase in phrases.split('|') {
            assert_eq!(said(&terms.understand(phrase)), "", "{phrase:?}");
        }
    }
}

#[test]
fn a_known_word_is_never_taken_for_a_faulty_other_one() {
    let list = "topic suicide: want to die\ntopic eating_disorder: diet\ntopic bereavement: died, grief\nplain: brief";

    let means = |query: &str| said(&terms(list).understand(query));

    assert_eq!(means("diet"), "eating_disorder");
    assert_eq!(means("died"), "bereavement");
    assert_eq!(means("greif"), "bereavement");
    assert_eq!(means("brief"), "");
}

#[test]
fn the_words_of_a_longer_term_are_not_a_shorter_one() {
    let list =
        "topic domestic_violence: abuse\ntopic substance_use: drug abuse\ntopic older_adults: elder abuse";

    let means = |query: &str| said(&terms(list).understand(query));

    assert_eq!(means("abuse"), "domestic_violence");
    assert_eq!(means("drug abuse"), "substance_use");
    assert_eq!(means("drug abuse and abuse at home"), "domestic_violence substance_use");
}

#[test]
fn up_to_two_words_stand_between_those_of_a_term() {
    let list = "topic domestic_violence: partner hits";

    let means = |query: &str| said(&terms(list).understand(query));

    assert_eq!(means("partner always really hits"), "domestic_violence");
    assert_eq!(means("partner sings and makes hits"), "");
    assert_eq!(means("hits my partner"), "", "the order counts");
}

#[test]
fn a_term_in_several_lines_means_all_of_them_once() {
    let list = "kind sms: text\nkind whatsapp: text\nlanguage es: español, castellano";

    assert_eq!(said(&terms(list).understand("text TEXT español castellano")), "sms whatsapp language:es");
}

#[test]
fn a_wrong_list_is_refused_with_its_line() {
    let wrong = |list: &str| Terms::parse(list).unwrap_err();

    assert_eq!(wrong("# a comment\n\ntopic suicide").line, 3);
    assert_eq!(wrong("topic sorrow: sad").problem, "not a topic, audience, kind, language, open or plain");
    assert_eq!(wrong("language english: english").line, 1);
    assert_eq!(wrong("open now: now").line, 1);
    assert_eq!(wrong("topic suicide: die,,kill").problem, "a term without letters");
    assert_eq!(wrong("topic suicide: *").problem, "a term without letters");
}

#[test]
fn each_list_has_a_word_for_every_topic_and_kind() {
    for (name, list) in ALL {
        let terms = terms(list);
        let has = |meaning: Meaning| terms.terms.iter().any(|term| term.meaning == meaning);

        assert!(Topic::ALL.iter().all(|topic| has(Meaning::Topic(*topic))), "{name}");
        assert!(Kind::ALL.into_iter().all(|kind| has(Meaning::Kind(kind))), "{name}");
        let everyone_else = Audience::ALL.iter().filter(|audience| **audience != Audience::Everyone);
        assert!(everyone_else.clone().all(|audience| has(Meaning::Audience(*audience))), "{name}");
        assert!(has(Meaning::Open), "{name}");
        let n_meaning = terms.terms.iter().filter(|term| term.meaning != Meaning::Plain).count();
        assert!(n_meaning >= 400, "{name} has {n_meaning} terms");
        // Places are kept in 16 bits.
        assert!(terms.spelled.len() < usize::from(u16::MAX), "{name}");
    }
}

#[test]
fn every_term_finds_what_it_stands_for() {
    let mut unfound = Vec::new();
    for (language, list) in ALL {
        let known = terms(list);
        for line in list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (what, listed) = line.split_once(':').unwrap();
            for term in listed.split(',').map(|term| term.trim().replace('*', "")) {
                let ask = known.understand(&term);
                let (kind, name) = what.split_once(' ').unwrap_or((what, ""));
                let is_found = match kind {
                    "topic" => ask.topics.iter().any(|topic| topic.as_str() == name),
                    "audience" => ask.audiences.iter().any(|audience| audience.as_str() == name),
                    "kind" => ask.kinds.iter().any(|kind| kind.as_str() == name),
                    "language" => ask.languages.iter().any(|language| language.as_str() == name),
                    "open" => ask.open_now,
                    _ => true,
                };
                if !is_found {
                    unfound.push(format!("{language}: {term:?} of {what:?} means {:?}", said(&ask)));
                }
            }
        }
    }
    assert!(unfound.is_empty(), "{}", unfound.join("\n"));
}

#[test]
fn texts_are_compared_in_plain_form() {
    let plain = |text: &str| {
        let words = plain_words(text).into_iter().map(|word| word.into_iter().collect::<String>());
        words.collect::<Vec<_>>().join(" ")
    };

    assert_eq!(plain("ÀÉÎÕÜÑÇØÝ ŁŹŻĄĘŚĆŃÓ ŠŽČĚŘŮ ĞŞİı ŐŰ ÅÆŒß"), "aeiouncoy lzzaescno szceru gsii ou aaos");
    assert_eq!(plain("Can’t—won't, I’m “ok”…"), "cant wont im ok");
    assert_eq!(plain("e\u{301}a\u{303}o"), "eao");
    assert_eq!(plain("Телефон ДОВЕРИЯ Ђ"), "телефон доверия ђ");
    assert_eq!(plain("ΕΛΛΑΔΑ"), "ελλαδα");
    assert_eq!(plain("أُرِيدُ إيذاءً آمـنة ؟ ١١٦"), "اريد ايذا امنه 116");
    assert_eq!(plain("الانتحار والانتحار بالانتحار للانتحار"), "انتحار انتحار انتحار انتحار");
    assert_eq!(plain("الله ألم"), "الله الم");
}

fn line(name: &str, number: &str) -> Line {
    let contact = crate::contact::Contact::new(Kind::Phone, number, None, None).unwrap();
    Line {
        id: "gb-a".parse().unwrap(),
        name: name.parse().unwrap(),
        region: None,
        topics: vec![Topic::Suicide],
        audiences: Vec::new(),
        languages: Vec::new(),
        contacts: vec![contact],
        hours: None,
        time_zone: None,
        is_free: false,
        website: None,
        as_of: None,
        sources: Vec::new(),
    }
}

#[test]
fn lines_are_found_by_name_and_by_number() {
    let lines = [
        line("Samaritans", "116 123"),
        line("Samaritans - Welsh Language Line", "0808 164 0123"),
        line("Childline", "0800 1111"),
        line("Télé-Accueil", "107"),
        line("Телефон доверия", "8 800 2000 122"),
    ];
    let found =
        |query: &str| named(&lines, query).into_iter().map(|line| line.name.as_str()).collect::<Vec<_>>();

    assert_eq!(found("samaritans"), ["Samaritans", "Samaritans - Welsh Language Line"]);
    assert_eq!(found("welsh samar"), ["Samaritans - Welsh Language Line"]);
    assert_eq!(found("samaritians"), ["Samaritans", "Samaritans - Welsh Language Line"]);
    assert_eq!(found("child line"), ["Childline"]);
    assert_eq!(found("tele accueil"), ["Télé-Accueil"]);
    assert_eq!(found("ТЕЛЕФОН"), ["Телефон доверия"]);
    assert_eq!(found("116 123"), ["Samaritans"]);
    assert_eq!(found("0800"), ["Childline"]);
    assert!(found("").is_empty() && found("s").is_empty() && found("my partner hits me").is_empty());
}

fn countries(names: &[(&str, &str)]) -> Vec<(Country, String)> {
    names.iter().map(|(code, name)| (code.parse().unwrap(), (*name).to_owned())).collect()
}

#[test]
fn a_country_is_found_by_name_part_code_and_other_names() {
    let known = countries(&[
        ("CI", "Côte d’Ivoire"),
        ("DO", "Dominican Republic"),
        ("ID", "Indonesia"),
        ("IN", "India"),
        ("KR", "South Korea"),
        ("MX", "México"),
        ("TR", "Türkiye"),
        ("GB", "United Kingdom"),
        ("US", "United States"),
        ("SA", "السعودية"),
    ]);
    let found = |query: &str| {
        let found = find_countries(&known, query);
        found.into_iter().map(|(country, _)| country.as_str()).collect::<Vec<_>>().join(" ")
    };

    assert_eq!(found("united kingdom"), "GB");
    assert_eq!(found("kingdom unit"), "GB", "in any order, unfinished");
    assert_eq!(found("united"), "GB US");
    assert_eq!(found("mexico"), "MX");
    assert_eq!(found("Mexcio"), "MX");
    assert_eq!(found("in"), "IN ID", "the code first");
    assert_eq!(found("us"), "US");
    assert_eq!(found("uk"), "GB");
    assert_eq!(found("USA"), "US");
    assert_eq!(found("Scotland"), "GB");
    assert_eq!(found("turkey"), "TR");
    assert_eq!(found("ivory coast"), "CI");
    assert_eq!(found("cote divoire"), "CI");
    assert_eq!(found("republic"), "DO");
    assert_eq!(found("korea"), "KR");
    assert_eq!(found("سعوديه"), "SA");
    assert_eq!(found("بريطانيا"), "GB");
    assert_eq!(found("atlantis"), "");
    assert_eq!(find_countries(&known, " ").len(), known.len(), "all of them as long as nothing is typed");
}

/// The plain way to count: the whole table of the optimal string alignment.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => {
                    let cost = usize::from(a[i - 1] != b[j - 1]);
                    let mut least =
                        (table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(table[i - 1][j - 1] + cost);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least = least.min(table[i - 2][j - 2] + 1);
                    }
                    least
                }
            };
        }
    }
    table[a.len()][b.len()]
}

proptest! {
    #[test]
    fn typos_are_counted_as_the_whole_table_counts_them(word in "[abc]{4,12}", typed in "[abc]{4,12}") {
        let (word, typed): (Vec<char>, Vec<char>) = (word.chars().collect(), typed.chars().collect());
        let n_allowed = if word.len().min(typed.len()) >= 8 { 2 } else { 1 };
        let n = distance(&word, &typed);

        let counted = n_typos(&word, &typed);

        if let Some(counted) = counted {
            prop_assert_eq!(usize::from(counted), n);
        }
        prop_assert!(n > n_allowed || counted.is_some() || word.len() <= MAX_LETTERS_OF_SURE_FIRST);
    }

    #[test]
    fn no_text_makes_the_search_panic(query in "\\PC{0,60}", list in "(topic suicide|open|plain): [\\PC&&[^\\n]]{0,20}") {
        let lines = [line("Samaritans", "116 123")];

        let _ = ENGLISH.understand(&query);
        let _ = Terms::parse(&list).map(|terms| terms.understand(&query));
        let _ = named(&lines, &query);
        let _ = find_countries(&countries(&[("GB", "United Kingdom")]), &query);
    }

    #[test]
    fn letters_in_any_case_mean_the_same(query in "(want to die|dad touches me|ludopat[ií]a|ANOREXIA| )+") {
        let upper = query.to_uppercase();

        prop_assert_eq!(ENGLISH.understand(&query), ENGLISH.understand(&upper));
    }
}

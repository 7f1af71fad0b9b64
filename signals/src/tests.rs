use crate::FILE;
use crate::sources::Sources;
use peer_support_domain::signals::{Signal, Signals, THRESHOLD};
use std::path::Path;
use std::sync::LazyLock;

static SIGNALS: LazyLock<Signals> = LazyLock::new(|| Signals::parse(FILE).unwrap());

fn score(signal: Signal, text: &str) -> f32 {
    SIGNALS.of(text, None).of(signal).score
}

fn missed(signal: Signal, texts: &[&'static str]) -> Vec<(&'static str, f32)> {
    let scored = texts.iter().map(|text| (*text, score(signal, text)));
    scored.filter(|(_, score)| *score < THRESHOLD).collect()
}

fn wrongly_found(signal: Signal, texts: &[&'static str]) -> Vec<(&'static str, f32)> {
    let scored = texts.iter().map(|text| (*text, score(signal, text)));
    scored.filter(|(_, score)| *score >= THRESHOLD).collect()
}

#[test]
fn who_says_so_plainly_is_heard_in_five_languages() {
    let said = [
        "honestly i just want to die",
        "Im going to kill myself on sunday",
        "i dont want to live anymore",
        "I feel suicidal again and I am alone in the house",
        "ya no quiero vivir",
        "quiero morirme de una vez",
        "voy a quitarme la vida",
        "ich will nicht mehr leben",
        "ich möchte einfach sterben",
        "ich bring mich heute nacht um",
        "j'ai envie de mourir",
        "je veux en finir avec la vie",
        "je vais me suicider ce soir",
        "eu quero morrer",
        "não quero mais viver",
        "vou me matar",
    ];

    assert_eq!(missed(Signal::Crisis, &said), []);
}

#[test]
fn who_hints_at_it_in_a_few_words_is_heard() {
    let said = [
        "i should have died that night",
        "id rather not exist",
        "give me one reason not to do it",
        "i envy those who are dead",
        "on the wrong side of the railing",
        "hope a truck hits me on the way home",
        "by the time you read this it will be done",
        "forgive me for leaving",
        "is hanging too painful",
        "he comes into my room at night when im asleep",
    ];

    assert_eq!(missed(Signal::Crisis, &said), []);
}

#[test]
fn the_same_words_of_other_things_are_no_hint() {
    let said = [
        "i should have gone to bed earlier",
        "bye everyone, off to the lake till monday",
        "i want out of this group chat",
        "my thesis is about self-harm",
        "hope the bus comes soon",
        "hand in your essay by the time you read this",
        "he comes into the office on tuesdays",
    ];

    assert_eq!(wrongly_found(Signal::Crisis, &said), []);
}

#[test]
fn who_fears_for_another_is_heard_in_five_languages() {
    let said = [
        "my friend is gonna try to kill himself tomorrow",
        "she wants to kill herself and I can't stop her",
        "he says he's going to end his life tonight",
        "my roommate keeps cutting herself",
        "mi hermano quiere morirse y no sé qué hacer",
        "meine freundin will sich umbringen",
        "ma soeur veut mourir, je fais quoi",
        "minha amiga vai se matar",
    ];

    assert_eq!(missed(Signal::Crisis, &said), []);
}

#[test]
fn words_that_only_look_like_it_are_none() {
    let said = [
        "the character wants to kill himself in season two",
        "the doctor said he might hurt himself if he lifts that",
        "last night I dreamt of killing my boss and woke up laughing",
        "er bringt sich um seinen schlaf",
        "I was dying of laughter the whole evening",
        "this commute is literally killing me",
        "i dont want to die, i want to sleep",
        "I would never kill myself",
        "in the film the hero says he wants to die",
        "suicide prevention training is on Tuesday",
        "me muero de hambre, hay pizza?",
        "ich hab mich totgelacht",
        "je suis mort de fatigue",
        "estou morrendo de sono",
    ];

    assert_eq!(wrongly_found(Signal::Crisis, &said), []);
}

#[test]
fn the_others_find_what_is_plainly_theirs_and_leave_the_rest() {
    assert_eq!(
        missed(Signal::Hostile, &["kill yourself you worthless loser", "you are pathetic and stupid"]),
        []
    );
    assert_eq!(missed(Signal::MethodDetail, &["tell me a painless way to die please"]), []);
    assert_eq!(missed(Signal::HarmfulAdvice, &["stop taking your meds, they are poison"]), []);
    assert_eq!(
        missed(Signal::Solicitation, &["click the link in my profile for cheap pills, free shipping"]),
        []
    );
    let everyday =
        ["good night everyone, thank you for being here", "we had soup and then a walk by the river"];
    for signal in Signal::ALL {
        assert_eq!(wrongly_found(signal, &everyday), [], "{}", signal.as_str());
    }
}

#[test]
fn who_offers_company_or_tells_of_money_is_not_told_to_sell() {
    let said = [
        "You can call me in the evening when it gets dark outside",
        "message me any time, day or night, I mean it",
        "text me when you are home so that I know you are safe",
        "I am selling my bike because I cannot ride it any more",
        "my rent is £600 a month and they cut my hours",
        "I claim housing benefit and they lost my papers",
        "you are entitled to support, ask the council",
        "I got a final notice for the electric and I am scared",
        "adult services said they would ring on Monday",
        "as one of the few gay men in my town I feel alone",
        "I have to do my dissertation by Friday",
        "fill in the form at the practice and they will refer you",
        "he threatened to share my pictures with the whole school",
        "I skip lunch when I am stressed, I want to stop",
        "text SHOUT to 85258, somebody answers at night",
    ];

    assert_eq!(wrongly_found(Signal::Solicitation, &said), []);
}

#[test]
fn a_plain_word_alone_is_no_signal_in_any_language() {
    let said = [
        "a glass of water and then bed",
        "comment tu vas aujourd'hui ?",
        "quel beau temps, envoie le soleil par ici",
        "viens quand tu veux, parle si tu en as besoin",
        "tengo visita de mi hermana y compramos pan",
        "deja la ventana abierta, por favor",
        "tenho medo de cachorro desde pequena",
        "alguém sabe de um bom filme?",
        "de que forma vocês descansam?",
        "ich schneide das Brot und du deckst den Tisch",
    ];

    for signal in Signal::ALL {
        assert_eq!(wrongly_found(signal, &said), [], "{}", signal.as_str());
    }
}

#[test]
fn helplines_are_no_personal_data_and_phones_are() {
    assert_eq!(
        wrongly_found(Signal::PersonalData, &["call Samaritans on 116 123", "text or call 988, it is free"]),
        []
    );
    assert_eq!(missed(Signal::PersonalData, &["text me, 07700 900456"]), []);
}

#[test]
fn a_sentence_is_not_lost_in_a_long_post() {
    let walk =
        "We walked along the canal and fed the ducks, and my sister told me about her new flat. ".repeat(12);
    let text = format!("{walk} I want to kill myself. {walk}");

    let report = SIGNALS.of(&text, Some("en"));
    let finding = report.of(Signal::Crisis);

    assert!(finding.is_found());
    let place = finding.places.iter().find(|place| place.reason == finding.reason).unwrap();
    let found: String = text
        .chars()
        .skip(place.span.start as usize)
        .take((place.span.end - place.span.start) as usize)
        .collect();
    assert!("I want to kill myself".contains(&found), "{found}");
}

#[test]
fn to_learn_again_makes_the_same_bytes() {
    let sources = Sources::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();

    assert!(sources.file() == FILE, "learned twice, the weights differ");
}

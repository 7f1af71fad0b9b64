//! What anybody would try first: a list of words, and for personal data a few plain patterns.

use peer_support_domain::signals::Signal;

/// 1 when the baseline finds the signal, 0 when it does not.
#[must_use]
pub fn score(signal: Signal, text: &str) -> f32 {
    let text = text.to_lowercase();
    let is_found = match signal {
        Signal::PersonalData => has_plain_pattern(&text),
        _ => words(signal).split('|').any(|word| text.contains(word)),
    };
    if is_found { 1.0 } else { 0.0 }
}

fn words(signal: Signal) -> &'static str {
    match signal {
        Signal::Crisis => {
            "suicid|kill myself|want to die|end my life|end it all|self harm|self-harm|cutting myself|better off dead|kms|\
            quiero morir|matarme|suicidarme|umbringen|sterben|me tuer|mourir|morrer|me matar"
        }
        Signal::PersonalData => "",
        Signal::MethodDetail => {
            "overdose|pills|method|painless|rope|gun|lethal|how to die|laxative|pastillas|tabletten|pilules"
        }
        Signal::Hostile => {
            "idiot|stupid|loser|kill yourself|kys|hate you|bitch|ugly|trash|moron|idiota|dumm|crétin|burro"
        }
        Signal::Solicitation => {
            "http|www.|free|buy|discount|dm me|telegram|click|subscribe|win|prize|donate|gratis|promo"
        }
        Signal::HarmfulAdvice => {
            "stop taking|meds are|cure|detox|big pharma|double the dose|don't see a doctor|therapy is a scam"
        }
    }
}

/// A mail address, a web address, or seven digits with what people write between them.
fn has_plain_pattern(text: &str) -> bool {
    let is_mail =
        |word: &str| word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if text
        .split_whitespace()
        .any(|word| is_mail(word) || word.starts_with("http") || word.starts_with("www."))
    {
        return true;
    }
    let mut n_digits = 0;
    for c in text.chars() {
        match c {
            '0'..='9' => n_digits += 1,
            ' ' | '-' | '.' | '(' | ')' | '+' => {}
            _ => n_digits = 0,
        }
        if n_digits >= 7 {
            return true;
        }
    }
    false
}

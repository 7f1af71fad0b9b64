use super::{eval, sources};
use crate::build::assets;
use peer_support_domain::signals::{Signal, Signals};

/// What may be downloaded to read a draft: the same number stands in `xtask/budgets.toml`.
const BUDGET: usize = 49_152;

#[test]
fn rules_and_weights_fit_the_budget() {
    let size = assets::brotli(peer_support_signals::FILE).unwrap().len();

    assert!(size <= BUDGET, "{size} bytes by brotli; expected at most {BUDGET}");
}

/// A little below what was measured when the corpus last grew: a change that loses more than chance would must be meant.
#[test]
fn lines_that_were_not_learned_from_are_told_apart() {
    let signals = Signals::parse(peer_support_signals::FILE).unwrap();
    let corpus = sources().unwrap().corpus().unwrap();
    let floors = [
        (Signal::Crisis, 0.69),
        (Signal::PersonalData, 0.82),
        (Signal::MethodDetail, 0.62),
        (Signal::Hostile, 0.69),
        (Signal::Solicitation, 0.85),
        (Signal::HarmfulAdvice, 0.70),
    ];
    for (signal, floor) in floors {
        let table = eval::folds_of(&signals, &corpus, signal);
        let measures = table.measures();
        assert!(measures.auc >= floor, "{}: AUC {:.3}; expected {floor}", signal.as_str(), measures.auc);
        if signal == Signal::Crisis {
            let direct = table.of_func("direct").unwrap().recall;
            assert!(direct >= 0.62, "direct statements: recall {direct:.3}; expected 0.62");
            for language in ["en", "es", "de", "fr", "pt"] {
                let auc = table.of_language(language).unwrap().auc;
                assert!(auc >= 0.66, "{language}: AUC {auc:.3}; expected 0.66");
            }
        }
    }
}

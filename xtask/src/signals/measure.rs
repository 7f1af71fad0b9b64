//! How well scores tell two kinds of texts apart.

/// One text: whether it shows the signal, and its score.
pub type Scored = (bool, f32);

/// What is printed of a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Texts.
    pub n: usize,
    /// Those that show the signal.
    pub n_positive: usize,
    /// Of those found, the share that shows it.
    pub precision: f64,
    /// Of those that show it, the share found.
    pub recall: f64,
    /// Of those that do not show it, the share found.
    pub false_positives: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The chance that a text that shows it scores higher than one that does not.
    pub auc: f64,
    /// Recall where one in a hundred of those that do not show it is found.
    pub recall_at_1: f64,
}

/// Measures scores at 0.5. What cannot be said, such as the recall without a text to find, is NaN.
#[must_use]
pub fn measure(scored: &[Scored]) -> Measures {
    let count = |is: bool, found: bool| {
        scored.iter().filter(|(y, s)| *y == is && (*s >= 0.5) == found).count() as f64
    };
    let (tp, fp, fn_, tn) = (count(true, true), count(false, true), count(true, false), count(false, false));
    Measures {
        n: scored.len(),
        n_positive: (tp + fn_) as usize,
        precision: tp / (tp + fp),
        recall: tp / (tp + fn_),
        false_positives: fp / (fp + tn),
        f1: 2.0 * tp / (2.0 * tp + fp + fn_),
        auc: auc(scored),
        recall_at_1: recall_at(scored, 0.01),
    }
}

/// By ranks, those of equal scores shared.
fn auc(scored: &[Scored]) -> f64 {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let n_positive = sorted.iter().filter(|(y, _)| *y).count() as f64;
    let n_negative = sorted.len() as f64 - n_positive;
    let (mut at, mut ranks) = (0, 0.0);
    while at < sorted.len() {
        let end = sorted[at..].iter().take_while(|(_, s)| *s == sorted[at].1).count() + at;
        let rank = (at + end + 1) as f64 / 2.0;
        ranks += rank * sorted[at..end].iter().filter(|(y, _)| *y).count() as f64;
        at = end;
    }
    (ranks - n_positive * (n_positive + 1.0) / 2.0) / (n_positive * n_negative)
}

fn recall_at(scored: &[Scored], share: f64) -> f64 {
    let mut negatives: Vec<f32> = scored.iter().filter(|(y, _)| !y).map(|(_, s)| *s).collect();
    negatives.sort_by(|a, b| b.total_cmp(a));
    let n_allowed = (share * negatives.len() as f64) as usize;
    let Some(limit) = negatives.get(n_allowed) else { return f64::NAN };
    let positives: Vec<_> = scored.iter().filter(|(y, _)| *y).collect();
    positives.iter().filter(|(_, s)| s > limit).count() as f64 / positives.len() as f64
}

#[cfg(test)]
mod tests {
    use super::measure;

    #[test]
    fn a_perfect_order_has_an_auc_of_one() {
        let measures = measure(&[(true, 0.9), (true, 0.6), (false, 0.4), (false, 0.1)]);

        assert_eq!((measures.precision, measures.recall, measures.f1), (1.0, 1.0, 1.0));
        assert_eq!((measures.auc, measures.recall_at_1, measures.false_positives), (1.0, 1.0, 0.0));
    }

    #[test]
    fn equal_scores_are_worth_half() {
        assert_eq!(measure(&[(true, 0.5), (false, 0.5)]).auc, 0.5);
    }
}

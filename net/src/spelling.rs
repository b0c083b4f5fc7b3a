//! The spellings of a lemma that a caption may have.

use crate::plural::plurals;

/// What is between the noun that takes the plural and its complement: `hens of the woods`.
const CONNECTIVES: [&str; 3] = [" of ", "-of-", "-built-for-"];

/// Lemmas that are another word without their space: the binturong and a verb.
const NEVER_JOINED: [&str; 2] = ["bear cat", "stone wall"];

/// Other spellings of a lemma than its own: `potters wheel`, `St. Bernard`, `golden retrievers`, `goldenretriever`.
///
/// Neither capitals nor whether spaces, hyphens or apostrophes separate words are told apart; they need no spellings.
pub(crate) fn other_spellings(lemma: &str) -> Vec<String> {
    let own = lemma.replace('_', " ").to_lowercase();
    let mut spellings = vec![own.clone()];
    if own.contains("'s") {
        spellings.push(own.replace("'s", "s"));
    }
    if let Some(name) = own.strip_prefix("st ") {
        spellings.push(format!("st. {name}"));
    }
    for at in 0..spellings.len() {
        spellings.extend(plurals_of_head(&spellings[at]));
    }
    if !NEVER_JOINED.contains(&own.as_str()) {
        for at in 0..spellings.len() {
            spellings.push(spellings[at].replace([' ', '-', '\'', '.'], ""));
        }
    }
    spellings.retain(|spelling| *spelling != own);
    spellings.sort();
    spellings.dedup();
    spellings
}

/// The last word takes the plural, or the one before a complement. A hyphenated complement before a space is an
/// attribute: `coat-of-mail shells`.
fn plurals_of_head(spelling: &str) -> Vec<String> {
    let head = CONNECTIVES
        .iter()
        .filter(|connective| connective.contains(' ') || !spelling.contains(' '))
        .find_map(|connective| spelling.find(connective));
    let Some(end) = head else {
        return plurals(spelling);
    };
    let (head, complement) = spelling.split_at(end);
    plurals(head)
        .iter()
        .map(|plural| format!("{plural}{complement}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_plural_joined_and_without_apostrophe() {
        for (lemma, expected) in [
            ("beagle", "beagles"),
            (
                "German_shepherd",
                "german shepherds, germanshepherd, germanshepherds",
            ),
            ("bear_cat", "bear cats"),
            ("T-shirt", "t-shirts, tshirt, tshirts"),
            (
                "potter's_wheel",
                "potter's wheels, potters wheel, potters wheels, potterswheel, potterswheels",
            ),
            (
                "St_Bernard",
                "st bernards, st. bernard, st. bernards, stbernard, stbernards",
            ),
            ("opera_glasses", "operaglasses"),
        ] {
            assert_eq!(other_spellings(lemma).join(", "), expected, "{lemma}");
        }
    }

    #[test]
    fn the_plural_stands_before_a_complement() {
        for (lemma, plural) in [
            ("hen-of-the-woods", "hens-of-the-woods"),
            ("suit_of_clothes", "suits of clothes"),
            ("bicycle-built-for-two", "bicycles-built-for-two"),
            ("coat-of-mail_shell", "coat-of-mail shells"),
            ("jack-o'-lantern", "jack-o'-lanterns"),
        ] {
            let spellings = other_spellings(lemma);
            assert!(
                spellings.iter().any(|spelling| spelling == plural),
                "{spellings:?}"
            );
        }
    }
}

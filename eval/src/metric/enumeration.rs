//! Every answer that could be given, so that tests of chance need no random numbers.

/// Every way to guess one of `classes` for each of `rows` samples.
pub(super) fn every_answer(rows: usize, classes: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..classes.pow(rows as u32)).map(move |mut number| {
        let digit = |_| {
            let digit = number % classes;
            number /= classes;
            digit
        };
        (0..rows).map(digit).collect()
    })
}

/// Every order of 0 … `length` − 1.
pub(super) fn every_order(length: usize) -> Vec<Vec<usize>> {
    (0..length).fold(vec![Vec::new()], |orders, next| {
        let longer = |order: Vec<usize>| {
            (0..=order.len()).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, next);
                longer
            })
        };
        orders.into_iter().flat_map(longer).collect()
    })
}

#[test]
fn all_orders_are_there_once() {
    let mut orders = every_order(4);
    orders.sort();
    orders.dedup();
    assert_eq!(orders.len(), 24);
    assert_eq!(every_answer(3, 2).count(), 8);
}

use super::*;

/// A field as it was read.
#[derive(Clone, Debug, PartialEq)]
enum Field {
    Integer(u64),
    Double(f64),
    Bytes(Vec<u8>),
    Float(f32),
}

fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (head, rest) = bytes.split_first_chunk().expect("enough bytes");
    *bytes = rest;
    *head
}

fn take_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for place in 0.. {
        let [byte] = take(bytes);
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = take_varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Integer(take_varint(&mut bytes)),
            1 => Field::Double(f64::from_le_bytes(take(&mut bytes))),
            2 => {
                let length = take_varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(value.to_vec())
            }
            5 => Field::Float(f32::from_le_bytes(take(&mut bytes))),
            form => panic!("no such form: {form}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

/// CRC-32C by long division, one bit at a time.
fn divided(bytes: &[u8]) -> u32 {
    let mut rest = u32::MAX;
    for bit in bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |at| byte >> at & 1))
    {
        let odd = (rest ^ u32::from(bit)) & 1 == 1;
        rest >>= 1;
        if odd {
            rest ^= 0x1edc_6f41_u32.reverse_bits();
        }
    }
    !rest
}

fn unmasked(sum: u32) -> u32 {
    sum.wrapping_sub(0xa282_ead8).rotate_left(15)
}

/// The data of every record of a file.
fn records(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).expect("a file");
    let mut left = bytes.as_slice();
    let mut records = Vec::new();
    while !left.is_empty() {
        let length = take::<8>(&mut left);
        assert_eq!(
            unmasked(u32::from_le_bytes(take(&mut left))),
            divided(&length)
        );
        let (data, rest) = left.split_at(u64::from_le_bytes(length) as usize);
        left = rest;
        assert_eq!(unmasked(u32::from_le_bytes(take(&mut left))), divided(data));
        records.push(data.to_vec());
    }
    records
}

/// Step, time, and the values of an event by name.
fn read(event: &[u8]) -> (u64, f64, Vec<(String, f32)>) {
    let found = fields(event);
    let [
        (1, Field::Double(time)),
        (2, Field::Integer(step)),
        (5, Field::Bytes(summary)),
    ] = found.as_slice()
    else {
        panic!("no event of scalars: {found:?}");
    };
    let values = fields(summary).into_iter().map(|value| {
        let (1, Field::Bytes(value)) = value else {
            panic!("no value: {value:?}");
        };
        let found = fields(&value);
        let [(1, Field::Bytes(tag)), (2, Field::Float(value))] = found.as_slice() else {
            panic!("no scalar: {found:?}");
        };
        (String::from_utf8(tag.clone()).expect("a name"), *value)
    });
    (*step, *time, values.collect())
}

fn curve(step: i64, values: &[(&'static str, f32)]) -> (i64, Vec<(&'static str, f32)>) {
    (step, values.to_vec())
}

fn scalars<'a>((step, values): &'a (i64, Vec<(&'static str, f32)>)) -> Scalars<'a> {
    Scalars {
        wall_time: 1_700_000_000.5 + *step as f64,
        step: *step,
        values,
    }
}

#[test]
fn the_checksum_is_castagnolis() {
    // RFC 3720, appendix B.4.
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}

#[test]
fn what_is_written_is_read_back_by_another_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("events.out.tfevents.0.ticclip");
    let curves = [
        curve(1, &[("train/loss", 3.25), ("train/learning-rate", 1e-4)]),
        curve(300, &[("train/loss", f32::NAN)]),
        curve(-2, &[]),
        curve(
            i64::MAX,
            &[(
                "a name of more than 127 bytes, so that its length takes two: the quick brown fox jumps over the lazy dog, and once more.....",
                -0.0,
            )],
        ),
    ];
    let mut file =
        EventFile::create(&path, 1.7e9, curves[..2].iter().map(scalars)).expect("written");
    for curve in &curves[2..] {
        file.append(&scalars(curve)).expect("written");
    }
    let records = records(&path);
    assert_eq!(
        fields(&records[0]),
        [
            (1, Field::Double(1.7e9)),
            (3, Field::Bytes(b"brain.Event:2".to_vec()))
        ]
    );
    assert_eq!(records.len(), 1 + curves.len());
    for (record, curve) in records[1..].iter().zip(&curves) {
        let (step, time, values) = read(record);
        assert_eq!((step as i64, time), (curve.0, scalars(curve).wall_time));
        assert_eq!(values.len(), curve.1.len());
        for ((name, value), (expected_name, expected)) in values.iter().zip(&curve.1) {
            assert_eq!(name, expected_name);
            assert_eq!(value.to_bits(), expected.to_bits());
        }
    }
}

#[test]
fn a_resumed_file_is_the_file_of_a_run_that_was_never_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let curves: Vec<_> = (1..=4)
        .map(|step| curve(step, &[("loss", 1.0 / step as f32)]))
        .collect();
    let [whole, killed] = ["a.tfevents", "b.tfevents"].map(|name| folder.path().join(name));
    EventFile::create(&whole, 0.0, curves.iter().map(scalars)).expect("written");
    let mut file = EventFile::create(&killed, 0.0, []).expect("written");
    for curve in &curves[..3] {
        file.append(&scalars(curve)).expect("written");
    }
    file.file.write_all(&[1, 2, 3]).expect("a half record");
    // Its last state is of update 2.
    let mut file = EventFile::create(&killed, 0.0, curves[..2].iter().map(scalars)).expect("again");
    for curve in &curves[2..] {
        file.append(&scalars(curve)).expect("written");
    }
    let [whole, killed] = [whole, killed].map(|path| std::fs::read(path).expect("a file"));
    assert_eq!(whole, killed);
}

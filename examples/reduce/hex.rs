//! Floating-point numbers as C99's `%a` writes them: exactly.

/// `-0x1.8p+1` of −3, as glibc prints it.
pub fn hex_float(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return "nan".to_string();
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (leading, exponent) = match (bits >> 52 & 0x7ff) as i32 {
        0 if fraction == 0 => (0, 0),
        0 => (0, -1022),
        exponent => (1, exponent - 1023),
    };
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{sign}0x{leading}{point}{digits}p{exponent:+}")
}

//! What a formula's parts are worth.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    Truth(bool),
    /// The cells of a range, row by row.
    Many(Vec<Value>),
    /// A place that nothing was written in.
    Nothing,
}

impl Value {
    pub(super) fn into_text(self) -> Option<String> {
        Some(match self {
            Self::Text(text) => text,
            Self::Number(number) => shown(number),
            Self::Truth(truth) => if truth { "TRUE" } else { "FALSE" }.to_owned(),
            Self::Many(values) => values.into_iter().next()?.into_text()?,
            Self::Nothing => String::new(),
        })
    }

    pub(super) fn text(&self) -> Option<String> {
        self.clone().into_text()
    }

    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Truth(truth) => f64::from(u8::from(*truth)),
            Self::Text(text) if text.trim().is_empty() => 0.0,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Many(values) => return values.first()?.number(),
            Self::Nothing => 0.0,
        };
        number.is_finite().then_some(number)
    }

    /// A count or a place: not negative, whole.
    pub(super) fn whole(&self) -> Option<usize> {
        let number = self.number()?;
        (0.0..=1e6).contains(&number).then_some(number as usize)
    }

    pub(super) fn truth(&self) -> Option<bool> {
        Some(match self {
            Self::Truth(truth) => *truth,
            other => other.number()? != 0.0,
        })
    }
}

/// Fifteen digits, as spreadsheets show them.
pub(super) fn shown(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// What stands between two values.
pub(super) fn operate(operator: &str, left: &Value, right: &Value) -> Option<Value> {
    let numbers = || Some((left.number()?, right.number()?));
    let number = |value: f64| value.is_finite().then_some(Value::Number(value));
    match operator {
        "&" => {
            let text = left.text()? + &right.text()?;
            (text.len() <= super::LONGEST).then_some(Value::Text(text))
        }
        "+" => numbers().and_then(|(a, b)| number(a + b)),
        "-" => numbers().and_then(|(a, b)| number(a - b)),
        "*" => numbers().and_then(|(a, b)| number(a * b)),
        "/" => numbers().and_then(|(a, b)| number(a / b)),
        "^" => numbers().and_then(|(a, b)| number(a.powf(b))),
        _ => compare(operator, left, right).map(Value::Truth),
    }
}

fn compare(operator: &str, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left.number(), right.number()) {
        (Some(a), Some(b)) => a.partial_cmp(&b)?,
        _ => left.text()?.to_lowercase().cmp(&right.text()?.to_lowercase()),
    };
    Some(match operator {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        _ => return None,
    })
}

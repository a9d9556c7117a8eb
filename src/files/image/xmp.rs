//! XMP packets (ISO 16684-1): RDF in XML. Texts of all elements, and of the attributes that hold texts.

use super::{
    super::{budget::Budget, model::Reason, text::charset},
    Picture,
};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Namespaces' usual prefixes whose attributes are written by or about people.
const TELLING: [&str; 11] = [
    "dc:",
    "photoshop:",
    "Iptc4xmpCore:",
    "Iptc4xmpExt:",
    "mwg-rs:",
    "MPReg:",
    "MicrosoftPhoto:",
    "lr:",
    "xmpRights:",
    "digiKam:",
    "acdsee:",
];

pub(super) fn read(packet: &[u8], picture: &mut Picture, budget: &mut Budget) {
    let text = charset::decode(packet, None);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    loop {
        if let Err(limit) = budget.step(1) {
            picture.stopped = Some(Reason::Limit(limit));
            return;
        }
        match reader.read_event() {
            Ok(Event::Text(text)) => {
                let text = String::from_utf8_lossy(&text);
                // Dates, numbers and ids are no words.
                if text.chars().filter(|c| c.is_alphabetic()).count() > 1
                    && !text.starts_with("uuid:")
                    && !text.starts_with("xmp.")
                {
                    picture.say(unescaped(&text));
                }
            }
            Ok(Event::Start(element) | Event::Empty(element)) => attributes(&element, picture),
            Ok(Event::Eof) => return,
            Ok(_) => {}
            Err(_) => {
                picture.stopped = Some(Reason::Malformed);
                return;
            }
        }
    }
}

fn attributes(element: &BytesStart<'_>, picture: &mut Picture) {
    for attribute in element.attributes().with_checks(false).filter_map(Result::ok) {
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        if key == "exif:GPSLatitude" {
            picture.has_location = true;
        }
        if TELLING.iter().any(|prefix| key.starts_with(prefix)) && key != "dc:format" {
            picture.say(unescaped(&String::from_utf8_lossy(&attribute.value)));
        }
    }
    picture.has_location |= element.name().as_ref() == b"exif:GPSLatitude";
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

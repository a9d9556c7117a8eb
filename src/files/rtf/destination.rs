//! Where the text of a group goes, by the word that opens it (Rich Text Format 1.9.1, "Destinations";
//! [MS-OXRTFEX] for HTML in RTF).

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Body,
    Header,
    Footer,
    Footnotes,
    Comments,
    Metadata,
    /// Names and help of form fields.
    Form,
    /// Values of shapes, WordArt's text among them.
    Shapes,
    /// `HYPERLINK "..."`.
    Instruction,
    /// The document's template, which may be loaded from elsewhere.
    Template,
    Fonts,
    Colors,
    /// What stands before and behind the numbers of lists.
    Numbering,
    /// Names of styles and lists, tables of numbers: no text, unless someone puts it there.
    Definitions,
    /// Pictures once more in an older form.
    Duplicate,
    Picture,
    Object,
    HtmlTag,
    /// A destination that we do not know: no program shows it.
    Unknown,
}

impl Destination {
    /// Whether what lies in it is numbers and names: groups in it are so too.
    pub(super) fn is_table(self) -> bool {
        use Destination::*;
        matches!(self, Picture | Object | Definitions | Duplicate | Fonts | Colors)
    }
}

/// The destination that `word` opens; `None` for a word that opens none.
pub(super) fn of(word: &[u8]) -> Option<Destination> {
    use Destination::*;
    Some(match word {
        b"header" | b"headerl" | b"headerr" | b"headerf" => Header,
        b"footer" | b"footerl" | b"footerr" | b"footerf" => Footer,
        // The line above them, which may be words.
        b"footnote" | b"ftnsep" | b"ftnsepc" | b"aftnsep" | b"aftnsepc" | b"ftncn" | b"aftncn" => Footnotes,
        b"pntxta" | b"pntxtb" | b"leveltext" => Numbering,
        b"annotation" | b"atnauthor" | b"atnid" => Comments,
        b"title" | b"subject" | b"author" | b"manager" | b"company" | b"operator" | b"category"
        | b"keywords" | b"comment" | b"doccomm" | b"hlinkbase" | b"propname" | b"staticval" | b"linkval"
        | b"docvar" | b"revtbl" | b"mailmerge" => Metadata,
        b"formfield" | b"ffname" | b"ffdeftext" | b"ffhelptext" | b"ffstattext" | b"ffl" | b"ffformat"
        | b"xe" | b"tc" | b"rxe" | b"txe" => Form,
        b"sv" => Shapes,
        b"fldinst" => Instruction,
        b"template" => Template,
        b"fonttbl" => Fonts,
        b"colortbl" => Colors,
        b"nonshppict" => Duplicate,
        b"pict" => Picture,
        b"objdata" => Object,
        b"htmltag" => HtmlTag,
        b"fldrslt" | b"field" | b"result" | b"shp" | b"shpinst" | b"shptxt" | b"shppict" | b"shprslt"
        | b"do" | b"dptxbxtext" | b"ud" | b"upr" | b"listtext" | b"pntext" | b"object" | b"background"
        | b"info" | b"userprops" | b"shpgrp" | b"moMath" | b"oMath" | b"oMathPara" => return None,
        b"stylesheet"
        | b"listtable"
        | b"listoverridetable"
        | b"rsidtbl"
        | b"generator"
        | b"themedata"
        | b"colorschememapping"
        | b"latentstyles"
        | b"datastore"
        | b"xmlnstbl"
        | b"mmathPr"
        | b"pgdsctbl"
        | b"filetbl"
        | b"fchars"
        | b"lchars"
        | b"blipuid"
        | b"picprop"
        | b"falt"
        | b"panose"
        | b"pnseclvl"
        | b"pn"
        | b"listname"
        | b"levelnumbers"
        | b"listlevel"
        | b"bkmkstart"
        | b"bkmkend"
        | b"atrfstart"
        | b"atrfend"
        | b"atnref"
        | b"mhtmltag"
        | b"objclass"
        | b"objname"
        | b"objalias"
        | b"objsect"
        | b"passwordhash"
        | b"wgrffmtfilter"
        | b"datafield"
        | b"keycode"
        | b"defchp"
        | b"defpap"
        | b"sn"
        | b"fname"
        | b"oldcprops"
        | b"oldpprops"
        | b"oldtprops"
        | b"oldsprops"
        | b"protusertbl"
        | b"factoidname"
        | b"svb"
        | b"hl"
        | b"hlloc"
        | b"hlsrc"
        | b"hlfr" => Definitions,
        _ => return None,
    })
}

//! Imports: what is read, and every mistake with its exact fault.

use super::*;
use crate::parties::{AddressKind, GroupKind, ImageConsent, PersonId, Role, Standing, sample};

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.into(), bytes: text.as_bytes().to_vec() }
}

fn plain(text: &str) -> Import {
    import_files(&[file("people.csv", text)], &sample::schools())
}

/// `file:line: message`, faults then warnings.
fn said(import: &Import) -> Vec<String> {
    let line = |f: &Fault| format!("{}:{}: {}", f.file.display(), f.line, f.message);
    import.faults.iter().map(line).chain(import.warnings.iter().map(line)).collect()
}

fn id(text: &str) -> PersonId {
    PersonId(text.into())
}

#[test]
fn the_sample_is_whole_and_without_fault() {
    let import = sample::imported();
    assert!(import.faults.is_empty(), "{}", crate::parties::render(&import.faults));
    assert_eq!(import.warnings.len(), 1, "the Okonkwos share a mailbox: {:?}", said(&import));
    let directory = import.directory.unwrap();
    assert_eq!((directory.len(), directory.groups().count()), (65, 14));

    let amelia = directory.person(&id("oak-p01")).unwrap();
    assert!(amelia.parents().map(|p| &*p.id().0).eq(["oak-r01", "oak-r02"]));
    assert!(amelia.must_not_contact().map(|p| &*p.id().0).eq(["oak-r02"]));
    assert_eq!(amelia.born().unwrap().to_string(), "2014-11-03");
    assert!(amelia.classes().eq(["7B"]));
    assert_eq!(amelia.images(), Some(ImageConsent::Given));
    let rowe = directory.person(&id("oak-r02")).unwrap();
    assert!(rowe.children().map(|p| &*p.id().0).eq(["oak-p01", "oak-p02"]));
    let trust = directory.person(&id("trust-s01")).unwrap();
    assert!(
        trust
            .memberships()
            .map(|(s, r)| (&*s.0, r))
            .eq([("brynglas", Role::Staff), ("oakfield", Role::Staff)])
    );
    assert_eq!(directory.person(&id("oak-s15")).unwrap().standing(), Standing::Left);
    assert_eq!(directory.person(&id("oak-s03")).unwrap().preferred(), Some("Tom"));
    let kinds =
        |key: &str| directory.person(&id(key)).unwrap().addresses().map(|(_, kind)| kind).collect::<Vec<_>>();
    assert_eq!(kinds("oak-s05"), [AddressKind::School, AddressKind::Personal]);
    assert_eq!(kinds("oak-s08"), [AddressKind::School, AddressKind::Registered], "also a parent");
    assert_eq!(kinds("oak-p10"), [AddressKind::School, AddressKind::Personal]);
    assert_eq!(kinds("oak-r01"), [AddressKind::Registered]);
    let class = directory.lookup_key("9c@oakfield.example").unwrap().group().unwrap();
    assert_eq!((class.members().count(), class.kind()), (5, GroupKind::List));
}

#[test]
fn the_plain_form_reads_the_same_things() {
    let import = import_files(
        &[
            file(
                "people.csv",
                "\u{feff}id,role,given,family,preferred,email,personal_emails,parent_of,class,school,date_of_birth,image_consent,must_not_contact,end_date\r\n\
                 s1,staff,Dan,Price,,d.price@oakfield.example,dan@freemail.example,,,oakfield,,,,\r\n\
                 p1,pupil,Amelia,Martin,Mel,a@pupils.oakfield.example,,,7B,oakfield,2014-11-03,no,r1,2032-07-31\r\n\
                 r1,parent,Stephen,Rowe,,,rowe@freemail.example,p1,,oakfield,,,,\r\n",
            ),
            file(
                "groups.csv",
                "email,name,school,kind,members\noffice@oakfield.example,Office,oakfield,mailbox,s1\n",
            ),
        ],
        &sample::schools(),
    );
    assert_eq!(said(&import), Vec::<String>::new());
    let directory = import.directory.unwrap();
    let pupil = directory.person(&id("p1")).unwrap();
    assert_eq!((pupil.preferred(), pupil.images()), (Some("Mel"), Some(ImageConsent::Refused)));
    assert!(pupil.parents().map(|p| &*p.id().0).eq(["r1"]));
    assert!(pupil.must_not_contact().map(|p| &*p.id().0).eq(["r1"]));
    assert!(matches!(pupil.standing(), Standing::Until(_)));
    let names: Vec<_> = directory.names().map(|n| (n.role, n.given, n.family)).collect();
    assert_eq!(names[0], (Role::Pupil, "Amelia", "Martin"));
}

/// One mistake each, with what is said of it.
#[test]
fn every_mistake_is_said_with_its_line() {
    const H: &str = "id,role,given,family,email,personal_emails,parent_of,school\n";
    let table: &[(&str, &[&str])] = &[
        ("1,staff,A,B,,,,oakfield\n1,staff,C,D,,,,oakfield\n", &["3: The id is the same as in line 2."]),
        (
            "1,staff,A,B,a@oakfield.example,,,oakfield\n2,staff,C,D,A@Oakfield.example,,,oakfield\n",
            &["3: The school address is the same as in line 2."],
        ),
        ("1,wizard,A,B,,,,oakfield\n", &["2: What stands in `role` is no known role."]),
        ("1,,A,B,,,,oakfield\n", &["2: `role` is empty."]),
        (",staff,A,B,,,,oakfield\n", &["2: `id` is empty."]),
        ("1,staff,,,,,,oakfield\n", &["2: Both `given` and `family` are empty."]),
        ("1,staff,A,B,not an address,,,oakfield\n", &["2: What stands in `email` is no mail address."; 3]),
        ("1,staff,A,B,a@localhost,,,oakfield\n", &["2: What stands in `email` is no mail address."]),
        (
            "1,parent,A,B,,a@b.example,ghost,oakfield\n",
            &["2: The row names a child that is not in the file."],
        ),
        ("1,staff,A,B,,,,okfield\n", &["2: `school` names a school that is not in gatehouse.toml."]),
        ("1,staff,A,B,,,,\n", &["2: `school` is empty."]),
        ("1,staff,A,B\n", &["2: The row has 4 fields, the header 8."]),
        ("", &["0: There is nobody in this file."]),
        (
            "\n1,staff,\"A\nA\",B,,,,oakfield\n2,none,C,D,,,,oakfield\n",
            &[
                "3: `given` is too long or holds a control character.",
                "5: What stands in `role` is no known role.",
            ],
        ),
        (
            "1,staff,A,B,a@home.example,,,oakfield\n",
            &["2: The address in `email` is in no domain of a school."],
        ),
        (
            "1,parent,A,B,,a@b.example,,oakfield\n2,parent,C,D,,a@b.example,,oakfield\n",
            &["3: The outside address is the same as in line 2."],
        ),
    ];
    for (rows, expected) in table {
        let import = plain(&format!("{H}{rows}"));
        let expected: Vec<String> = expected.iter().map(|e| format!("people.csv:{e}")).collect();
        assert_eq!(said(&import), expected, "{rows}");
        assert_eq!(import.directory.is_none(), !import.faults.is_empty(), "{rows}");
    }
}

#[test]
fn columns_encodings_and_separators_are_judged() {
    let import = plain("id,role,given,famly,persnal_emails\n1,staff,A,B,\n");
    assert_eq!(
        said(&import),
        [
            "people.csv:1: The column `family` is missing.",
            "people.csv:1: The column `famly` is not used.",
            "people.csv:1: The column `persnal_emails` is not used.",
        ]
    );
    assert_eq!(import.warnings[1].hint.as_deref(), Some("Did you mean `personal_emails`?"));
    let semicolons = plain("id;role;given;family\n1;staff;A;B\n");
    assert_eq!(
        semicolons.faults[0].hint.as_deref(),
        Some("Separate the columns by commas, not by semicolons or tabs.")
    );

    let rows = b"id,role,given,family,school\n1,staff,Zo\xeb,B,oakfield\n".to_vec();
    let windows = import_files(&[SourceFile { name: "people.csv".into(), bytes: rows }], &sample::schools());
    assert_eq!(said(&windows), ["people.csv:2: The file is not UTF-8; it was read as Windows-1252."]);
    assert_eq!(windows.directory.unwrap().people().next().unwrap().given(), "Zoë");
    let utf16: Vec<u8> = "\u{feff}id,role,given,family,school\n1,staff,Zoë,B,oakfield\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let wide = import_files(&[SourceFile { name: "people.csv".into(), bytes: utf16 }], &sample::schools());
    assert_eq!(wide.directory.unwrap().people().next().unwrap().given(), "Zoë");
    let binary =
        import_files(&[SourceFile { name: "people.csv".into(), bytes: vec![0, 1, 2] }], &sample::schools());
    assert_eq!(said(&binary), ["people.csv:0: This is no text file."]);
}

#[test]
fn a_oneroster_folder_is_held_against_itself() {
    const USERS: &str =
        "sourcedId,status,enabledUser,orgSourcedIds,role,givenName,familyName,agentSourcedIds\n";
    const ORGS: &str = "sourcedId,name,type,parentSourcedId\nschool-7,Oakfield Community School,school,\n\
                        maths,Maths,department,school-7\nother,Elsewhere,school,\n";
    let import = import_files(
        &[
            file(
                "users.csv",
                &format!(
                    "{USERS}p1,active,true,maths,student,A,B,\"r1,gone,ghost,t1\"\nr1,active,,school-7,guardian,C,D,\n\
                     gone,tobedeleted,,school-7,parent,E,F,\nt1,maybe,,nowhere,teacher,G,H,\n\
                     x1,active,,other,teacher,I,J,\n"
                ),
            ),
            file("orgs.csv", ORGS),
            file(
                "demographics.csv",
                "sourcedId,birthDate\np1,03/11/2014\nghost,2014-01-01\ngone,2000-01-01\n",
            ),
            file("classes.csv", "sourcedId,title,schoolSourcedId\nc1,7B,school-7\n"),
            file("enrollments.csv", "classSourcedId,userSourcedId\nc1,p1\nc2,p1\nc1,ghost\n"),
            file("manifest.csv", "propertyName,value\noneroster.version,1.2\nfile.users,delta\n"),
        ],
        &sample::schools(),
    );
    assert_eq!(
        said(&import),
        [
            "demographics.csv:2: `birthDate` is no date.",
            "demographics.csv:3: The row is about someone who is not in users.csv.",
            "enrollments.csv:3: `classSourcedId` names a class that is not in classes.csv.",
            "enrollments.csv:4: `userSourcedId` names someone who is not in users.csv.",
            "manifest.csv:2: The folder is not OneRoster 1.1.",
            "manifest.csv:3: The folder has changes only (delta).",
            "users.csv:2: The row names an agent that is not in the file.",
            "users.csv:5: `status` is neither active nor tobedeleted.",
            "users.csv:5: `orgSourcedIds` names an org that is not in orgs.csv.",
            "orgs.csv:4: This school is not in gatehouse.toml; its people are left out.",
        ]
    );
    assert_eq!(import.skipped, 3);
}

#[test]
fn a_flood_of_faults_is_bounded() {
    let rows: String = (0..5000).map(|n| format!("{n},none,A,B,oakfield\n")).collect();
    let import = plain(&format!("id,role,given,family,school\n{rows}"));
    assert_eq!(import.faults.len(), 1001);
    assert!(import.faults.iter().any(|f| f.message == "There are 4000 further faults."));
}

#[test]
fn a_folder_without_a_known_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let import = import(folder.path(), &sample::schools());
    assert_eq!(import.faults[0].message, "There is nothing to import in this folder.");
}

/// No fault may carry what a row says of a person.
#[test]
fn faults_carry_no_personal_data() {
    let import = plain(
        "id,role,given,family,email,parent_of,school,date_of_birth,image_consent\n\
         1,Zebedee,Zebedee,Zebedee,Zebedee,Zebedee,Zebedee,Zebedee,Zebedee\n",
    );
    assert!(import.faults.len() >= 5);
    let shown = crate::parties::render(&import.faults) + &format!("{import:?}");
    assert!(!shown.contains("Zebedee"), "{shown}");
}

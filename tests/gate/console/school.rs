//! The school's own sign-in, with a real OpenID Connect server on this machine (Django with
//! django-oauth-toolkit, which scripts/oidc-server.sh puts under target/tools).

use super::{Browser, School, gate_with, password::let_proofs_age};
use crate::gate::Setup;
use reqwest::{Method, StatusCode};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// The server as a process; it ends with the test.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(folder: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let fetched = Command::new(root.join("scripts/oidc-server.sh")).output().unwrap();
        assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
        let mut process = Command::new("python3")
            .arg(root.join("tests/gate/console/oidc_server.py"))
            .arg(folder)
            .arg("http://localhost/sign-in/school/back")
            .env("PYTHONPATH", root.join("target/tools/oidc-server"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { process, address: format!("http://127.0.0.1:{}", port.trim()) }
    }

    fn section(&self, secret: &Path, name: &str, more: &str) -> String {
        format!(
            "[[console.oidc]]\nname = \"{name}\"\nissuer = \"{}/o\"\nclient-id = \"gatehouse\"\nclient-secret = \"{}\"\n\
             schools = [\"oakfield\"]\n{more}\n",
            self.address,
            secret.display()
        )
    }
}

/// Goes from our page to the server, signs in there, and returns the address that leads back.
fn sign_in_there(server: &Server, browser: &mut Browser, path: &str, again: &str, name: &str) -> String {
    let fields = [("next", "/account"), ("again", again)];
    let sent = browser.send(Method::POST, path, Some(&fields), &[OWN]);
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);
    let to = sent.headers["refresh"].to_str().unwrap().split_once("url=").unwrap().1.to_owned();
    for wanted in ["code_challenge_method=S256", "nonce=", "state=", "response_type=code"] {
        assert!(to.contains(wanted), "{wanted}: {to}");
    }
    // Their own browser there keeps other cookies, as for any other host.
    let mut there = Browser::at(server.address.clone());
    let asked = there.get(to.strip_prefix(&server.address).expect("the server's own address"));
    let login = there.get(asked.leads_to());
    let hidden = |field: &str| {
        let (_, rest) = login
            .text
            .split_once(&format!("name=\"{field}\" value=\""))
            .or_else(|| login.text.split_once(&format!("name='{field}' value='")))
            .unwrap();
        rest.split(['"', '\'']).next().unwrap().replace("&amp;", "&")
    };
    let (token, next) = (hidden("csrfmiddlewaretoken"), hidden("next"));
    let fields = [
        ("csrfmiddlewaretoken", &*token),
        ("next", &*next),
        ("username", name),
        ("password", "for the tests alone"),
    ];
    let login_at = asked.leads_to().to_owned();
    let signed = there.send(Method::POST, &login_at, Some(&fields), &[]);
    assert_eq!(signed.status, StatusCode::FOUND, "{}", signed.text);
    let granted = there.get(signed.leads_to());
    let (_, back) =
        granted.leads_to().split_once("http://localhost").unwrap_or_else(|| panic!("{granted:?}"));
    back.to_owned()
}

#[test]
fn the_schools_sign_in_lets_in_whom_the_directory_has_by_a_proved_school_address() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret of the tests\n").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let plain = server.section(&secret, "Oakfield", "");
    let tenant =
        server.section(&secret, "Tenant", "tenants = [\"t-oakfield\"]\ndomains = [\"oakfield.example\"]");
    let gate = gate_with(Setup { more: format!("{plain}{tenant}"), ..Setup::default() });
    School::of(&gate);
    let plain = "/sign-in/school/Oakfield/begin";

    // Whom nobody has proved, a personal address, a pupil.
    for name in ["unproved", "private", "pupil"] {
        let mut browser = Browser::new(&gate);
        let back = sign_in_there(&server, &mut browser, plain, "", name);
        let page = browser.get(&back);
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", page.text);
        assert_eq!(browser.get("/account").leads_to(), "/sign-in?next=%2Faccount", "{name}");
    }
    // Another tenant's, where one is named.
    let mut browser = Browser::new(&gate);
    let back = sign_in_there(&server, &mut browser, "/sign-in/school/Tenant/begin", "", "elsewhere");
    assert_eq!(browser.get(&back).status, StatusCode::UNPROCESSABLE_ENTITY);

    // Staff are registered by it and hold that office alone.
    let mut teacher = Browser::new(&gate);
    let back = sign_in_there(&server, &mut teacher, "/sign-in/school/Tenant/begin", "", "okafor");
    let mut thief = Browser::new(&gate);
    assert_eq!(thief.get(&back).status, StatusCode::UNPROCESSABLE_ENTITY, "another browser");
    let let_in = teacher.get(&back);
    assert_eq!((let_in.status, let_in.leads_to()), (StatusCode::SEE_OTHER, "/account"), "{}", let_in.text);
    let account = teacher.get("/account").text;
    assert!(account.contains("Okafor") && account.contains("a member of staff"), "{account}");
    assert_eq!(teacher.get(&back).status, StatusCode::UNPROCESSABLE_ENTITY, "a way back is good once");
    let users = gate.home.list(&["users", "list"]);
    let registered = users.iter().filter(|user| user["person"] == "oak-s04").count();
    assert_eq!(registered, 1, "{users:?}");

    // A fresh proof by it comes back to where one was, for its own person alone.
    let_proofs_age(&gate);
    let asked = teacher.get("/account/password");
    assert!(asked.leads_to().starts_with("/sign-in/again"));
    assert!(teacher.get("/sign-in/again").text.contains("Prove yourself with Oakfield"));
    let back = sign_in_there(&server, &mut teacher, plain, "yes", "okafor");
    assert_eq!(teacher.get(&back).leads_to(), "/account");
    assert_eq!(teacher.get("/account/password").status, StatusCode::OK);
}

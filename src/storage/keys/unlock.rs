//! Identities under a passphrase. scrypt takes hundreds of megabytes by design, so a
//! process of its own does it, which holds nothing else, leaves no core, has bounds on
//! memory and time, and gives what it opened to a pipe only.

use super::{
    identity::Identities,
    memory,
    terminal::{self, Echo, Source},
};
use crate::storage::error::KeyError;
use age::{
    Encryptor, scrypt,
    secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing},
};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

/// The hidden subcommand by which the program calls itself.
pub const SUBCOMMAND: &str = "open-identity";

/// `2^20` takes 1 GiB; age and rage write 18 to 20.
const MOST_WORK: u8 = 20;
/// As Debian's age writes it: 256 MiB.
const OUR_WORK: u8 = 18;
/// Room for `MOST_WORK` and the program itself.
const MEMORY: u64 = 2 << 30;
const SECONDS: u64 = 120;
/// An identity file is a few lines.
const LONGEST: u64 = 64 << 10;
const AGE_FILE: &[u8] = b"age-encryption.org/";

/// Reads an age identity file. One under a passphrase is unlocked in a process of its own:
/// the passphrase is asked at the terminal, or read as one line when standard input is a pipe.
pub fn unlock(path: &Path) -> Result<Identities, KeyError> {
    let program = std::env::current_exe().map_err(|source| file_fault(path, source))?;
    unlock_with(&program, path, None)
}

/// The same with another program of ours to do it, and a passphrase that is known already.
pub fn unlock_with(
    program: &Path,
    path: &Path,
    passphrase: Option<&SecretString>,
) -> Result<Identities, KeyError> {
    let name = path.display().to_string();
    let bytes = read_bounded(path)?;
    if !bytes.starts_with(AGE_FILE) {
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NoIdentity(name.clone()))?;
        return Identities::parse(text, &name);
    }
    let opened = Helper { program: program.to_owned(), task: Task::Open, name: name.clone() }
        .run(&bytes, passphrase)?;
    let text = std::str::from_utf8(&opened).map_err(|_| KeyError::NoIdentity(name.clone()))?;
    Identities::parse(text, &name)
}

/// An identity file under a passphrase that somebody has sent with it, opened in the same way. Neither is written
/// anywhere. Keys in hardware are none: they are where their owner is.
pub fn unlock_sent(sealed: Vec<u8>, passphrase: String) -> Result<Identities, KeyError> {
    const NAME: &str = "this file";
    let (sealed, passphrase) = (Zeroizing::new(sealed), SecretString::from(passphrase));
    if sealed.len() as u64 >= LONGEST || !sealed.starts_with(AGE_FILE) {
        return Err(KeyError::NotUnderPassphrase(NAME.to_owned()));
    }
    // Its first line alone would be the passphrase, and the rest a part of the file.
    if passphrase.expose_secret().is_empty() || passphrase.expose_secret().contains(['\n', '\r']) {
        return Err(KeyError::NoPassphrase);
    }
    let program = std::env::current_exe().map_err(|source| file_fault(Path::new(NAME), source))?;
    let opened =
        Helper { program, task: Task::Open, name: NAME.to_owned() }.run(&sealed, Some(&passphrase))?;
    let text = std::str::from_utf8(&opened).map_err(|_| KeyError::NoIdentity(NAME.to_owned()))?;
    Identities::parse(text, NAME)?.without_plugins().ok_or_else(|| KeyError::NoIdentity(NAME.to_owned()))
}

/// Makes a key in a new file (0600) under a passphrase, which is asked twice; returns its
/// public half. `age -d -i FILE` asks for the same passphrase.
pub fn generate_locked(path: &Path, purpose: &str) -> Result<String, KeyError> {
    let program = std::env::current_exe().map_err(|source| file_fault(path, source))?;
    if path.exists() {
        return Err(KeyError::Exists(path.display().to_string()));
    }
    let first = terminal::ask_secret("New passphrase:")?;
    if first.expose_secret().chars().count() < SHORTEST {
        return Err(KeyError::ShortPassphrase(SHORTEST));
    }
    let again = terminal::ask_secret("The same again:")?;
    if first.expose_secret() != again.expose_secret() {
        return Err(KeyError::OtherPassphrase);
    }
    generate_locked_with(&program, path, purpose, &first)
}

/// Characters below which a passphrase can be tried out by whoever has the file.
const SHORTEST: usize = 12;

/// The same with a passphrase that is no secret, for the demonstration.
pub fn generate_under(path: &Path, purpose: &str, passphrase: &str) -> Result<String, KeyError> {
    let program = std::env::current_exe().map_err(|source| file_fault(path, source))?;
    generate_locked_with(&program, path, purpose, &SecretString::from(passphrase.to_owned()))
}

/// The same with another program of ours to do it, and a passphrase that is known already.
pub fn generate_locked_with(
    program: &Path,
    path: &Path,
    purpose: &str,
    passphrase: &SecretString,
) -> Result<String, KeyError> {
    let identity = age::x25519::Identity::generate();
    let text = super::identity::file_text(&identity, purpose);
    let helper = Helper { program: program.to_owned(), task: Task::Lock, name: path.display().to_string() };
    let locked = helper.run(text.as_bytes(), Some(passphrase))?;
    super::write_new(path, &locked)?;
    Ok(identity.to_public().to_string())
}

/// Whether the file is under a passphrase.
pub(super) fn is_locked(path: &Path) -> Result<bool, KeyError> {
    Ok(read_bounded(path)?.starts_with(AGE_FILE))
}

fn read_bounded(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = File::open(path).map_err(|source| file_fault(path, source))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    file.take(LONGEST).read_to_end(&mut bytes).map_err(|source| file_fault(path, source))?;
    Ok(bytes)
}

fn file_fault(path: &Path, source: io::Error) -> KeyError {
    KeyError::File { path: path.display().to_string(), source }
}

#[derive(Clone, Copy)]
enum Task {
    Open,
    Lock,
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Lock => "lock",
        }
    }
}

/// The other process as this one sees it.
struct Helper {
    program: PathBuf,
    task: Task,
    /// The file's name, for the question and the errors.
    name: String,
}

impl Helper {
    fn run(&self, input: &[u8], passphrase: Option<&SecretString>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let asked = match passphrase {
            None if Source::of_this_process() == Source::Pipe => Some(terminal::ask_secret("")?),
            None => None,
            Some(known) => Some(known.clone()),
        };
        let failed = |source| KeyError::File { path: self.program.display().to_string(), source };
        let mut child = Command::new(&self.program)
            .args([SUBCOMMAND, self.task.name(), &self.name])
            .arg(if asked.is_some() { "pipe" } else { "terminal" })
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(mut to) = child.stdin.take() {
            // A child that has given up reads no more; its exit says why.
            let _ = asked
                .as_ref()
                .map_or(Ok(()), |p| {
                    to.write_all(p.expose_secret().as_bytes()).and_then(|()| to.write_all(b"\n"))
                })
                .and_then(|()| to.write_all(input));
        }
        let mut output = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
        if let Some(from) = child.stdout.take() {
            from.take(LONGEST).read_to_end(&mut output).map_err(failed)?;
        }
        let status = child.wait().map_err(failed)?;
        match status.code() {
            Some(0) => Ok(output),
            code => Err(self.fault(code)),
        }
    }

    fn fault(&self, code: Option<i32>) -> KeyError {
        let name = self.name.clone();
        match code.and_then(|code| u8::try_from(code).ok()).and_then(Refusal::of) {
            Some(Refusal::WrongPassphrase) => KeyError::WrongPassphrase(name),
            Some(Refusal::NoPassphrase) => KeyError::NoPassphrase,
            Some(Refusal::TooMuchWork) => KeyError::TooMuchWork(name),
            Some(Refusal::NotLocked) => KeyError::NotUnderPassphrase(name),
            None => KeyError::UnlockDied(name),
        }
    }
}

/// Why the process did nothing, as its exit status.
#[derive(Clone, Copy)]
enum Refusal {
    WrongPassphrase = 10,
    NoPassphrase = 11,
    TooMuchWork = 12,
    NotLocked = 13,
}

impl Refusal {
    fn of(code: u8) -> Option<Self> {
        [Self::WrongPassphrase, Self::NoPassphrase, Self::TooMuchWork, Self::NotLocked]
            .into_iter()
            .find(|refusal| *refusal as u8 == code)
    }
}

/// What the hidden subcommand does: `open|lock NAME terminal|pipe`; a piped passphrase is the
/// first line of standard input, all that follows is the file.
pub fn serve(task: &str, name: &str, from: &str) -> ExitCode {
    let done = fence().map_err(|_| Refusal::NotLocked).and_then(|()| match task {
        "lock" => lock(name, from),
        _ => open(name, from),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => ExitCode::from(refusal as u8),
    }
}

/// No core, no look by other processes of the account, no more memory and time than it takes.
fn fence() -> io::Result<()> {
    let at_most = |most| Rlimit { current: Some(most), maximum: Some(most) };
    memory::no_core()?;
    setrlimit(Resource::As, at_most(MEMORY))?;
    setrlimit(Resource::Cpu, at_most(SECONDS))?;
    Ok(())
}

fn passphrase(name: &str, from: &str) -> Result<SecretString, Refusal> {
    let answer = match from {
        "pipe" => terminal::line(&mut io::stdin().lock()),
        _ => terminal::at_terminal(&format!("Passphrase of {name}:"), Echo::Off),
    };
    terminal::answered(answer).map_err(|_| Refusal::NoPassphrase)
}

fn rest_of_input() -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let mut rest = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
    io::stdin().lock().take(LONGEST).read_to_end(&mut rest).map_err(|_| Refusal::NotLocked)?;
    Ok(rest)
}

fn open(name: &str, from: &str) -> Result<(), Refusal> {
    let secret = passphrase(name, from)?;
    let sealed = rest_of_input()?;
    let decryptor = age::Decryptor::new(&sealed[..]).map_err(|_| Refusal::NotLocked)?;
    if !decryptor.is_scrypt() {
        return Err(Refusal::NotLocked);
    }
    let mut identity = scrypt::Identity::new(secret);
    identity.set_max_work_factor(MOST_WORK);
    let reader =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|e| match e {
            age::DecryptError::ExcessiveWork { .. } => Refusal::TooMuchWork,
            age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => {
                Refusal::WrongPassphrase
            }
            _ => Refusal::NotLocked,
        })?;
    let mut plain = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
    reader.take(LONGEST).read_to_end(&mut plain).map_err(|_| Refusal::NotLocked)?;
    answer(&plain)
}

fn lock(name: &str, from: &str) -> Result<(), Refusal> {
    let secret = passphrase(name, from)?;
    let plain = rest_of_input()?;
    let mut recipient = scrypt::Recipient::new(secret);
    recipient.set_work_factor(OUR_WORK);
    let wrapped = || -> io::Result<Vec<u8>> {
        let to = std::iter::once(&recipient as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(to).map_err(io::Error::other)?;
        let mut out = encryptor.wrap_output(Vec::new())?;
        out.write_all(&plain)?;
        out.finish()
    };
    answer(&wrapped().map_err(|_| Refusal::NotLocked)?)
}

fn answer(bytes: &[u8]) -> Result<(), Refusal> {
    // Unbuffered: std's own buffer of standard output would keep a copy.
    let out = io::stdout();
    File::from(std::os::fd::AsFd::as_fd(&out).try_clone_to_owned().map_err(|_| Refusal::NotLocked)?)
        .write_all(bytes)
        .map_err(|_| Refusal::NotLocked)
}

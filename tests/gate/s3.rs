//! A real S3 server (SeaweedFS) for the tests: one for the process, on loopback and free
//! ports, ended by the kernel when the process ends, however it ends. Each test makes a
//! bucket of its own.

use chrono::{DateTime, Utc};
use gatehouse::config::{BucketConfig, BucketCredentials, LockMode, VaultConfig};
use object_store::{
    aws::{AwsAuthorizer, AwsCredential},
    client::{HttpRequest, HttpRequestBody},
};
use reqwest::Method;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{io::copy_bidirectional, net::TcpStream, sync::watch};

const KEY: &str = "gate";
const SECRET: &str = "an invented secret";

pub(crate) struct S3 {
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

/// The server of this process; started by the first who asks.
pub(crate) fn server() -> &'static S3 {
    static SERVER: OnceLock<S3> = OnceLock::new();
    SERVER.get_or_init(S3::start)
}

/// A bucket that nobody else uses.
pub(crate) struct TestBucket {
    pub(crate) name: String,
    credentials: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Made for Object Lock, and so with versions.
    Lockable,
}

impl S3 {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let weed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/seaweedfs-4.48/weed");
        assert!(weed.is_file(), "the S3 server is not there; `scripts/s3-server.sh` fetches it");
        let identities = serde_json::json!({"identities": [{
            "name": "gate",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }]});
        fs::write(folder.path().join("identities.json"), identities.to_string()).unwrap();
        fs::write(
            folder.path().join("credentials"),
            format!("[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"),
        )
        .unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let port: Vec<u16> = (0..8).map(|_| crate::ports::free_port().port()).collect();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let args = [
            "server".into(),
            "-filer".into(),
            "-s3".into(),
            "-ip=127.0.0.1".into(),
            "-ip.bind=127.0.0.1".into(),
            format!("-dir={}", path("data")),
            format!("-filer.localSocket={}", path("filer.sock")),
            format!("-s3.localSocket={}", path("s3.sock")),
            format!("-s3.config={}", path("identities.json")),
            format!("-master.port={}", port[0]),
            format!("-master.port.grpc={}", port[1]),
            format!("-volume.port={}", port[2]),
            format!("-volume.port.grpc={}", port[3]),
            format!("-filer.port={}", port[4]),
            format!("-filer.port.grpc={}", port[5]),
            format!("-s3.port={}", port[6]),
            format!("-s3.port.grpc={}", port[7]),
            "-s3.port.iceberg=0".into(),
            "-s3.port.lance=0".into(),
            "-volume.max=200".into(),
            "-master.volumeSizeLimitMB=64".into(),
            "-master.telemetry=false".into(),
        ];
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = crate::debian::program("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(weed).args(args).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        // The signal comes when the thread that started it ends, so it is one that never does.
        let (started, has_started) = mpsc::channel();
        std::thread::spawn(move || {
            let child = command.spawn();
            started.send(child.is_ok()).unwrap();
            if let Ok(mut child) = child {
                let _ = child.wait();
            }
            loop {
                std::thread::park();
            }
        });
        assert!(has_started.recv().unwrap(), "the S3 server does not start");
        let server = Self { address: ([127, 0, 0, 1], port[6]).into(), folder };
        server.wait();
        server
    }

    /// Until it takes and gives back an object: its parts come up one after the other.
    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let up = || {
            let put = |path: &str| self.request(Method::PUT, path, &[], b"x").map(|r| r.0);
            put("ready") == Some(200) && put("ready/object") == Some(200)
        };
        while !up() {
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "the S3 server does not come up:\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// One signed request with its answer's status and body, as any owner of the
    /// credentials can make it; `None` when nobody answers.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Option<(u16, Vec<u8>)> {
        let credential = AwsCredential { key_id: KEY.into(), secret_key: SECRET.into(), token: None };
        let url = format!("http://{}/{path}", self.address);
        let mut unsigned = HttpRequest::new(HttpRequestBody::from(body.to_vec()));
        *unsigned.method_mut() = method.clone();
        *unsigned.uri_mut() = url.parse().unwrap();
        for (name, value) in headers {
            unsigned.headers_mut().insert(*name, value.parse().unwrap());
        }
        AwsAuthorizer::new(&credential, "s3", "us-east-1").try_authorize(&mut unsigned, None).unwrap();
        let mut signed = reqwest::Request::new(method, url.parse().unwrap());
        *signed.headers_mut() = std::mem::take(unsigned.headers_mut());
        *signed.body_mut() = Some(body.to_vec().into());
        let work = async {
            let answer = http().execute(signed).await.ok()?;
            let status = answer.status().as_u16();
            Some((status, answer.bytes().await.ok()?.to_vec()))
        };
        // A thread of its own: the caller may already be within a runtime.
        std::thread::scope(|scope| {
            let run =
                || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
            scope.spawn(run).join().unwrap()
        })
    }

    /// Everything that the server keeps on its disk, of all buckets.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn bucket(&self, kind: Kind) -> TestBucket {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("school-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let lockable = [("x-amz-bucket-object-lock-enabled", "true")];
        let headers = if kind == Kind::Lockable { &lockable[..] } else { &[] };
        assert_eq!(self.request(Method::PUT, &name, headers, b"").unwrap().0, 200);
        TestBucket { name, credentials: self.folder.path().join("credentials") }
    }
}

fn http() -> reqwest::Client {
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
    let tls = ClientConfig::builder_with_provider(std::sync::Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
    client.timeout(Duration::from_secs(20)).no_proxy().build().unwrap()
}

impl TestBucket {
    pub(crate) fn at(&self, address: SocketAddr, lock: Option<LockMode>) -> VaultConfig {
        VaultConfig::Bucket(BucketConfig {
            bucket: self.name.clone(),
            prefix: "gate/one".into(),
            endpoint: Some(format!("http://{address}")),
            region: "us-east-1".into(),
            credentials: BucketCredentials::File(self.credentials.clone()),
            ca: None,
            timeout: Duration::from_secs(5),
            lock,
        })
    }

    pub(crate) fn config(&self) -> VaultConfig {
        self.at(server().address, None)
    }

    /// The lines of gatehouse.toml for it.
    pub(crate) fn toml(&self, address: SocketAddr) -> String {
        format!(
            "[vault]\nurl = \"s3://{}/gates\"\nendpoint = \"http://{address}\"\ncredentials = \"{}\"\ntimeout = \"5s\"\n",
            self.name,
            self.credentials.display()
        )
    }

    /// The keys of all objects, under the gate's prefix or not.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.listed("list-type=2")
    }

    /// All objects, as the server hands them out to whoever has the credentials.
    pub(crate) fn objects(&self) -> Vec<(String, Vec<u8>)> {
        let get = |key: String| {
            let path = format!("{}/{key}", self.name);
            let (status, body) = server().request(Method::GET, &path, &[], b"").unwrap();
            assert_eq!(status, 200, "{key}");
            (key, body)
        };
        self.keys().into_iter().map(get).collect()
    }

    /// One key for each version and each marker of a deletion.
    pub(crate) fn versions(&self) -> Vec<String> {
        self.listed("versions=")
    }

    /// Of objects; the mark that says whose they are is none.
    fn listed(&self, query: &str) -> Vec<String> {
        let (status, body) =
            server().request(Method::GET, &format!("{}?{query}", self.name), &[], b"").unwrap();
        assert_eq!(status, 200);
        let text = String::from_utf8(body).unwrap();
        let keys = text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned());
        keys.filter(|key| !key.ends_with("store-id")).collect()
    }

    /// The version of the only object of this key.
    pub(crate) fn version_of(&self, key: &str) -> String {
        let query = format!("{}?versions=&prefix={key}", self.name);
        let (_, body) = server().request(Method::GET, &query, &[], b"").unwrap();
        let text = String::from_utf8(body).unwrap();
        let id = text.split("<VersionId>").nth(1).and_then(|rest| rest.split('<').next());
        id.expect("a version").to_owned()
    }

    /// Until when the server lets nobody delete it.
    pub(crate) fn locked_until(&self, key: &str) -> Option<DateTime<Utc>> {
        let (status, body) =
            server().request(Method::GET, &format!("{}/{key}?retention=", self.name), &[], b"").unwrap();
        let text = String::from_utf8(body).unwrap();
        let until = text.split("<RetainUntilDate>").nth(1).and_then(|rest| rest.split('<').next());
        until.filter(|_| status == 200).map(|until| until.parse().unwrap())
    }

    /// As somebody does who has the credentials.
    pub(crate) fn overwrite(&self, key: &str, body: &[u8]) -> u16 {
        server().request(Method::PUT, &format!("{}/{key}", self.name), &[], body).unwrap().0
    }

    pub(crate) fn delete(&self, key: &str) -> u16 {
        server().request(Method::DELETE, &format!("{}/{key}", self.name), &[], b"").unwrap().0
    }
}

/// A way to the server that can be shut.
pub(crate) struct Way {
    pub(crate) address: SocketAddr,
    open: Arc<watch::Sender<bool>>,
}

impl Way {
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(watch::Sender::new(true));
        let way = Arc::clone(&open);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut open = way.subscribe();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server().address).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = open.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        Self { address, open }
    }

    /// Shut when this returns: what was connected is cut off, and who comes is turned away.
    pub(crate) async fn shut(&self) {
        self.turn_away();
        self.open.closed().await;
    }

    pub(crate) fn turn_away(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn reopen(&self) {
        self.open.send_replace(true);
    }
}

//! A running gate: doors, outbox, housekeeping; reload and an orderly end.

use super::{
    StartFault, duties, itself, load,
    tasks::{Tasks, regularly, repeatedly},
};
use crate::{
    clock::{self, Clock},
    config::{self, Config, Listen},
    console::{self, Console},
    desk::in_force::in_force,
    effects::{Delivery, DeliveryOptions},
    gateway::{Gate, GateHouse, Rescanner, Standing},
    ids,
    mail::House,
    storage::{Actor, Event, Keeping, Keys, LedgerEvent, Store, StoreOptions, TakenUp},
    wire::{
        MemoryBudget, MetricsServer, Page, WebServer,
        milter::{MilterServer, MilterService},
        smtp::{NextHopClient, RelayServer, RelayService, system_resolver},
    },
};
use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// How long a message waits for memory before the client is told to come again.
pub(crate) const MEMORY_WAIT: Duration = Duration::from_secs(10);
/// The file whose lock says that a process serves the folder.
const SERVING: &str = "serving";
/// How often exceptions, suspensions and the officers are read anew.
const MEASURES: Duration = Duration::from_secs(15);

/// A gate whose doors are open.
pub struct Running {
    /// Where the milter listens, with real port numbers.
    pub milter: Vec<Listen>,
    /// Where the relay listens.
    pub relay: Vec<SocketAddr>,
    /// Where the console listens, when there is one.
    pub console: Option<SocketAddr>,
    pub store: Store,
    gate: Arc<Gate>,
    /// What its pages are made from.
    pages: Option<Arc<Console>>,
    file: PathBuf,
    /// Those of the start, which a reload opens the people with.
    keys: Keys,
    close: watch::Sender<bool>,
    tasks: Tasks,
    _alone: fs::File,
}

/// Opens the store, reads rules and people, binds every door, and begins to serve.
/// Nothing listens unless all of it is ready.
pub async fn start(config: Config) -> Result<Running, StartFault> {
    let clock: Clock = clock::system();
    let alone = alone(&config.data)?;
    let keys = Keys::from_config(&config.keys)?;
    let mut options = StoreOptions::from_config(&config, keys.clone());
    options.clock = clock.clone();
    let store = Store::open(options).await?;
    records_have_readers(&store, &config).await?;
    store.begin_serving().await?;
    store.ledger_key_or_make().await?;
    let standing = load::standing(&config, &keys)?;
    note_start(&store, &config, &standing, Actor::Gate).await?;
    let gate = Arc::new(Gate::new(standing, store.clone(), clock.clone(), config.notices.per_hour));
    gate.read_measures().await?;
    gate.read_officers().await?;
    let (close, closing) = watch::channel(false);
    let mut running = Running {
        milter: Vec::new(),
        relay: Vec::new(),
        console: None,
        store: store.clone(),
        gate: gate.clone(),
        pages: None,
        file: config.file.clone(),
        keys,
        close,
        tasks: Tasks::default(),
        _alone: alone,
    };
    let client = Arc::new(NextHopClient::new(config.hostname.clone(), system_resolver()));
    let doors = Doors {
        house: Arc::new(GateHouse(gate)),
        memory: MemoryBudget::new(config.limits.memory_bytes, MEMORY_WAIT),
        client: client.clone(),
        clock,
        closing: closing.clone(),
    };
    doors.open(&config, &mut running).await?;
    if let Some(address) = config.metrics {
        running.show_metrics(address, closing.clone()).await?;
    }
    running.show_console(&config, closing.clone()).await?;
    let (gate, tasks) = (running.gate.clone(), &mut running.tasks);
    itself::begin(tasks, (&store, &gate, &client), &closing);
    let (officers, counting) = (gate.clone(), gate.clone());
    let options = DeliveryOptions {
        scanner: Some(Arc::new(Rescanner(gate.clone()))),
        told_of_recall: Arc::new(move |job| officers.told_of_recall(job)),
        observer: Arc::new(move |turn| counting.count_turn(turn)),
        ..DeliveryOptions::of(&config)?
    };
    let delivery = Delivery::new(options, store.clone(), client);
    tasks.spawn("delivery", delivery.run(closed(closing.clone())));
    tell_officers(tasks, &store, &gate, &closing);
    duties::begin(tasks, &store, &gate, &closing);
    tasks.spawn("measures", async move {
        let turn = || async {
            gate.read_measures().await?;
            gate.read_officers().await
        };
        regularly(("measures", MEASURES), closing, turn).await;
    });
    Ok(running)
}

/// Mail with parents would be deferred at its first copy; better said before the doors open.
async fn records_have_readers(store: &Store, config: &Config) -> Result<(), StartFault> {
    let keeping = config.schools.iter().filter(|s| s.record_parent_mail).map(|s| s.id.clone());
    let faults = store.custodian_faults(&keeping.collect::<Vec<_>>()).await?;
    let sentences = faults.sentences();
    if !faults.nobody.is_empty() {
        return Err(StartFault::Other(sentences.join("\n")));
    }
    for fault in sentences {
        tracing::warn!(fault, "keys.custodians");
    }
    Ok(())
}

/// One process serves a data folder: two would send the outbox twice. The system gives the
/// lock back whenever and however the process ends.
pub fn alone(data: &Path) -> Result<fs::File, StartFault> {
    let path = data.join(SERVING);
    let failed = |source| StartFault::Folder { path: path.clone(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(failed)?;
    let file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Whom `ask_to_reload` tells.
            file.set_len(0)
                .and_then(|()| (&file).write_all(process::id().to_string().as_bytes()))
                .map_err(failed)?;
            Ok(file)
        }
        Err(fs::TryLockError::WouldBlock) => Err(StartFault::Served(data.to_owned())),
        Err(fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Whether a process serves this data folder now.
pub fn is_served(data: &Path) -> bool {
    let file = fs::File::open(data.join(SERVING));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

/// Tells the process that serves this data folder to read everything anew; `false` when there is
/// none. What comes of it stands in the ledger.
pub fn ask_to_reload(data: &Path) -> io::Result<bool> {
    if !is_served(data) {
        return Ok(false);
    }
    let text = fs::read_to_string(data.join(SERVING))?;
    let process = text.trim().parse().ok().and_then(rustix::process::Pid::from_raw);
    let process = process.ok_or_else(|| io::Error::other("the running gate has not said its number"))?;
    rustix::process::kill_process(process, rustix::process::Signal::HUP)?;
    Ok(true)
}

struct Doors {
    house: Arc<dyn House>,
    memory: MemoryBudget,
    client: Arc<NextHopClient>,
    clock: Clock,
    closing: watch::Receiver<bool>,
}

impl Doors {
    async fn open(&self, config: &Config, running: &mut Running) -> Result<(), StartFault> {
        let limits = Arc::new(config.limits.clone());
        let (clock, ids) = (self.clock.clone(), Arc::new(ids::transaction_id));
        let milter = match &config.milter {
            Some(milter) => {
                Some(MilterServer::bind(milter).await.map_err(listen("the milter cannot listen"))?)
            }
            None => None,
        };
        let relay = match &config.relay {
            Some(relay) => Some(
                RelayServer::bind(relay, &config.schools, config.next_hops.clone())
                    .await
                    .map_err(listen("the relay cannot listen"))?,
            ),
            None => None,
        };
        if let Some(server) = milter {
            running.milter = server.addresses().to_vec();
            let service = MilterService {
                house: self.house.clone(),
                limits: limits.clone(),
                memory: self.memory.clone(),
                ids: ids.clone(),
                now: clock.clone(),
            };
            let closing = closed(self.closing.clone());
            running.tasks.spawn("milter", async move {
                let served = server.serve(service, closing).await;
                tracing::info!(cut_off = served.cut_off, "milter.closed");
            });
        }
        if let Some(server) = relay {
            running.relay = server.local_addrs().map_err(listen("the relay cannot listen"))?;
            let service = RelayService {
                hostname: config.hostname.clone(),
                house: self.house.clone(),
                limits,
                memory: self.memory.clone(),
                client: self.client.clone(),
                ids,
                now: clock,
            };
            let closing = closed(self.closing.clone());
            running.tasks.spawn("relay", async move {
                let served = server.serve(service, closing).await;
                tracing::info!(cut_off = served.cut_off, "relay.closed");
            });
        }
        Ok(())
    }
}

fn listen(what: &'static str) -> impl FnOnce(std::io::Error) -> StartFault {
    move |source| StartFault::Listen { what, source }
}

/// What changed since the last start or reload, then that it is in force.
async fn note_start(
    store: &Store,
    config: &Config,
    standing: &Standing,
    unasked: Actor,
) -> Result<(), StartFault> {
    let rulebook = &standing.rulebook;
    let in_force = in_force(config, &rulebook.rules, &rulebook.directory);
    let noted = store.note_in_force(in_force, unasked.clone()).await?;
    let loaded = LedgerEvent::new(Event::RulesLoaded)
        .with("rules", rulebook.rules.digest.clone())
        .with("directory", rulebook.directory.id().0.clone())
        .with("changed", noted.changed);
    // Who asked has a row of their own.
    let by = if noted.taken_up == TakenUp::ByCommand { Actor::Gate } else { unasked };
    store.ledger(&by, loaded).await?;
    for list in rulebook.pictures.summaries() {
        let loaded = LedgerEvent::new(Event::PictureListLoaded)
            .with("list", list.name.clone())
            .with("sha256", list.digest_hex());
        let counts = list.hashes.iter();
        let loaded = counts.fold(loaded, |event, (kind, count)| event.with(kind.name(), *count));
        store.ledger(&by, loaded).await?;
    }
    Ok(())
}

impl Running {
    /// Reads configuration, rules, templates and directory anew. All of it takes effect
    /// from the next message, or none of it: then the fault says what is wrong. Doors,
    /// keys and the data folder change only with a restart.
    pub async fn reload(&self) -> Result<(), StartFault> {
        let reloaded = self.take_up().await;
        if reloaded.is_err()
            && let Err(error) = self.store.ledger(&Actor::Gate, LedgerEvent::new(Event::ReloadRefused)).await
        {
            tracing::warn!(%error, "reload.not-noted");
        }
        reloaded
    }

    async fn take_up(&self) -> Result<(), StartFault> {
        let _turn = self.gate.turn_to_change().await;
        let config = config::load(&self.file).map_err(|faults| StartFault::Other(faults.to_string()))?;
        let (reading, keys) = (config.clone(), self.keys.clone());
        let before = self.gate.standing().rulebook.pictures.clone();
        let standing = tokio::task::spawn_blocking(move || load::standing_after(&reading, &keys, &before))
            .await
            .map_err(|_| StartFault::Other("reading the new settings broke off".into()))??;
        let by_signal = Actor::Operator(Actor::BY_SIGNAL.to_owned());
        note_start(&self.store, &config, &standing, by_signal).await?;
        self.gate.read_measures().await?;
        self.gate.replace(standing);
        self.gate.read_officers().await?;
        self.store.set_keeping(Keeping::new(config.schools.iter().map(|s| (s.id.clone(), s.retention))));
        if let Some(pages) = &self.pages {
            pages.replace(Arc::new(config));
        }
        Ok(())
    }

    /// Opens the door for whoever watches the machine.
    async fn show_metrics(
        &mut self,
        address: SocketAddr,
        closing: watch::Receiver<bool>,
    ) -> Result<(), StartFault> {
        let failed = listen("the door of the metrics cannot listen");
        let server = MetricsServer::bind(address).await.map_err(failed)?;
        let bound = server.address().map_err(listen("the door of the metrics cannot listen"))?;
        let gate = self.gate.clone();
        let page: Page = Arc::new(move || {
            let gate = gate.clone();
            Box::pin(async move {
                let page = gate.metrics().await;
                page.inspect_err(|error| tracing::warn!(%error, "metrics.not-counted")).ok()
            })
        });
        self.tasks.spawn("metrics", server.serve(page, closed(closing)));
        tracing::info!(address = %bound, "metrics.open");
        Ok(())
    }

    /// Opens the door of the web pages.
    async fn show_console(
        &mut self,
        config: &Config,
        closing: watch::Receiver<bool>,
    ) -> Result<(), StartFault> {
        let Some(at) = &config.console else { return Ok(()) };
        let failed = listen("the console cannot listen");
        let server = WebServer::bind(at).await.map_err(failed)?;
        let bound = server.address().map_err(listen("the console cannot listen"))?;
        let console =
            Console::new(self.store.clone(), self.gate.clone(), Arc::new(config.clone()), at.clone());
        let (pages, service) = console::service(console);
        self.tasks.spawn("console", server.serve(service, closed(closing)));
        tracing::info!(address = %bound, "console.open");
        (self.console, self.pages) = (Some(bound), Some(pages));
        Ok(())
    }

    /// Resolves when a part of the gate has ended by itself, which none does: whoever runs the gate
    /// is to start it anew. May be asked again and again.
    pub async fn broken(&mut self) -> StartFault {
        StartFault::Ended(self.tasks.first_end().await)
    }

    /// Closes the doors, lets messages on their way end, and folds the store.
    pub async fn stop(mut self) {
        // Nobody listens any more when every task has ended by itself.
        let _ = self.close.send(true);
        self.tasks.all_end().await;
        self.store.close().await;
    }
}

pub(super) async fn closed(mut closing: watch::Receiver<bool>) {
    // An error means that the gate itself is gone.
    let _ = closing.wait_for(|closed| *closed).await;
}

/// How often alerts are looked through that another node made, or whose next step is due.
const ALERTS: Duration = Duration::from_secs(20);

/// Mail and alarm apart: a channel that hangs keeps no mail back, and the other way round.
fn tell_officers(tasks: &mut Tasks, store: &Store, gate: &Arc<Gate>, closing: &watch::Receiver<bool>) {
    let ((store, gate), until) = ((store.clone(), gate.clone()), closing.clone());
    let (store_too, gate_too, until_too) = (store.clone(), gate.clone(), closing.clone());
    tasks.spawn("officers", async move {
        repeatedly("officers", until, || store.alerts_wait(ALERTS), || gate.tell_officers()).await;
    });
    tasks.spawn("alarms", async move {
        let wait = || store_too.alarms_wait(ALERTS);
        repeatedly("alarms", until_too, wait, || gate_too.give_alarms()).await;
    });
}

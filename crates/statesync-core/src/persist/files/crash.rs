//! Power cuts at every step of every save.
//!
//! [`Forgetful`] keeps apart what a program sees and what is on the disk, and knows no more than POSIX promises:
//! bytes are on the disk once their file is synced, names once their directory is. Until then a cut may leave
//! the old, nothing, a half, everything or rubbish, and any of the names changed meanwhile but not others.
//! A test stops after every step, looks at every disk the cut could leave, and begins the next life on it.

use super::disk::Disk;
use super::{Files, Format, RESERVED, text};
use crate::persist::place::LockFile;
use crate::persist::record::{Body, Record};
use crate::persist::storage::{Fsync, StorageBackend, Stored};
use crate::revision::Revision;
use crate::topic::TopicName;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

type Names = BTreeMap<PathBuf, usize>;

/// A change of names that is not on the disk yet.
#[derive(Clone, Debug)]
struct Renaming {
    from: Option<PathBuf>,
    to: Option<(PathBuf, usize)>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    seen: Vec<u8>,
    on_disk: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Model {
    seen: Names,
    on_disk: Names,
    pending: Vec<Renaming>,
    contents: Vec<Content>,
    /// Links, to files that are there.
    links: BTreeMap<PathBuf, PathBuf>,
    steps: usize,
    /// The power fails after this many steps.
    cut_after: usize,
}

#[derive(Clone, Debug)]
struct Forgetful(Arc<Mutex<Model>>);

/// What an unsynced file may have after a cut.
const LEFTOVERS: [fn(&Content) -> Vec<u8>; 5] = [
    |content| content.on_disk.clone(),
    |_| Vec::new(),
    |content| content.seen[..content.seen.len() / 2].to_vec(),
    |content| content.seen.clone(),
    |content| vec![0; content.seen.len()],
];

impl Model {
    fn step(&mut self) -> io::Result<()> {
        if self.steps == self.cut_after {
            return Err(io::Error::other("the power is off"));
        }
        self.steps += 1;
        Ok(())
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        let path = self.links.get(path).map_or(path, PathBuf::as_path);
        self.seen.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change(&mut self, from: Option<&Path>, to: Option<(PathBuf, usize)>) {
        let renaming = Renaming { from: from.map(Path::to_path_buf), to };
        renaming.apply(&mut self.seen);
        self.pending.push(renaming);
    }

    /// Every disk that a cut at this moment can leave.
    fn aftermaths(&self) -> Vec<Self> {
        let mut disks = Vec::new();
        for subset in 0..1_u32 << self.pending.len() {
            let mut names = self.on_disk.clone();
            for (place, renaming) in self.pending.iter().enumerate() {
                if subset & (1 << place) != 0 {
                    renaming.apply(&mut names);
                }
            }
            for leftover in LEFTOVERS {
                let left = |content: &Content| {
                    let bytes = if content.seen == content.on_disk {
                        content.seen.clone()
                    } else {
                        leftover(content)
                    };
                    Content { seen: bytes.clone(), on_disk: bytes }
                };
                disks.push(Self {
                    seen: names.clone(),
                    on_disk: names.clone(),
                    contents: self.contents.iter().map(left).collect(),
                    links: self.links.clone(),
                    cut_after: usize::MAX,
                    ..Self::default()
                });
            }
        }
        disks
    }
}

impl Renaming {
    fn apply(&self, names: &mut Names) {
        if let Some(from) = &self.from {
            names.remove(from);
        }
        names.extend(self.to.clone());
    }

    /// All of it happens in one directory.
    fn is_in(&self, dir: &Path) -> bool {
        self.to.iter().map(|(to, _)| to).chain(&self.from).all(|path| path.parent() == Some(dir))
    }
}

impl Disk for Forgetful {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let model = self.0.lock().unwrap();
        model.find(path).map(|id| model.contents[id].seen.clone())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut model = self.0.lock().unwrap();
        model.step()?;
        if model.find(path).is_ok() {
            model.change(Some(path), None);
            model.step()?;
        }
        model.contents.push(Content { seen: bytes.to_vec(), on_disk: Vec::new() });
        let id = model.contents.len() - 1;
        model.change(None, Some((path.to_path_buf(), id)));
        Ok(())
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        let mut model = self.0.lock().unwrap();
        model.step()?;
        let id = model.find(path)?;
        model.contents[id].on_disk = model.contents[id].seen.clone();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut model = self.0.lock().unwrap();
        model.step()?;
        let id = model.find(from)?;
        model.change(Some(from), Some((to.to_path_buf(), id)));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut model = self.0.lock().unwrap();
        model.step()?;
        let (synced, pending) = model.pending.drain(..).partition(|renaming| renaming.is_in(dir));
        model.pending = pending;
        let synced: Vec<Renaming> = synced;
        for renaming in synced {
            renaming.apply(&mut model.on_disk);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut model = self.0.lock().unwrap();
        model.step()?;
        model.find(path)?;
        model.change(Some(path), None);
        Ok(())
    }

    fn is_taken(&self, path: &Path) -> bool {
        let model = self.0.lock().unwrap();
        model.links.contains_key(path) || model.find(path).is_ok()
    }

    fn is_dir(&self, _: &Path) -> bool {
        false
    }

    fn target(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let model = self.0.lock().unwrap();
        model.find(path).or_else(|error| if model.links.contains_key(path) { Err(error) } else { Ok(0) })?;
        Ok(model.links.get(path).cloned())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        let names = self.0.lock().unwrap().seen.clone();
        Ok(names.keys().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }

    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn lock_dir(&self, _: &Path) -> io::Result<Option<LockFile>> {
        Ok(None)
    }

    fn lock(&self, _: &Path) -> io::Result<Option<LockFile>> {
        Ok(None)
    }
}

fn files(model: Model) -> (Files, Forgetful) {
    let disk = Forgetful(Arc::new(Mutex::new(model)));
    (Files::on(Box::new(disk.clone()), "dir".into()), disk)
}

fn topic(name: &str) -> TopicName {
    TopicName::new(name).unwrap()
}

fn record(revision: u64) -> Record {
    let body = Body::Json(format!("\"value of {revision}\"").into());
    Record { schema: 1, revision: Revision::new(revision), reserved: Revision::new(1000), body }
}

/// One thing an app does with its storage.
#[derive(Clone, Debug)]
enum Deed {
    Save(&'static [(&'static str, u64)]),
    Reserve(u64),
}

const LIFE: &[Deed] = &[
    Deed::Reserve(1000),
    Deed::Save(&[("a", 1)]),
    Deed::Save(&[("a", 2)]),
    Deed::Save(&[("a", 3), ("b", 1)]),
    Deed::Reserve(2000),
    Deed::Save(&[("b", 2), ("a", 4)]),
];

/// What has been acknowledged, and what was being done when the power failed.
#[derive(Default)]
struct Account {
    saved: HashMap<&'static str, u64>,
    reserved: u64,
    under_way: Option<Deed>,
}

impl Account {
    fn may_have(&self, topic: &str, revision: Option<u64>) -> bool {
        let saved = self.saved.get(topic).copied();
        let underway = match &self.under_way {
            Some(Deed::Save(records)) => records.iter().find(|(name, _)| *name == topic).map(|(_, r)| *r),
            _ => None,
        };
        revision == saved || (revision.is_some() && revision == underway)
    }
}

/// Which files of topic `a` are links.
const LINKED: [&[&str]; 4] = [&[], &["a.json"], &["a.previous.json"], &["a.json", "a.previous.json"]];

/// A disk with links, and what is stored behind them.
fn linked(names: &[&str]) -> (Model, Account) {
    let (mut model, mut account) = (Model::default(), Account::default());
    for name in names {
        let target = Path::new("elsewhere").join(name);
        let bytes = text::write(&topic("a"), &record(0), Format::Pretty).into_bytes();
        model.seen.insert(target.clone(), model.contents.len());
        model.contents.push(Content { seen: bytes.clone(), on_disk: bytes });
        model.links.insert(Path::new("dir").join(name), target);
        account.saved.insert("a", 0);
    }
    model.on_disk = model.seen.clone();
    (model, account)
}

/// Lives until the power fails; `None` when nothing was left to fail.
fn live(cut_after: usize, fsync: Fsync, links: &[&str]) -> Option<(Account, Model)> {
    let (model, mut account) = linked(links);
    let (files, disk) = files(Model { cut_after, ..model });
    for deed in LIFE {
        let done = match deed {
            Deed::Reserve(up_to) => files.reserve(Revision::new(*up_to)),
            Deed::Save(records) => {
                let records: Vec<Stored> =
                    records.iter().map(|(name, revision)| (topic(name), record(*revision))).collect();
                files.save(&records, fsync)
            }
        };
        if done.is_err() {
            account.under_way = Some(deed.clone());
            let model = disk.0.lock().unwrap().clone();
            return Some((account, model));
        }
        match deed {
            Deed::Save(records) => account.saved.extend(records.iter().copied()),
            Deed::Reserve(up_to) => account.reserved = *up_to,
        }
    }
    None
}

#[test]
fn a_power_cut_at_any_step_loses_no_synced_save_and_tears_none() {
    for links in LINKED {
        assert!(disks_after_cuts(links) > 500, "many disks were looked at");
    }
}

fn disks_after_cuts(links: &[&str]) -> usize {
    let mut disks = 0;
    for cut_after in 0.. {
        let Some((account, model)) = live(cut_after, Fsync::Yes, links) else { break };
        for left in model.aftermaths() {
            disks += 1;
            let (next, _) = files(left);
            let reserved = next.reserved().unwrap().get();
            let raised = matches!(account.under_way, Some(Deed::Reserve(up_to)) if up_to == reserved);
            assert!(reserved == account.reserved || raised, "step {cut_after}: reserved {reserved}");
            for name in ["a", "b"] {
                let found = next.load(&topic(name)).unwrap();
                for whole in &found.records {
                    assert_eq!(*whole, record(whole.revision.get()), "step {cut_after}: {name} is torn");
                }
                let newest = found.records.first().map(|record| record.revision.get());
                assert!(account.may_have(name, newest), "step {cut_after}: {name} has {newest:?}");
                // And the next life saves and finds as the one before did.
                next.save(&[(topic(name), record(9))], Fsync::Yes).unwrap();
                assert_eq!(next.load(&topic(name)).unwrap().records[0], record(9));
            }
        }
    }
    disks
}

#[test]
fn without_sync_a_power_cut_leaves_an_earlier_save_or_none_and_never_half_of_one() {
    for cut_after in 0.. {
        let Some((_, model)) = live(cut_after, Fsync::No, &[]) else { break };
        for left in model.aftermaths() {
            let (next, _) = files(left);
            for whole in next.load(&topic("a")).unwrap().records {
                assert_eq!(whole, record(whole.revision.get()));
            }
        }
    }
}

#[test]
fn a_save_syncs_the_bytes_before_the_name_and_then_the_directory() {
    let (files, disk) = files(Model { cut_after: usize::MAX, ..Model::default() });
    files.save(&[(topic("a"), record(1))], Fsync::Yes).unwrap();
    files.reserve(Revision::new(5)).unwrap();
    let model = disk.0.lock().unwrap();
    assert!(model.pending.is_empty(), "every name is on the disk");
    assert!(model.contents.iter().all(|content| content.seen == content.on_disk), "and every byte");
    assert_eq!(model.seen.len(), 2);
    assert!(model.seen.contains_key(&Path::new("dir").join(RESERVED)));
}

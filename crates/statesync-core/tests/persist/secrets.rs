//! Topics that are not stored, only in part, or encrypted.

use crate::Life;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use serde::{Deserialize, Serialize};
use statesync_core::TopicKey;
use statesync_core::persist::{Body, Cipher, CipherError, Files, Memory, Persist};
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Account {
    name: String,
    token: Option<String>,
}

const ACCOUNT: TopicKey<Account> = TopicKey::new("account");

fn account(name: &str, token: Option<&str>) -> Account {
    Account { name: name.into(), token: token.map(Into::into) }
}

fn bytes_of(dir: &std::path::Path) -> String {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
}

#[test]
fn what_is_left_out_is_in_no_file_and_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let options = || {
        Persist::new()
            .only(|account: &Account| account.name.clone(), |name, initial| Account { name, ..initial })
    };
    let app = Life::on(Arc::new(Files::in_dir(dir.path())));
    let topic = app.topic(ACCOUNT, options(), Account::default());
    topic.set(account("Ada", Some("s3cret"))).unwrap();
    app.registry.flush().unwrap();
    assert!(bytes_of(dir.path()).contains("Ada") && !bytes_of(dir.path()).contains("s3cret"));
    drop((app, topic));
    let app = Life::on(Arc::new(Files::in_dir(dir.path())));
    let topic = app.topic(ACCOUNT, options(), account("nobody", Some("initial")));
    assert_eq!(topic.get(), account("Ada", Some("initial")));
}

/// Encrypts as the guide shows.
struct ChaCha(ChaCha20Poly1305);

impl ChaCha {
    fn new(key: u8) -> Self {
        Self(ChaCha20Poly1305::new(&Key::from([key; 32])))
    }
}

impl Cipher for ChaCha {
    fn seal(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, CipherError> {
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).map_err(|error| CipherError(error.to_string()))?;
        let payload = Payload { msg: plain, aad: context };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload);
        Ok([&nonce[..], &sealed.map_err(|error| CipherError(error.to_string()))?].concat())
    }

    fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, CipherError> {
        let wrong = || CipherError("another key, or other bytes".into());
        let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or_else(wrong)?;
        let payload = Payload { msg: sealed, aad: context };
        self.0.decrypt(&Nonce::from(*nonce), payload).map_err(|_| wrong())
    }
}

fn encrypted(key: u8) -> Persist<Account> {
    Persist::new().encrypted_by(ChaCha::new(key))
}

#[test]
fn encrypted_bytes_are_unreadable_in_the_file_and_come_back_with_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let app = Life::on(Arc::new(Files::in_dir(dir.path())));
    app.topic(ACCOUNT, encrypted(1), Account::default()).set_durable(account("Ada", Some("s3cret"))).unwrap();
    assert!(!bytes_of(dir.path()).contains("Ada") && !bytes_of(dir.path()).contains("s3cret"));
    drop(app);
    let app = Life::on(Arc::new(Files::in_dir(dir.path())));
    assert_eq!(app.topic(ACCOUNT, encrypted(1), Account::default()).get(), account("Ada", Some("s3cret")));
}

#[test]
fn another_key_or_a_record_of_another_place_is_held_and_not_overwritten() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    app.topic(ACCOUNT, encrypted(1), Account::default()).set_durable(account("Ada", None)).unwrap();
    let before = memory.record("account");
    for options in [encrypted(2), Persist::new()] {
        let app = Life::in_memory(&memory);
        let topic = app.topic(ACCOUNT, options, Account::default());
        assert_eq!(app.told(), ["held"]);
        topic.set(account("Eve", None)).unwrap();
        app.registry.flush().unwrap();
        assert_eq!(memory.record("account"), before);
    }
    let moved = statesync_core::TopicName::new("moved").unwrap();
    memory.put(moved, before.unwrap());
    let app = Life::in_memory(&memory);
    let _moved = app.topic(TopicKey::new("moved"), encrypted(1), Account::default());
    assert_eq!(app.told(), ["held"], "the bytes are bound to their topic");
}

#[test]
fn what_was_stored_before_there_was_a_cipher_is_read_and_sealed_with_the_next_save() {
    let memory = Memory::new();
    let app = Life::in_memory(&memory);
    app.topic(ACCOUNT, Persist::new(), Account::default()).set_durable(account("Ada", None)).unwrap();
    let app = Life::in_memory(&memory);
    let topic = app.topic(ACCOUNT, encrypted(1), Account::default());
    assert_eq!(topic.get(), account("Ada", None));
    topic.update_durable(|account| account.name = "Grace".into()).unwrap();
    assert!(matches!(memory.record("account").unwrap().body, Body::Sealed(_)));
}

#[cfg(unix)]
#[test]
fn files_and_their_directory_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("deep/state");
    let app = Life::on(Arc::new(Files::in_dir(&dir)));
    app.topic(ACCOUNT, Persist::new(), Account::default()).set_durable(account("Ada", None)).unwrap();
    app.registry.close().unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&dir).unwrap() {
        files += 1;
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    assert!(files >= 3);
}

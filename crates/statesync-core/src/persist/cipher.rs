//! The hook by which an app encrypts what is stored. There is no encryption here: bring a crate made for it.

/// Turns bytes into bytes that only it understands, and back.
///
/// Use authenticated encryption (AEAD) with a new nonce for every call, and give `context` to it as associated
/// data: it names the topic, so that nobody can swap two files. Keep the key where the platform keeps secrets,
/// not beside the files. `docs/persistence.md` has an example.
///
/// Both run on the thread that saves, or on that of a durable write; never under a lock that readers need.
pub trait Cipher: Send + Sync + 'static {
    /// Encrypts.
    ///
    /// # Errors
    /// [`CipherError`]; then nothing is stored, the value stays in memory and is tried again.
    fn seal(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, CipherError>;

    /// Decrypts what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// [`CipherError`]: another key, or other bytes. The stored bytes stay where they are then.
    fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, CipherError>;
}

/// Why bytes could not be encrypted or decrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CipherError(
    /// Why; part of a message to the app, so nothing secret.
    pub String,
);
